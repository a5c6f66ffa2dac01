import type { Configuration } from '../../protocols/fleet/configuration/configuration.ts';
import type { Keeping } from '../../protocols/fleet/configuration/setting.ts';

/** Pure: which of the wishes above a device counts. */

/** Where a wish was set: at a unit, or at one device. */
export type Place = { readonly unit: number } | { readonly device: string };

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

/** The wishes that reach a place with this path (and this device), by key. */
export function layersAt({ units, devices }: WishIndex, path: string, device?: string): ReadonlyMap<string, Layered> {
  const own = device === undefined ? [] : (devices.get(device) ?? []);
  const above = unitsOfPath(path)
    .reverse()
    .flatMap((unit) => units.get(unit) ?? []);
  const layers = new Map<string, { desired: Wish; hidden: Wish[] }>();
  for (const wish of [...own, ...above]) {
    const known = layers.get(wish.key);
    if (known) known.hidden.push(wish);
    else layers.set(wish.key, { desired: wish, hidden: [] });
  }
  return layers;
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
