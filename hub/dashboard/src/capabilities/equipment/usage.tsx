import { useText } from '../../text/use-text.ts';
import { Facts } from '../parts/facts.tsx';
import type { WidgetProps } from '../parts/widget.ts';

export function UsageWidget({ state }: WidgetProps<'usage'>) {
  const { t } = useText();
  const hours = state.hoursOn;
  return <Facts rows={[[t('usage.hours'), hours === undefined ? undefined : t('lamp.hours', { hours })]]} />;
}
