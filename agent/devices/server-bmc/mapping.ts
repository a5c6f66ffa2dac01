import type { CapabilityName, CapabilityState } from '../../../protocols/fleet/capabilities/index.ts';
import type { Descriptor } from '../../../protocols/fleet/record.ts';
import type { DriverEvent } from '../driver.ts';
import type { Facts, Fault, Level, LogLine, Reading, Sensor } from './controller.ts';
import { planPower } from './power.ts';
import type { Settings } from './settings.ts';

export const family = 'server-bmc';

type States = { -readonly [N in CapabilityName]?: CapabilityState<N> };

const powerCommands = ['on', 'off', 'reboot', 'reset'] as const;
const mostSensors = 128;
const mostFaults = 32;
const mostParts = 64;

/** Commands of power that this controller can carry out under these settings. */
function offeredPower(facts: Facts, settings: Settings): readonly string[] {
  return powerCommands.filter((command) => planPower(command, facts.orders, settings) !== undefined);
}

export function mapDescriptor(facts: Facts, reading: Reading, settings: Settings): Descriptor {
  const { vendor, model, serial, firmware, hardware } = identityOf(facts);
  return {
    family,
    ...omitUndefined({ vendor, model, serial, firmware, hardware }),
    capabilities: {
      identity: { commands: [] },
      ...(firmware === undefined ? {} : { firmware: { commands: [] } }),
      power: { commands: [...offeredPower(facts, settings)] },
      diagnostics: { commands: [] },
      ...(hasKind(reading, 'temperature') ? { temperature: { commands: [] } } : {}),
      ...(reading.sensors.length > 0 ? { sensors: { commands: [] } } : {}),
    },
    ...(facts.parts.length > 0
      ? {
          parts: facts.parts.slice(0, mostParts).map(({ kind, name, serial: partSerial, detail }) => ({
            kind: clip(kind, 40),
            name: clip(name, 120),
            ...omitUndefined({ serial: partSerial && clip(partSerial, 120), detail: detail && clip(detail, 200) }),
          })),
        }
      : {}),
  };
}

const powerStates = { on: 'on', off: 'off', starting: 'warming', stopping: 'cooling', unknown: 'unknown' } as const;

/** The whole reported state. */
export function mapStates(facts: Facts, reading: Reading, clockSkewSeconds: number | undefined): States {
  const { firmware } = identityOf(facts);
  const faults = faultsOf(reading);
  return {
    identity: identityOf(facts),
    ...(firmware === undefined
      ? {}
      : { firmware: { version: firmware, updatable: false, ...omitUndefined({ clockSkewSeconds }) } }),
    power: { state: powerStates[reading.power.state] },
    diagnostics: faults === undefined ? {} : { faults: [...faults] },
    ...(hasKind(reading, 'temperature') ? { temperature: { level: temperatureLevel(reading) } } : {}),
    ...(reading.sensors.length > 0
      ? {
          sensors: {
            sensors: withIds(reading.sensors).map(({ id, sensor: { name, kind, level } }) => ({
              id,
              name: clip(name, 120),
              kind,
              level,
            })),
          },
        }
      : {}),
  };
}

/** Metric of each kind of sensor; what has none is a state only. */
const metrics: Readonly<Record<Sensor['kind'], string | undefined>> = {
  temperature: 'temperature.celsius',
  fan: 'sensors.fan',
  voltage: 'sensors.voltage',
  current: 'sensors.current',
  power: 'sensors.power',
  share: 'sensors.share',
  state: undefined,
};

/** Numbers of one poll; each sensor is an instance of its kind's metric. */
export function mapSamples(reading: Reading, clockSkewSeconds: number | undefined): Readonly<Record<string, number>> {
  const samples: Record<string, number> = {};
  if (clockSkewSeconds !== undefined) samples['firmware.clockSkew'] = clockSkewSeconds;
  for (const { id, sensor } of withIds(reading.sensors)) {
    const metric = metrics[sensor.kind];
    if (metric === undefined || sensor.value === undefined || sensor.level === 'absent') continue;
    samples[`${metric}@${id}`] = sensor.value;
  }
  return samples;
}

/** What is wrong, the worst first, each part once; undefined while nothing can be said. */
function faultsOf(reading: Reading): readonly Fault[] | undefined {
  if (reading.faults === undefined && reading.sensors.length === 0) return undefined;
  const bySensors = reading.sensors.flatMap(({ name, level, words }): Fault[] =>
    level === 'warning' || level === 'error' ? [{ part: name, level, ...omitUndefined({ message: words }) }] : [],
  );
  const faults = new Map<string, Fault>();
  for (const fault of [...(reading.faults ?? []), ...bySensors]) {
    const part = clip(fault.part, 40);
    const known = faults.get(part);
    if (known && worst(known.level, fault.level) === known.level) continue;
    faults.set(part, { ...fault, part, ...omitUndefined({ message: fault.message && clip(fault.message, 200) }) });
  }
  return [...faults.values()]
    .sort((a, b) => order.indexOf(b.level) - order.indexOf(a.level) || (a.part < b.part ? -1 : 1))
    .slice(0, mostFaults);
}

