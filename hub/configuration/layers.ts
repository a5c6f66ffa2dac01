import type { Configuration } from '../../protocols/fleet/configuration/configuration.ts';
import type { Keeping } from '../../protocols/fleet/configuration/setting.ts';

/** Pure: which of the wishes above a device counts. */

/** Where a wish was set: at a unit, for all or for one family, or at one device. */
export type Place = { readonly unit: number; readonly family?: string | undefined } | { readonly device: string };

/** Whether two places are one. */
export function isSamePlace(a: Place, b: Place): boolean {
  if ('device' in a) return 'device' in b && a.device === b.device;
  return 'unit' in b && a.unit === b.unit && a.family === b.family;
}

export interface Wish {
  readonly place: Place;
  readonly key: string;
  readonly value: unknown;
  readonly keeping: Keeping;
  readonly setBy: string;
  readonly setAt: Date;
}

/** One setting with its wishes, nearest first; there is at least one. */
export interface Layered {
  readonly desired: Wish;
  readonly hidden: readonly Wish[];
}

/** Ids of the units of a path like `/1/7/`, from the root down. */
function unitsOfPath(path: string): number[] {
  return path.split('/').flatMap((part) => (part === '' ? [] : [Number(part)]));
}

/** Wishes by the place that they were set at. */
export interface WishIndex {
  readonly units: ReadonlyMap<number, readonly Wish[]>;
  readonly devices: ReadonlyMap<string, readonly Wish[]>;
}

export function indexOf(wishes: Iterable<Wish>): WishIndex {
  const units = new Map<number, Wish[]>();
  const devices = new Map<string, Wish[]>();
  for (const wish of wishes) {
    const { place } = wish;
    if ('unit' in place) units.set(place.unit, [...(units.get(place.unit) ?? []), wish]);
    else devices.set(place.device, [...(devices.get(place.device) ?? []), wish]);
  }
  return { units, devices };
}

/** One device, for the wishes that reach it. */
export interface WishedDevice {
  readonly id: string;
  readonly family: string;
}

/** The wishes that reach a device at this path, by key. At one unit a wish for its family stands before one for all. */
export function layersAt(index: WishIndex, path: string, device: WishedDevice): ReadonlyMap<string, Layered> {
  const own = index.devices.get(device.id) ?? [];
  const above = wishesAbove(index, path).filter(({ place }) => isFor(place, device.family));
  return layered([...own, ...above], ({ key }) => key);
}

/** The wishes that stand at a unit or come from above, apart for each family. */
export function layersAtUnit(index: WishIndex, path: string): readonly Layered[] {
  const nameOf = ({ key, place }: Wish) => `${key} ${('unit' in place && place.family) || ''}`;
  return [...layered(wishesAbove(index, path), nameOf).values()];
}

function wishesAbove({ units }: WishIndex, path: string): Wish[] {
  return unitsOfPath(path)
    .reverse()
    .flatMap((unit) => [...(units.get(unit) ?? [])].sort(byFamily));
}

function isFor(place: Place, family: string): boolean {
  return 'unit' in place && (place.family === undefined || place.family === family);
}

/** The first of each name counts, the rest of that name stands behind it. */
function layered(nearestFirst: readonly Wish[], nameOf: (wish: Wish) => string): ReadonlyMap<string, Layered> {
  const layers = new Map<string, { desired: Wish; hidden: Wish[] }>();
  for (const wish of nearestFirst) {
    const known = layers.get(nameOf(wish));
    if (known) known.hidden.push(wish);
    else layers.set(nameOf(wish), { desired: wish, hidden: [] });
  }
  return layers;
}

function byFamily(a: Wish, b: Wish): number {
  const rankOf = ({ place }: Wish) => ('unit' in place && place.family !== undefined ? 0 : 1);
  return rankOf(a) - rankOf(b);
}

/** What an agent is told of one device; undefined when nothing is wished. */
export function configurationOf(layers: ReadonlyMap<string, Layered>): Configuration | undefined {
  if (layers.size === 0) return undefined;
  return Object.fromEntries(
    [...layers]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, { desired }]) => [
        key,
        { value: desired.value as Configuration[string]['value'], keeping: desired.keeping },
      ]),
  );
}
