import { withoutGaps } from '../../../protocols/bytes/json.ts';
import type { CapabilityName, CapabilityState } from '../../../protocols/fleet/capabilities/index.ts';
import type { Descriptor } from '../../../protocols/fleet/record.ts';
import type { DriverEvent } from '../driver.ts';
import type { Dialect } from './dialect.ts';
import type { DeviceView, Readings } from './view.ts';

export const family = 'generic-mqtt';

type States = { readonly [N in CapabilityName]?: CapabilityState<N> };

const surroundingReadings = ['humidityPercent', 'carbonDioxidePpm', 'illuminanceLux'] as const;
const energyReadings = ['powerWatts', 'energyKilowattHours', 'voltageVolts', 'currentAmperes'] as const;

/** The states of all capabilities that the device has shown to have. */
export function mapStates(view: DeviceView, dialect: Dialect): States {
  const { readings, conditions, identity, power, energySince: since } = view;
  const { contact, isOccupied: occupied, hasLeak: leak, hasSmoke: smoke, isBatteryLow } = conditions;
  const has = (names: readonly (keyof Readings)[]) => names.some((name) => readings[name] !== undefined);
  const { mac, ...names } = identity;
  const surroundings = withoutGaps({ contact, occupied, leak, smoke });
  const faults = mapFaults(view);
  const hasPower = power !== undefined || dialect.switchPower(view, 'on') !== undefined;
  const hasBattery = readings.batteryPercent !== undefined || isBatteryLow !== undefined;
  return withoutGaps({
    identity: { ...names, ...(mac ? { macs: [mac] } : {}) },
    power: hasPower ? { state: power ?? ('unknown' as const) } : undefined,
    temperature: has(['temperatureCelsius']) ? { level: 'unknown' as const } : undefined,
    surroundings: has(surroundingReadings) || Object.keys(surroundings).length > 0 ? surroundings : undefined,
    energy: has(energyReadings) ? withoutGaps({ since }) : undefined,
    battery: hasBattery ? { state: 'unknown' as const } : undefined,
    diagnostics: faults && { faults },
  });
}

type Fault = NonNullable<CapabilityState<'diagnostics'>['faults']>[number];

/** Undefined for a device that has no word for faults. */
function mapFaults({ conditions }: DeviceView): Fault[] | undefined {
  const { isBatteryLow, isTampered, hasProblem } = conditions;
  if (isBatteryLow === undefined && isTampered === undefined && hasProblem === undefined) return undefined;
  const faults: Fault[] = [];
  if (isBatteryLow) faults.push({ part: 'battery', level: 'warning' });
  if (isTampered) faults.push({ part: 'tamper', level: 'warning' });
  if (hasProblem) faults.push({ part: 'device', level: 'error' });
  return faults;
}

export function mapDescriptor(view: DeviceView, dialect: Dialect): Descriptor {
  const { name: _name, mac, ...identity } = view.identity;
  const powerCommands = dialect.switchPower(view, 'on') ? ['on', 'off'] : [];
  const commandsOf = (name: string) =>
    name === 'power' ? [...powerCommands, ...(dialect.reboot ? ['reboot'] : [])] : [];
  const names = Object.keys(mapStates(view, dialect));
  return {
    family,
    ...identity,
    ...(mac ? { macs: [mac] } : {}),
    capabilities: Object.fromEntries(names.map((name) => [name, { commands: commandsOf(name) }])),
  };
}

const metrics: { readonly [K in keyof Readings]-?: string } = {
  temperatureCelsius: 'temperature.celsius',
  humidityPercent: 'surroundings.humidity',
  carbonDioxidePpm: 'surroundings.carbonDioxide',
  illuminanceLux: 'surroundings.illuminance',
  powerWatts: 'energy.power',
  energyKilowattHours: 'energy.total',
  voltageVolts: 'energy.voltage',
  currentAmperes: 'energy.current',
  batteryPercent: 'battery.level',
};

export function mapSamples(readings: Readings): Readonly<Record<string, number>> {
  return Object.fromEntries(
    Object.entries(readings).map(([name, value]) => [metrics[name as keyof Readings], value as number]),
  );
}

/** What happened between two views; nothing where the earlier one did not know. */
export function mapEvents(before: DeviceView, after: DeviceView): readonly DriverEvent[] {
  return [...powerEvents(before, after), ...surroundingEvents(before, after), ...faultEvents(before, after)];
}

function powerEvents({ power: from }: DeviceView, { power: to }: DeviceView): DriverEvent[] {
  if (!from || !to || from === to) return [];
  return [{ capability: 'power', name: 'changed', severity: 'info', data: { from, to } }];
}

const dangers = [
  { kind: 'leak', field: 'hasLeak' },
  { kind: 'smoke', field: 'hasSmoke' },
] as const;

function surroundingEvents({ conditions: before }: DeviceView, { conditions: after }: DeviceView): DriverEvent[] {
  const { contact } = after;
  const isMoved = before.contact !== undefined && contact !== undefined && before.contact !== contact;
  const moved: DriverEvent[] = isMoved
    ? [{ capability: 'surroundings', name: 'contact', severity: 'info', data: { contact } }]
    : [];
  const felt = dangers.flatMap(({ kind, field }): DriverEvent[] => {
    const active = after[field];
    // A danger is told even when nothing was known before.
    if (active === undefined || active === (before[field] ?? false)) return [];
    const severity = active ? 'critical' : 'info';
    return [{ capability: 'surroundings', name: 'danger', severity, data: { kind, active } }];
  });
  return [...moved, ...felt];
}

function faultEvents(before: DeviceView, after: DeviceView): DriverEvent[] {
  const known = mapFaults(before) ?? [];
  return (mapFaults(after) ?? []).flatMap(({ part, level }): DriverEvent[] => {
    if (known.some((fault) => fault.part === part)) return [];
    const severity = level === 'error' ? 'critical' : 'warning';
    return [{ capability: 'diagnostics', name: 'fault', severity, data: { part, level } }];
  });
}
