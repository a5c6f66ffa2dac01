import { batteryKeys } from '../../text/state-keys.ts';
import { useText } from '../../text/use-text.ts';
import { Badge } from '../parts/facts.tsx';
import type { WidgetProps } from '../parts/widget.ts';

export function BatteryWidget({ state }: WidgetProps<'battery'>) {
  const { t } = useText();
  const health = state.health ?? 'unknown';
  return (
    <>
      <Badge tone={state.state === undefined ? 'quiet' : 'ok'}>{t(batteryKeys[state.state ?? 'unknown'])}</Badge>
      {health === 'good' || health === 'unknown' ? null : <Badge tone="fault">{t('battery.unwell', { health })}</Badge>}
    </>
  );
}
