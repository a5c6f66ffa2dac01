import { type Selectable, type SqlBool, sql } from 'kysely';
import type { MaintenanceWindow, Weekly, WindowBody } from '../../protocols/api/operation/rules.ts';
import type { Calendar } from '../../protocols/fleet/calendar/calendar.ts';
import { type Actor, InvalidInputError, inScope, NotFoundError, type Scope, scopeCondition } from '../access/index.ts';
import type { Queries } from '../store/index.ts';
import type { Tables } from '../store/tables.ts';
import type { ProblemDeps } from './context.ts';
import { namesOf } from './names.ts';
import { oneByOne } from './news.ts';
import { mutesUntil, type WindowTime } from './window-time.ts';

/** A window that is not over, held in memory: whatever opens asks for it. */
interface Standing extends WindowTime {
  readonly id: number;
  readonly unitId: number;
  readonly unitPath: string;
  readonly deviceId: string | undefined;
  readonly name: string;
}

export interface Windows {
  load(): Promise<void>;
  /** The window that mutes a thing now, the longest of several. */
  windowAt(
    unitId: number,
    deviceId: string | undefined,
    atMs: number,
  ): { readonly id: number; readonly untilMs: number } | undefined;
  list(scope: Scope, unit: number | undefined): Promise<MaintenanceWindow[]>;
  /** Throws InvalidInputError, NotFoundError. */
  create(scope: Scope, actor: Actor, body: WindowBody): Promise<MaintenanceWindow>;
  /** Ends it now. Throws NotFoundError. */
  end(scope: Scope, actor: Actor, id: number): Promise<MaintenanceWindow>;
}

/** Bounds on what every opening has to look through. */
const mostWindows = 2_000;
const mostMs = { once: 60 * 86_400_000, weekly: 2 * 366 * 86_400_000 } as const;
/** A mute without an end is none: a weekly window mutes for hours at most. */
const shown = 200;

type Deps = Pick<ProblemDeps, 'store' | 'organisation' | 'registry' | 'calendarOf' | 'clock' | 'audit'> & {
  /** Tells the other hubs. */
  readonly announce: () => Promise<void>;
};

export function createWindows(deps: Deps): Windows {
  const { store, organisation, calendarOf, clock, audit } = deps;
  let standing: readonly Standing[] = [];

  const load = oneByOne(async () => {
    const rows = await readStanding(store.db, new Date(clock.now()));
    standing = rows.map((row) => ({
      id: row.id,
      unitId: row.unit_id,
      unitPath: row.path,
      deviceId: row.device_id ?? undefined,
      name: row.name,
      startsAtMs: row.starts_at.getTime(),
      endsAtMs: row.ends_at?.getTime(),
      weekly: (row.weekly ?? undefined) as Weekly | undefined,
    }));
  });
  const changed = async () => {
    await load();
    await deps.announce();
  };
  const one = async (scope: Scope, id: number): Promise<MaintenanceWindow> => {
    const [window] = await readWindows(deps, scope, { id });
    if (!window || !inScope(scope, organisation.pathOf(window.unit.id))) throw new NotFoundError();
    return window;
  };

  return {
    load,
    windowAt: (unitId, deviceId, atMs) => activeAt(standing, organisation.pathOf(unitId), deviceId, atMs, calendarOf),
    list: (scope, unit) => readWindows(deps, scope, { unit }),
    create: async (scope, actor, body) => {
      const target = targetOf(deps, scope, body);
      checkTimes(body, clock.now());
      if (standing.length >= mostWindows)
        throw new InvalidInputError('name', `There are ${mostWindows} windows already; end some of them first.`);
      const { id } = await store.db
        .insertInto('maintenance_window')
        .values({
          unit_id: target.unitId,
          device_id: target.deviceId,
          name: body.name,
          starts_at: new Date(body.startsAt),
          ends_at: body.endsAt === undefined ? null : new Date(body.endsAt),
          weekly: body.weekly === undefined ? null : JSON.stringify(body.weekly),
          created_by: actor.id,
          created_at: new Date(clock.now()),
        })
        .returning('id')
        .executeTakeFirstOrThrow();
      await audit.append({
        actor: actor.id,
        action: 'maintenance.open',
        subject: `maintenance:${id}`,
        unitId: target.unitId,
        detail: { ...body },
      });
      await changed();
      return one(scope, id);
    },
    end: async (scope, actor, id) => {
      const window = await one(scope, id);
      if (!window.over) {
        const fields = { ended_at: new Date(clock.now()), ended_by: actor.id };
        await store.db.updateTable('maintenance_window').set(fields).where('id', '=', id).execute();
        await audit.append({
          actor: actor.id,
          action: 'maintenance.end',
          subject: `maintenance:${id}`,
          unitId: window.unit.id,
        });
      }
      await changed();
      return one(scope, id);
    },
  };
}

type Row = Selectable<Tables['maintenance_window']>;