const order: readonly Level[] = ['ok', 'warning', 'error'];

function worst(first: Level, second: Level): Level {
  return order.indexOf(first) >= order.indexOf(second) ? first : second;
}

function temperatureLevel({ sensors }: Reading): CapabilityState<'temperature'>['level'] {
  const levels = sensors.flatMap(({ kind, level }) =>
    kind === 'temperature' && level !== 'absent' && level !== 'unknown' ? [level] : [],
  );
  return levels.length === 0 ? 'unknown' : levels.reduce(worst);
}

/** Faults that came and went between two reported states, and a change of power or firmware. */
export function changesBetween(before: States, after: States): readonly DriverEvent[] {
  return [
    ...faultChanges(before.diagnostics?.faults, after.diagnostics?.faults),
    ...valueChange('power', before.power?.state, after.power?.state),
    ...valueChange('firmware', before.firmware?.version, after.firmware?.version),
  ];
}

function valueChange(
  capability: 'power' | 'firmware',
  from: string | undefined,
  to: string | undefined,
): DriverEvent[] {
  if (from === undefined || to === undefined || from === to) return [];
  // A controller that cannot tell for a moment has not changed anything.
  if (from === 'unknown' || to === 'unknown') return [];
  const cut = capability === 'power' ? 20 : 200;
  return [{ capability, name: 'changed', severity: 'info', data: { from: clip(from, cut), to: clip(to, cut) } }];
}

type Faults = CapabilityState<'diagnostics'>['faults'];

function faultChanges(before: Faults, after: Faults): DriverEvent[] {
  if (!before || !after) return [];
  const was = new Map(before.map(({ part, level }) => [part, level]));
  const is = new Map(after.map(({ part, level }) => [part, level]));
  const event = (part: string, level: Level): DriverEvent => ({
    capability: 'diagnostics',
    name: 'fault',
    severity: level === 'error' ? 'critical' : level === 'warning' ? 'warning' : 'info',
    data: { part, level },
  });
  return [
    ...[...is].filter(([part, level]) => was.get(part) !== level).map(([part, level]) => event(part, level)),
    ...[...was.keys()].filter((part) => !is.has(part)).map((part) => event(part, 'ok')),
  ];
}

/** A new line of the event log. Only what is wrong is told. */
export function logEvent({ part, level, message, at }: LogLine): DriverEvent | undefined {
  if (level !== 'error') return undefined;
  return {
    capability: 'diagnostics',
    name: 'logged',
    severity: 'critical',
    data: { part: clip(part, 80), message: clip(message, 300), ...omitUndefined({ at }) },
  };
}

function identityOf({ vendor, model, serial, firmware, hardware, name }: Facts): CapabilityState<'identity'> {
  const clipped = Object.entries({ vendor, model, serial, firmware, hardware, name }).flatMap(([key, value]) =>
    value === undefined || value === '' ? [] : [[key, clip(value, 200)] as const],
  );
  return Object.fromEntries(clipped);
}

function hasKind({ sensors }: Reading, kind: Sensor['kind']): boolean {
  return sensors.some((sensor) => sensor.kind === kind);
}

/** The first 128 sensors with an id that the wire's metric keys can carry; those of one name are numbered. */
function withIds(sensors: readonly Sensor[]): readonly { readonly id: string; readonly sensor: Sensor }[] {
  const used = new Map<string, number>();
  return sensors.slice(0, mostSensors).map((sensor) => {
    const slug = sensor.name
      .normalize('NFKD')
      .replaceAll(/[^\w.]+/g, '-')
      .replaceAll(/^-+|-+$/g, '');
    const plain = clip(slug === '' ? sensor.kind : slug, 50);
    const count = (used.get(`${sensor.kind} ${plain}`) ?? 0) + 1;
    used.set(`${sensor.kind} ${plain}`, count);
    return { id: count === 1 ? plain : `${plain}:${count}`, sensor };
  });
}

function clip(value: string, length: number): string {
  return value.slice(0, length).toWellFormed();
}

type Defined<T> = { [K in keyof T]?: Exclude<T[K], undefined> };

/** The entries that have a value: contracts know absent fields, not undefined ones. */
function omitUndefined<T extends object>(values: T): Defined<T> {
  return Object.fromEntries(
    Object.entries(values).filter(([, value]) => value !== undefined && value !== ''),
  ) as Defined<T>;
}
