import type { TextKey } from '../../text/texts.ts';
import { useText } from '../../text/use-text.ts';
import { Badge } from '../parts/facts.tsx';
import { partName } from '../parts/part-name.ts';
import type { WidgetProps } from '../parts/widget.ts';

const levels = {
  warning: { key: 'level.warning', tone: 'attention' },
  error: { key: 'level.error', tone: 'fault' },
} as const satisfies Record<string, { key: TextKey; tone: string }>;

export function DiagnosticsWidget({ state }: WidgetProps<'diagnostics'>) {
  const { t } = useText();
  const { faults } = state;
  if (faults === undefined) return <Badge tone="quiet">{t('level.unknown')}</Badge>;
  if (faults.length === 0) return <Badge tone="ok">{t('level.ok')}</Badge>;
  return (
    <>
      {faults.map(({ part, level, message }) => (
        <Badge key={part} tone={levels[level].tone}>
          {partName(part, t)}: {message ?? t(levels[level].key)}
        </Badge>
      ))}
    </>
  );
}
