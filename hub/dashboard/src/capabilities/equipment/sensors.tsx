import type { CapabilityState } from '../../../../../protocols/fleet/capabilities/index.ts';
import type { TextKey } from '../../text/texts.ts';
import { useText } from '../../text/use-text.ts';
import { Badge, Facts } from '../parts/facts.tsx';
import type { WidgetProps } from '../parts/widget.ts';

type Sensor = CapabilityState<'sensors'>['sensors'][number];

const kinds = [
  { kind: 'temperature', key: 'sensors.temperature' },
  { kind: 'fan', key: 'sensors.fan' },
  { kind: 'voltage', key: 'sensors.voltage' },
  { kind: 'current', key: 'sensors.current' },
  { kind: 'power', key: 'sensors.power' },
  { kind: 'share', key: 'sensors.share' },
  { kind: 'state', key: 'sensors.state' },
] as const satisfies { kind: Sensor['kind']; key: TextKey }[];
const levels = {
  warning: { key: 'level.warning', tone: 'attention' },
  error: { key: 'level.error', tone: 'fault' },
} as const satisfies Record<string, { key: TextKey; tone: string }>;

/** What is out of its limits by name, the rest by numbers: a server has a hundred sensors. */
export function SensorsWidget({ state }: WidgetProps<'sensors'>) {
  const { t } = useText();
  const sensors = state.sensors ?? [];
  const wellOf = (kind: Sensor['kind']) => sensors.filter((sensor) => sensor.kind === kind && sensor.level === 'ok');
  return (
    <>
      {sensors.map(({ id, kind, name, level }) =>
        level === 'warning' || level === 'error' ? (
          <Badge key={`${kind} ${id}`} tone={levels[level].tone}>
            {name}: {t(levels[level].key)}
          </Badge>
        ) : null,
      )}
      <Facts
        rows={kinds.map(({ kind, key }) => {
          const count = wellOf(kind).length;
          return [t(key), count === 0 ? undefined : t('sensors.well', { count })] as const;
        })}
      />
    </>
  );
}
