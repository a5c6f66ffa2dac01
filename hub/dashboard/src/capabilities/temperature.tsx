import type { TextKey } from '../text/texts.ts';
import { useText } from '../text/use-text.ts';
import { Badge } from './parts/facts.tsx';
import type { WidgetProps } from './parts/widget.ts';

const faces = {
  ok: { key: 'level.ok', tone: 'ok' },
  warning: { key: 'level.warning', tone: 'attention' },
  error: { key: 'level.error', tone: 'fault' },
  unknown: { key: 'level.unknown', tone: 'quiet' },
} as const satisfies Record<string, { key: TextKey; tone: string }>;

export function TemperatureWidget({ state }: WidgetProps<'temperature'>) {
  const { t } = useText();
  const face = faces[state.level ?? 'unknown'];
  return <Badge tone={face.tone}>{t(face.key)}</Badge>;
}
