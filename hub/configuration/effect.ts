import { isDeepStrictEqual } from 'node:util';
import type { ConfigurationOutcome } from '../../protocols/api/operation/configuration.ts';
import { standingOf } from '../../protocols/fleet/configuration/configuration.ts';
import { findSetting } from '../../protocols/fleet/configuration/settings.ts';
import type { WishedValue } from '../store/tables/configuration.ts';
import type { CheckedChange } from './check.ts';
import { indexOf, isSamePlace, layersAt, type Place, type Wish, type WishIndex } from './layers.ts';

/** Pure: what a change of wishes comes to, device by device. */

export interface AffectedDevice {
  readonly id: string;
  readonly family: string;
  readonly unitPath: string;
}

/** What one device says of the capability of a setting. `state` is undefined when it offers it and has told nothing yet. */
export interface Told {
  readonly state: Readonly<Record<string, unknown>> | undefined;
}

export interface DeviceEffect {
  readonly device: string;
  readonly key: string;
  readonly before: WishedValue | undefined;
  readonly after: WishedValue | undefined;
  readonly reported: unknown;
  readonly outcome: ConfigurationOutcome;
}

export interface Effect {
  readonly rows: readonly DeviceEffect[];
  readonly overridden: number;
  readonly incapable: number;
}

/** Compares wishes before and after for each device. `toldOf` is undefined where the device lacks the capability. */
export function effectOf(
  wishes: { readonly before: WishIndex; readonly after: WishIndex },
  place: Place,
  changes: readonly CheckedChange[],
  devices: Iterable<AffectedDevice>,
  toldOf: (device: string, key: string) => Told | undefined,
): Effect {
  const rows: DeviceEffect[] = [];
  let overridden = 0;
  let incapable = 0;
  for (const { id, family, unitPath } of devices) {
    const before = layersAt(wishes.before, unitPath, { id, family });
    const after = layersAt(wishes.after, unitPath, { id, family });
    for (const { key } of changes) {
      const told = toldOf(id, key);
      const [old, next] = [before.get(key)?.desired, after.get(key)?.desired];
      if (!told) incapable++;
      else if (!isSame(old, next)) rows.push(rowOf(id, key, old, next, told));
      else if (next && !isSamePlace(next.place, place)) overridden++;
    }
  }
  return { rows, overridden, incapable };
}

/** The wishes after a change of one place. */
export function withChanges(wishes: readonly Wish[], place: Place, changes: readonly CheckedChange[]): WishIndex {
  const keys = new Set(changes.map(({ key }) => key));
  const rest = wishes.filter((wish) => !keys.has(wish.key) || !isSamePlace(wish.place, place));
  const set = changes.flatMap(({ key, after }) =>
    after ? [{ place, key, ...after, setBy: '', setAt: new Date(0) }] : [],
  );
  return indexOf([...rest, ...set]);
}

function isSame(a: Wish | undefined, b: Wish | undefined): boolean {
  return isDeepStrictEqual(a && [a.value, a.keeping], b && [b.value, b.keeping]);
}

function rowOf(device: string, key: string, old: Wish | undefined, next: Wish | undefined, told: Told): DeviceEffect {
  const capability = findSetting(key)?.capability ?? '';
  const standing = standingOf(key, next?.value, { [capability]: told.state });
  return {
    device,
    key,
    before: old && { value: old.value, keeping: old.keeping },
    after: next && { value: next.value, keeping: next.keeping },
    reported: 'reported' in standing ? standing.reported : undefined,
    outcome: next ? outcomeOf(next, standing.standing) : 'released',
  };
}

function outcomeOf({ keeping }: Wish, standing: ReturnType<typeof standingOf>['standing']): ConfigurationOutcome {
  if (standing === 'same') return 'agrees';
  if (standing === 'impossible') return 'impossible';
  if (standing === 'differs') return keeping === 'report' ? 'shown' : 'changes';
  return 'untold';
}