async function readWindows(
  deps: Deps,
  scope: Scope,
  filter: { readonly id?: number; readonly unit?: number | undefined },
): Promise<MaintenanceWindow[]> {
  let rows = deps.store.db
    .selectFrom('maintenance_window')
    .innerJoin('unit', 'unit.id', 'maintenance_window.unit_id')
    .selectAll('maintenance_window')
    .where(touchesScope(scope))
    .orderBy('maintenance_window.id', 'desc')
    .limit(shown);
  if (filter.id !== undefined) rows = rows.where('maintenance_window.id', '=', filter.id);
  if (filter.unit !== undefined) {
    const path = deps.organisation.pathOf(filter.unit);
    rows = rows.where(sql<SqlBool>`(unit.path like ${`${path}%`} or ${path} like unit.path || '%')`);
  }
  const found = await rows.execute();
  const names = await namesOf(
    deps.store.db,
    found.map(({ created_by }) => created_by),
  );
  return found.map((row) => viewOf(deps, row, names));
}

function viewOf(
  { registry, organisation, calendarOf, clock }: Deps,
  row: Row,
  names: ReadonlyMap<string, string>,
): MaintenanceWindow {
  const nowMs = clock.now();
  const weekly = (row.weekly ?? undefined) as Weekly | undefined;
  const window = { startsAtMs: row.starts_at.getTime(), endsAtMs: row.ends_at?.getTime(), weekly };
  const device = row.device_id === null ? undefined : registry.deviceOf(row.device_id);
  const untilMs = row.ended_at ? undefined : mutesUntil(window, nowMs, calendarOf(row.unit_id));
  return {
    id: row.id,
    unit: organisation.refOf(row.unit_id),
    ...(device ? { device: { id: device.id, name: device.name } } : {}),
    name: row.name,
    startsAt: row.starts_at.toISOString(),
    ...(row.ends_at ? { endsAt: row.ends_at.toISOString() } : {}),
    ...(weekly ? { weekly } : {}),
    createdBy: { id: row.created_by, name: names.get(row.created_by) ?? row.created_by },
    ...(untilMs === undefined ? {} : { activeUntil: new Date(untilMs).toISOString() }),
    over: row.ended_at !== null || (row.ends_at !== null && row.ends_at.getTime() <= nowMs),
  };
}

/** What lies in the scope, and what lies above it and mutes it too. */
function touchesScope(scope: Scope) {
  const above = scope.paths.map((path) => sql<SqlBool>`${path} like unit.path || '%'`);
  return sql<SqlBool>`(${sql.join([scopeCondition(scope, 'unit.path'), ...above], sql` or `)})`;
}

function readStanding(db: Queries, now: Date) {
  return db
    .selectFrom('maintenance_window')
    .innerJoin('unit', 'unit.id', 'maintenance_window.unit_id')
    .selectAll('maintenance_window')
    .select('unit.path')
    .where('ended_at', 'is', null)
    .where((eb) => eb.or([eb('ends_at', 'is', null), eb('ends_at', '>', now)]))
    .limit(mostWindows)
    .execute();
}

function activeAt(
  windows: readonly Standing[],
  path: string,
  deviceId: string | undefined,
  atMs: number,
  calendarOf: (unitId: number) => Calendar,
) {
  let found: { readonly id: number; readonly untilMs: number } | undefined;
  for (const window of windows) {
    const covers = window.deviceId === undefined ? path.startsWith(window.unitPath) : window.deviceId === deviceId;
    const untilMs = covers ? mutesUntil(window, atMs, calendarOf(window.unitId)) : undefined;
    if (untilMs !== undefined && untilMs > (found?.untilMs ?? 0)) found = { id: window.id, untilMs };
  }
  return found;
}

/** Throws NotFoundError for a unit or a device that is not there, InvalidInputError where not exactly one is named. */
function targetOf({ organisation, registry }: Deps, scope: Scope, { unit, device }: WindowBody) {
  if ((unit === undefined) === (device === undefined))
    throw new InvalidInputError('unit', 'Name either a unit or a device, not both and not none.');
  const known = device === undefined ? undefined : registry.deviceOf(device);
  const unitId = unit ?? known?.unitId;
  if (unitId === undefined || !inScope(scope, organisation.pathOf(unitId))) throw new NotFoundError();
  return { unitId, deviceId: known?.id ?? null };
}

function checkTimes({ startsAt, endsAt, weekly }: WindowBody, nowMs: number): void {
  const from = Date.parse(startsAt);
  const to = endsAt === undefined ? undefined : Date.parse(endsAt);
  if (to === undefined && !weekly)
    throw new InvalidInputError('endsAt', 'A window without an end mutes for ever; say when it ends.');
  if (to !== undefined && to <= Math.max(from, nowMs))
    throw new InvalidInputError('endsAt', 'The end must lie after the beginning, and in the future.');
  const most = weekly ? mostMs.weekly : mostMs.once;
  if (to !== undefined && to - from > most)
    throw new InvalidInputError('endsAt', `At most ${most / 86_400_000} days; choose an earlier end.`);
  if (weekly && weekly.from === weekly.to)
    throw new InvalidInputError('weekly.to', 'The end of the day must differ from its beginning.');
}
