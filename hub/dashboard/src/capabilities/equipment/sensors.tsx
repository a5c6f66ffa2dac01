import type { CapabilityState } from '../../../../../protocols/fleet/capabilities/index.ts';
import { useText } from '../../text/use-text.ts';
import { Badge, Facts } from '../parts/facts.tsx';
import type { WidgetProps } from '../parts/widget.ts';

type Sensor = CapabilityState<'sensors'>['sensors'][number];

const kinds = [
  'temperature',
  'fan',
  'voltage',
  'current',
  'power',
  'share',
  'state',
] as const satisfies Sensor['kind'][];
const tones = { warning: 'attention', error: 'fault' } as const;

/** What is out of its limits by name, the rest by numbers: a server has a hundred sensors. */
export function SensorsWidget({ state }: WidgetProps<'sensors'>) {
  const { t } = useText();
  const sensors = state.sensors ?? [];
  const wellOf = (kind: Sensor['kind']) => sensors.filter((sensor) => sensor.kind === kind && sensor.level === 'ok');
  return (
    <>
      {sensors.map(({ id, kind, name, level }) =>
        level === 'warning' || level === 'error' ? (
          <Badge key={`${kind} ${id}`} tone={tones[level]}>
            {name}: {t(`level.${level}`)}
          </Badge>
        ) : null,
      )}
      <Facts
        rows={kinds.map((kind) => {
          const count = wellOf(kind).length;
          return [t(`sensors.${kind}`), count === 0 ? undefined : t('sensors.well', { count })] as const;
        })}
      />
    </>
  );
}
