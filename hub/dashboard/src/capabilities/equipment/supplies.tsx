import type { CapabilityState } from '../../../../../protocols/fleet/capabilities/index.ts';
import type { TextKey } from '../../text/texts.ts';
import { useText } from '../../text/use-text.ts';
import { Badge, Facts } from '../parts/facts.tsx';
import type { WidgetProps } from '../parts/widget.ts';

type State = CapabilityState<'supplies'>;

const statuses: Readonly<Record<State['status'], TextKey>> = {
  idle: 'supplies.idle',
  printing: 'supplies.printing',
  warming: 'supplies.warming',
  other: 'level.unknown',
  unknown: 'level.unknown',
};
const alerts: Readonly<Record<State['alerts'][number], TextKey>> = {
  'low-paper': 'supplies.low-paper',
  'no-paper': 'supplies.no-paper',
  'low-toner': 'supplies.low-toner',
  'no-toner': 'supplies.no-toner',
  'door-open': 'supplies.door-open',
  jammed: 'supplies.jammed',
  offline: 'supplies.offline',
  'service-requested': 'supplies.service',
};
/** What is known in numbers stands above as a measure. */
const levels: Readonly<Record<State['supplies'][number]['level'], TextKey | undefined>> = {
  known: undefined,
  some: 'supplies.some',
  unknown: 'level.unknown',
};

export function SuppliesWidget({ state }: WidgetProps<'supplies'>) {
  const { t } = useText();
  return (
    <>
      <Badge tone={state.status === undefined ? 'quiet' : 'ok'}>{t(statuses[state.status ?? 'unknown'])}</Badge>
      {(state.alerts ?? []).map((alert) => (
        <Badge key={alert} tone={alert.startsWith('low') ? 'attention' : 'fault'}>
          {t(alerts[alert])}
        </Badge>
      ))}
      <Facts
        rows={(state.supplies ?? []).map(({ name, level }) => {
          const key = levels[level];
          return [name, key === undefined ? undefined : t(key)] as const;
        })}
      />
    </>
  );
}
