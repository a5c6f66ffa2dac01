import { useText } from '../../text/use-text.ts';
import { Facts } from '../parts/facts.tsx';
import type { WidgetProps } from '../parts/widget.ts';

export function UsageWidget({ state, device }: WidgetProps<'usage'>) {
  const { t } = useText();
  // Where they are measured, the measure stands above.
  const hours = 'usage.hours' in device.latest ? undefined : state.hoursOn;
  return <Facts rows={[[t('usage.hours'), hours === undefined ? undefined : t('lamp.hours', { hours })]]} />;
}
