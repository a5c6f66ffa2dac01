import { setImmediate as breathe } from 'node:timers/promises';
import { sql } from 'kysely';
import type { z } from 'zod';
import type {
  AvailabilityReport,
  availabilityQuery,
  EnergyClassRow,
  energyClassBody,
} from '../../protocols/api/operation/availability.ts';
import type { Calendar } from '../../protocols/fleet/calendar/calendar.ts';
import { addDays } from '../../protocols/fleet/calendar/date.ts';
import { dateAt, lessonIntervals } from '../../protocols/fleet/calendar/moment.ts';
import { instantOf } from '../../protocols/fleet/calendar/zone.ts';
import type { Clock } from '../../protocols/ports.ts';
import { type Actor, InvalidInputError, inScope, NotFoundError, narrow, type Scope } from '../access/index.ts';
import type { Store } from '../store/index.ts';
import { decodeCursor, pageInMemory } from '../store/page.ts';
import { sortKey } from '../store/sort-key.ts';
import { classOf, type EnergyClass, energyClasses, otherClass } from './classes.ts';
import { figuresOf, type Span } from './figures.ts';
import { addDevice, emptyGroup, figuresView, type Group } from './groups.ts';
import type { Intervals } from './intervals.ts';

type Query = z.output<typeof availabilityQuery>;

interface ReportedDevice {
  readonly id: string;
  readonly name: string;
  readonly unitId: number;
  readonly unitPath: string;
  readonly lifecycle: string;
}

interface AvailabilityDeps {
  readonly store: Store;
  readonly registry: { devices(): Iterable<ReportedDevice> };
  readonly organisation: {
    pathOf(unitId: number): string;
    schoolOf(unitId: number): { readonly id: number; readonly name: string } | undefined;
    trailOf(unitId: number): readonly { readonly name: string }[];
  };
  readonly calendarOf: (unitId: number) => Calendar;
  /** Who answers for a device; nobody is known without it. */
  readonly supplierOf?: (deviceId: string) => string | undefined;
  readonly audit: {
    append(entry: {
      readonly actor: string;
      readonly action: string;
      readonly subject: string;
      readonly reason: string;
      readonly detail: Readonly<Record<string, unknown>>;
    }): Promise<unknown>;
  };
  readonly clock: Clock;
}

/** How far devices could be used in lessons, how long repairs took, and what they drew. */
export interface Availability {
  /** Throws NotFoundError for a unit, InvalidInputError for a time that cannot be reported. */
  report(scope: Scope, query: Query): Promise<AvailabilityReport>;
  classes(): Promise<readonly EnergyClassRow[]>;
  /** Puts measured or agreed watts in the place of an estimate. Throws NotFoundError. */
  setClass(
    actor: Pick<Actor, 'id' | 'name'>,
    body: z.output<typeof energyClassBody>,
  ): Promise<readonly EnergyClassRow[]>;
  /** Forgets what ended long ago; called every hour. */
  trim(): Promise<void>;
}

const dayMs = 24 * 3_600_000;
const longestDays = 93;
/** Devices whose spans are read at once. */
const chunk = 1_000;
/** A school year and its summer. */
const keptMs = 420 * dayMs;

