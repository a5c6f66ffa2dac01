import type { Device } from '../../../../protocols/api/devices.ts';

/** What a person wants to see first when several measures speak: what wears out, heats up, fills up or is counted. */
const preferred: readonly string[] = [
  'temperature.celsius',
  'host.cpuUsed',
  'gate.people',
  'lamp.hours',
  'reachability.latency',
  'storage.used',
];
/** Never the first offer: they tell of the device's upkeep, not of its work. */
const lastResort: ReadonlySet<string> = new Set(['firmware.clockSkew', 'host.uptime']);

const dayMs = 86_400_000;
/** Older than this, a value is the past of a measure that the device no longer gives. */
const freshMs = dayMs;

/** The measures of a device, the most telling one first. A latest value of 0 says little, and an old one less. */
export function metricsOf(device: Pick<Device, 'latest'>, nowMs: number): string[] {
  const placeOf = (key: string) => {
    const path = key.split('@', 1)[0] ?? key;
    if (lastResort.has(path)) return preferred.length + 1;
    const place = preferred.indexOf(path);
    return place < 0 ? preferred.length : place;
  };
  const rankOf = (key: string) => {
    const { value, at } = device.latest[key] ?? { value: 0, at: '' };
    const upkeep = placeOf(key) > preferred.length ? 4 : 0;
    const old = nowMs - Date.parse(at) < freshMs ? 0 : 2;
    return upkeep + old + (value === 0 ? 1 : 0);
  };
  return Object.keys(device.latest).sort(
    (a, b) => rankOf(a) - rankOf(b) || placeOf(a) - placeOf(b) || (a < b ? -1 : 1),
  );
}

/** A device younger than a day would be a stroke at the edge of 24 hours. */
export function rangeFor(device: Pick<Device, 'adoptedAt'>, nowMs: number): '1h' | '24h' {
  return nowMs - Date.parse(device.adoptedAt) < dayMs ? '1h' : '24h';
}

/** Ends of the vertical axis around one and the same value 0: the line lies above the axis, where it can be seen. */
const aroundZero = [-1, 10] as const;

/** Ends of the vertical axis where the drawing's own choice would hide the line; undefined leaves it to the drawing. */
export function flatRangeOf(least: number, greatest: number): [number, number] | undefined {
  return least === 0 && greatest === 0 ? [...aroundZero] : undefined;
}
