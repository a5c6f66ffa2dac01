import type { CapabilityState } from '../../../../../protocols/fleet/capabilities/index.ts';
import type { TextKey } from '../../text/texts.ts';
import { useText } from '../../text/use-text.ts';
import { Badge } from '../parts/facts.tsx';
import type { WidgetProps } from '../parts/widget.ts';

const states: Readonly<Record<CapabilityState<'battery'>['state'], TextKey>> = {
  charging: 'battery.charging',
  discharging: 'battery.discharging',
  'not-charging': 'battery.not-charging',
  full: 'battery.full',
  unknown: 'level.unknown',
};

export function BatteryWidget({ state }: WidgetProps<'battery'>) {
  const { t } = useText();
  const health = state.health ?? 'unknown';
  return (
    <>
      <Badge tone={state.state === undefined ? 'quiet' : 'ok'}>{t(states[state.state ?? 'unknown'])}</Badge>
      {health === 'good' || health === 'unknown' ? null : <Badge tone="fault">{t('battery.unwell', { health })}</Badge>}
    </>
  );
}
