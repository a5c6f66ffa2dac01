import { useText } from '../../text/use-text.ts';
import { Facts } from '../parts/facts.tsx';
import type { WidgetProps } from '../parts/widget.ts';

/** The numbers stand beside it as charts; what they count from is said here. */
export function EnergyWidget({ state }: WidgetProps<'energy'>) {
  const { t } = useText();
  return <Facts rows={[[t('energy.since'), state.since]]} />;
}
