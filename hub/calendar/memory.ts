import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { type Calendar, emptyCalendar } from '../../protocols/fleet/calendar/calendar.ts';
import { NotFoundError } from '../access/index.ts';
import type { Organisation } from '../organisation/index.ts';
import type { Store } from '../store/index.ts';
import { calendarOfResolved, type Placed, type Resolved, resolveLayers } from './resolve.ts';
import { readStanding, type Standing } from './rows.ts';

const channel = 'calendars';
const newsSchema = z.object({ from: z.string(), unit: z.int() });

/** What every unit sets, in memory and as the database has it; told to the other hubs, and heard from them. */
export interface CalendarMemory extends AsyncDisposable {
  load(): Promise<void>;
  standingOf(unitId: number): Standing | undefined;
  /** Layers that hold for a unit, from the root down, its own last. Throws NotFoundError. */
  layersOf(unitId: number): readonly Placed[];
  resolvedOf(unitId: number): Resolved;
  /** Empty for a unit that is not there. The same object until something changes. */
  calendarOf(unitId: number): Calendar;
  /** Takes over what was just committed, and tells who follows it. */
  takeOver(standing: Standing): void;
  announce(unitId: number): Promise<void>;
  onChanged(listener: (unitPath: string) => void): Disposable;
  /** Units that set something themselves. */
  owners(): readonly number[];
}

interface MemoryDeps {
  readonly store: Store;
  readonly organisation: Pick<Organisation, 'trailOf' | 'pathOf' | 'onStructure'>;
}

export function createMemory({ store, organisation }: MemoryDeps): CalendarMemory {
  const self = randomUUID();
  const standing = new Map<number, Standing>();
  /** By the nearest unit that sets something; 0 where none does. */
  const resolved = new Map<number, { readonly resolved: Resolved; readonly calendar: Calendar }>();
  const listeners = new Set<(unitPath: string) => void>();
  let listening: AsyncDisposable | undefined;
  let reading: Promise<void> = Promise.resolve();

  const tell = (unitPath: string) => {
    resolved.clear();
    for (const listener of listeners) listener(unitPath);
  };
  const pathOf = (unitId: number): string => {
    try {
      return organisation.pathOf(unitId);
    } catch (thrown) {
      // A unit of another hub that this one has yet to hear of: all may be another.
      if (thrown instanceof NotFoundError) return '/';
      throw thrown;
    }
  };
  /** A version never goes back, whichever of two readings ends first. */
  const take = (next: Standing) => {
    if ((standing.get(next.unitId)?.version ?? 0) <= next.version) standing.set(next.unitId, next);
  };
  const read = async (unitId: number | undefined) => {
    for (const next of await readStanding(store.db, unitId === undefined ? undefined : [unitId])) take(next);
    tell(unitId === undefined ? '/' : pathOf(unitId));
  };
  const queue = (unitId: number | undefined): Promise<void> => {
    const next = reading.then(() => read(unitId));
    // What could not be read now is read with the next news, or when the connection is back.
    reading = next.catch(() => {});
    return next;
  };
  const hear = (text: string) => {
    const news = newsSchema.safeParse(parse(text)).data;
    if (news?.from !== self) queue(news?.unit).catch(() => {});
  };
  const layersOf = (unitId: number): Placed[] =>
    organisation.trailOf(unitId).flatMap((unit) => {
      const layer = standing.get(unit.id)?.layer;
      return layer ? [{ unit, layer }] : [];
    });
  const find = (unitId: number) => {
    const layers = layersOf(unitId);
    const nearest = layers.at(-1)?.unit.id ?? 0;
    const known = resolved.get(nearest);
    if (known) return known;
    const made = resolveLayers(layers);
    const found = { resolved: made, calendar: layers.length === 0 ? emptyCalendar : calendarOfResolved(made) };
    resolved.set(nearest, found);
    return found;
  };
  const following = organisation.onStructure(() => tell('/'));

  return {
    load: async () => {
      listening ??= await store.listen(channel, {
        heard: hear,
        missed: () => void queue(undefined).catch(() => {}),
      });
      await queue(undefined);
    },
    standingOf: (unitId) => standing.get(unitId),
    layersOf,
    resolvedOf: (unitId) => find(unitId).resolved,
    calendarOf: (unitId) => {
      try {
        return find(unitId).calendar;
      } catch (thrown) {
        if (thrown instanceof NotFoundError) return emptyCalendar;
        throw thrown;
      }
    },
    takeOver: (next) => {
      take(next);
      tell(pathOf(next.unitId));
    },
    announce: (unit) => store.notify(channel, JSON.stringify({ from: self, unit })),
    onChanged: (listener) => {
      listeners.add(listener);
      return { [Symbol.dispose]: () => void listeners.delete(listener) };
    },
    owners: () => [...standing.values()].filter(({ layer }) => layer).map(({ unitId }) => unitId),
    [Symbol.asyncDispose]: async () => {
      following[Symbol.dispose]();
      await listening?.[Symbol.asyncDispose]();
      await reading;
    },
  };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