export function createAvailability(deps: AvailabilityDeps): Availability {
  const { store, registry, organisation, calendarOf, audit, clock } = deps;

  const readClasses = async (): Promise<ReadonlyMap<string, EnergyClass & { setBy?: string; setAt?: string }>> => {
    const rows = await store.db.selectFrom('energy_class').selectAll().execute();
    const set = new Map(rows.map((row) => [row.name, row]));
    return new Map(
      [...energyClasses, otherClass].map((one) => {
        const row = set.get(one.name);
        if (!row) return [one.name, one];
        const { on_watts: onWatts, standby_watts: standbyWatts, set_by: setBy, set_at: setAt } = row;
        return [one.name, { ...one, onWatts, standbyWatts, setBy, setAt: setAt.toISOString() }];
      }),
    );
  };
  const classRows = async (): Promise<EnergyClassRow[]> =>
    [...(await readClasses()).values()].map(({ has: _has, ...row }) => row);

  const readFacts = async (ids: readonly string[], from: Date, to: Date) => {
    const spans = await store.db
      .selectFrom('device_span')
      .select(['device_id', 'track', 'state', 'from_at', 'to_at'])
      .where('device_id', 'in', ids)
      .where('from_at', '<', to)
      .where((is) => is.or([is('to_at', 'is', null), is('to_at', '>', from)]))
      .execute();
    const byDevice = new Map<string, Span[]>();
    for (const { device_id, track, state, from_at, to_at } of spans) {
      const span = { track, state, fromMs: from_at.getTime(), toMs: to_at?.getTime() };
      byDevice.set(device_id, [...(byDevice.get(device_id) ?? []), span]);
    }
    const described = await store.db
      .selectFrom('inventory')
      .select([
        'device_id',
        sql<readonly string[]>`array(select jsonb_object_keys(descriptor -> 'capabilities'))`.as('capabilities'),
      ])
      .where('device_id', 'in', ids)
      .execute();
    return {
      byDevice,
      capabilities: new Map(described.map((row) => [row.device_id, new Set(row.capabilities)])),
    };
  };

  const groupOf = (by: Query['by'], device: ReportedDevice, cls: EnergyClass): Group => {
    if (by === 'class') return emptyGroup(cls.name, cls.label.vi);
    if (by === 'device') {
      const [_root, ...trail] = organisation.trailOf(device.unitId).map(({ name }) => name);
      return emptyGroup(device.id, device.name, trail.join(' / '));
    }
    const name = by === 'supplier' ? deps.supplierOf?.(device.id) : undefined;
    if (by === 'supplier') return emptyGroup(name ?? '', name ?? '');
    const school = organisation.schoolOf(device.unitId);
    return emptyGroup(String(school?.id ?? ''), school?.name ?? '');
  };

  /** Puts devices together, some at a time so that nobody else waits. */
  const gather = async (
    devices: readonly ReportedDevice[],
    by: Query['by'],
    { fromMs, toMs }: { readonly fromMs: number; readonly toMs: number },
  ) => {
    const classes = await readClasses();
    // Rooms of a school have the same lessons: one list for all whose calendar is the same object.
    const lessonsOf = new Map<Calendar, Intervals>();
    const lessonsAt = (unitId: number): Intervals => {
      const calendar = calendarOf(unitId);
      const known = lessonsOf.get(calendar) ?? lessonIntervals(calendar, fromMs, toMs);
      lessonsOf.set(calendar, known);
      return known;
    };
    const groups = new Map<string, Group>();
    const whole = emptyGroup('', '');
    let withoutCalendar = 0;
    for (let at = 0; at < devices.length; at += chunk) {
      const some = devices.slice(at, at + chunk);
      const ids = some.map(({ id }) => id);
      const { byDevice, capabilities } = await readFacts(ids, new Date(fromMs), new Date(toMs));
      for (const device of some) {
        const lessons = lessonsAt(device.unitId);
        if (lessons.length === 0) withoutCalendar++;
        const figures = figuresOf(byDevice.get(device.id) ?? [], { fromMs, toMs, lessons });
        const found = classOf(capabilities.get(device.id) ?? new Set());
        const cls = classes.get(found.name) ?? found;
        const fresh = groupOf(by, device, cls);
        groups.set(fresh.key, addDevice(groups.get(fresh.key) ?? fresh, figures, cls));
        addDevice(whole, figures, cls);
      }
      await breathe();
    }
    return { groups: [...groups.values()], whole, withoutCalendar };
  };

  return {
    report: async (scope, query) => {
      const within = query.unit === undefined ? scope : narrow(scope, organisation.pathOf(query.unit));
      if (within.paths.length === 0) throw new NotFoundError();
      const { from, to, ...time } = spanOfDays(query, clock.now());
      const devices = [...registry.devices()].filter(
        ({ unitPath, lifecycle }) => lifecycle !== 'retired' && inScope(within, unitPath),
      );
      const { groups, whole, withoutCalendar } = await gather(devices, query.by, time);
      const { rows, next, total } = pageInMemory(groups, placesBy(query.sort), {
        limit: query.limit,
        after: cursorOf(query.cursor),
        descending: query.sort === 'energy',
      });
      return {
        from,
        to,
        by: query.by,
        withoutCalendar,
        whole: figuresView(whole),
        rows: rows.map((group) => ({
          key: group.key,
          name: group.name,
          ...(group.place === undefined ? {} : { place: group.place }),
          ...figuresView(group),
        })),
        total,
        ...(next === undefined ? {} : { next }),
        classes: await classRows(),
      };
    },

    classes: classRows,

    setClass: async (actor, { name, onWatts, standbyWatts, reason }) => {
      const known = await readClasses();
      if (!known.has(name))
        throw new InvalidInputError('name', `There is no class ${name}. Use one of: ${[...known.keys()].join(', ')}.`);
      const values = {
        on_watts: onWatts,
        standby_watts: standbyWatts,
        set_by: actor.name,
        set_at: new Date(clock.now()),
      };
      await store.db
        .insertInto('energy_class')
        .values({ name, ...values })
        .onConflict((conflict) => conflict.column('name').doUpdateSet(values))
        .execute();
      const detail = { onWatts, standbyWatts };
      await audit.append({
        actor: actor.id,
        action: 'energy-class.set',
        subject: `energy-class:${name}`,
        reason,
        detail,
      });
      return classRows();
    },

    trim: async () => {
      await store.db
        .deleteFrom('device_span')
        .where('to_at', '<', new Date(clock.now() - keptMs))
        .execute();
    },
  };
}

/** By the province's time zone; devices of one report share its days. */
const timeZone = 'Asia/Ho_Chi_Minh';

/** Throws InvalidInputError for days that are out of order, too many, or not begun. */
function spanOfDays({ from, to }: Query, nowMs: number) {
  const today = dateAt(timeZone, nowMs);
  const last = to ?? today;
  const first = from ?? addDays(last, -29);
  if (first > last) throw new InvalidInputError('from', 'The first day comes after the last; exchange them.');
  if (first > today) throw new InvalidInputError('from', 'This time has not begun; ask for days that have been.');
  const fromMs = instantOf(timeZone, first, 0);
  const endMs = instantOf(timeZone, addDays(last, 1), 0);
  if ((endMs - fromMs) / dayMs > longestDays + 0.1)
    throw new InvalidInputError('from', `At most ${longestDays} days in one report; ask for a part of them.`);
  return { from: first, to: last, fromMs, toMs: Math.min(endMs, nowMs) };
}

/** What nothing is known of comes after what is known to be bad. */
function placesBy(sort: Query['sort']) {
  return (group: Group) => {
    const { availability, energyKwh } = figuresView(group);
    const key = { worst: availability ?? 2, name: sortKey(group.name), energy: energyKwh }[sort];
    return { key, id: group.key };
  };
}

function cursorOf(text: string | undefined) {
  if (text === undefined) return undefined;
  const cursor = decodeCursor(text);
  if (!cursor) throw new InvalidInputError('cursor', 'This is not a cursor of this list.');
  return cursor;
}
