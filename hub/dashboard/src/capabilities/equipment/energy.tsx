import { useText } from '../../text/use-text.ts';
import { Facts } from '../parts/facts.tsx';
import type { WidgetProps } from '../parts/widget.ts';

/** The day of an ISO 8601 time without a zone: the meter's own day, whatever the reader's zone. */
const ownDay = /^(\d{4})-(\d\d)-(\d\d)(T|$)/;

/** The numbers stand beside it as charts; what they count from is said here. */
export function EnergyWidget({ state }: WidgetProps<'energy'>) {
  const { t } = useText();
  return <Facts rows={[[t('energy.since'), state.since?.replace(ownDay, '$3/$2/$1$4').split('T', 1)[0]]]} />;
}
