import type { CapabilityState } from '../../../../../protocols/fleet/capabilities/index.ts';
import type { TextKey } from '../../text/texts.ts';
import { useText } from '../../text/use-text.ts';
import { Badge } from '../parts/facts.tsx';
import type { WidgetProps } from '../parts/widget.ts';

type State = CapabilityState<'ups'>;

const sources = {
  mains: { key: 'ups.mains', tone: 'ok' },
  battery: { key: 'ups.battery', tone: 'attention' },
  bypass: { key: 'ups.bypass', tone: 'attention' },
  none: { key: 'ups.none', tone: 'fault' },
  other: { key: 'level.unknown', tone: 'quiet' },
  unknown: { key: 'level.unknown', tone: 'quiet' },
} as const satisfies Record<State['source'], { key: TextKey; tone: string }>;

export function UpsWidget({ state }: WidgetProps<'ups'>) {
  const { t } = useText();
  const source = sources[state.source ?? 'unknown'];
  return (
    <>
      <Badge tone={source.tone}>{t(source.key)}</Badge>
      {state.battery === 'low' ? <Badge tone="attention">{t('ups.low')}</Badge> : null}
      {state.battery === 'depleted' ? <Badge tone="fault">{t('ups.depleted')}</Badge> : null}
    </>
  );
}
