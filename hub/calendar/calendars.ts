import type { z } from 'zod';
import type {
  CalendarChangeResult,
  CalendarFault,
  CalendarLayer,
  CalendarVersion,
  CalendarView,
  calendarQuery,
  changeCalendarBody,
  exportCalendarQuery,
  ImportCalendarResult,
  importCalendarQuery,
  restoreCalendarBody,
} from '../../protocols/api/operation/calendar.ts';
import type { Calendar } from '../../protocols/fleet/calendar/calendar.ts';
import { addDays } from '../../protocols/fleet/calendar/date.ts';
import type { Clock } from '../../protocols/ports.ts';
import { type Actor, ConflictError, InvalidInputError, inScope, NotFoundError, type Scope } from '../access/index.ts';
import { dayOf as dayInVietNam, type Organisation } from '../organisation/index.ts';
import type { SheetReader } from '../sheets/index.ts';
import { afterCommit, type Store, type Trx } from '../store/index.ts';
import { faultsOf } from './check.ts';
import { compare, daysOf } from './effect.ts';
import { type CalendarFile, exportCalendar } from './files/export.ts';
import { type ReadCalendar, readCalendarFile } from './files/read.ts';
import { createMemory } from './memory.ts';
import { calendarOfResolved, emptyLayer, type Placed, resolveLayers } from './resolve.ts';
import { insertVersion, lockCalendars, readStanding, readVersion, readVersions, versionOf } from './rows.ts';

type Change = z.output<typeof changeCalendarBody>;
type Person = Pick<Actor, 'id' | 'name'>;

interface CalendarsDeps {
  readonly store: Store;
  readonly organisation: Pick<Organisation, 'trailOf' | 'pathOf' | 'refOf' | 'subtreeIds' | 'onStructure'>;
  readonly reader: SheetReader;
  readonly clock: Clock;
}

/** The school calendar of every unit: dated layers from the province down to a room. */
export interface Calendars extends AsyncDisposable {
  /** Reads all layers and keeps them current with what other hubs write. */
  load(): Promise<void>;
  /** What holds for a unit; the empty calendar for one that is not there. The same object until something changes. */
  calendarOf(unitId: number): Calendar;
  /** Calls back with the path of the unit below which calendars may be others now; `/` is all of them. */
  onChanged(listener: (unitPath: string) => void): Disposable;
  /** All of these throw NotFoundError for a unit outside the scope. */
  view(scope: Scope, unitId: number, query: z.output<typeof calendarQuery>): CalendarView;
  versions(scope: Scope, unitId: number): Promise<{ rows: CalendarVersion[] }>;
  /** Throws InvalidInputError for what cannot hold, ConflictError when somebody changed it in between. */
  change(scope: Scope, actor: Person, unitId: number, body: Change): Promise<CalendarChangeResult>;
  restore(
    scope: Scope,
    actor: Person,
    unitId: number,
    body: z.output<typeof restoreCalendarBody>,
  ): Promise<CalendarChangeResult>;
  /** Throws ConflictError when a row is refused and it is not only tried. */
  importFile(
    scope: Scope,
    actor: Person,
    query: z.output<typeof importCalendarQuery>,
    bytes: Uint8Array,
  ): Promise<ImportCalendarResult>;
  exportFile(scope: Scope, unitId: number, query: z.output<typeof exportCalendarQuery>): Promise<CalendarFile>;
}

/** Days in one answer. */
const mostDays = 400;

export function createCalendars({ store, organisation, reader, clock }: CalendarsDeps): Calendars {
  const memory = createMemory({ store, organisation });
  const requireIn = (scope: Scope, unitId: number) => {
    if (!inScope(scope, organisation.pathOf(unitId))) throw new NotFoundError();
    return organisation.refOf(unitId);
  };
  const unitsBelow = (unitId: number) => {
    const below = new Set(organisation.subtreeIds(organisation.pathOf(unitId)));
    return { total: below.size, own: memory.owners().filter((id) => below.has(id) && id !== unitId).length };
  };
  /** What the change comes to, against the layers above as the caller has them. */
  const judge = (unitId: number, above: readonly Placed[], layers: LayerChange) => {
    const unit = organisation.refOf(unitId);
    const place = (layer: CalendarLayer | undefined) => resolveLayers(layer ? [...above, { unit, layer }] : above);
    const [before, after] = [place(layers.before), place(layers.after)];
    return {
      faults: layers.after ? faultsOf(layers.after, resolveLayers(above), after) : [],
      effect: () => ({
        ...compare(calendarOfResolved(before), calendarOfResolved(after)),
        units: unitsBelow(unitId),
      }),
    };
  };
  const tryChange = (unitId: number, after: CalendarLayer | undefined): CalendarChangeResult => {
    const layers = memory.layersOf(unitId);
    const above = layers.filter(({ unit }) => unit.id !== unitId);
    const { faults, effect } = judge(unitId, above, { before: memory.standingOf(unitId)?.layer, after });
    return { dryRun: true, faults, ...(faults.length === 0 ? { effect: effect() } : {}) };
  };
  const tryRead = (unitId: number, { layer, problem, tell, ...told }: ReadCalendar): ImportCalendarResult => {
    if (problem !== undefined || told.counts.refused > 0)
      return { dryRun: true, ...(problem ? { problem } : {}), ...told, faults: [] };
    const tried = tryChange(unitId, layer);
    return { ...tried, ...tell(tried.faults) };
  };
  const write = async (unitId: number, actor: Person, { layer: after, basedOn, reason }: Writing) => {
    const result = await store.transaction(async (trx) => {
      await lockCalendars(trx);
      const { above, current } = await readTrail(trx, organisation.trailOf(unitId), unitId);
      requireVersion(basedOn, current?.version ?? 0);
      const { faults, effect } = judge(unitId, above, { before: current?.layer, after });
      refuse(faults);
      const version = (current?.version ?? 0) + 1;
      const at = new Date(clock.now());
      const standing = { unitId, version, layer: after, at, by: actor.name, reason };
      await insertVersion(trx, standing, actor);
      afterCommit(trx, () => memory.takeOver(standing));
      return { dryRun: false, faults: [], effect: effect(), version };
    });
    await memory.announce(unitId);
    return result;
  };
  return {
    load: () => memory.load(),
    calendarOf: (unitId) => memory.calendarOf(unitId),
    onChanged: (listener) => memory.onChanged(listener),
    view: (scope, unitId, query) => {
      const unit = requireIn(scope, unitId);
      const { from, to } = boundsOf(query, dayInVietNam(clock.now()));
      const own = memory.standingOf(unitId);
      return {
        unit,
        from,
        to,
        ...memory.resolvedOf(unitId),
        ...(own ? { own: versionOf(own) } : {}),
        days: daysOf(memory.calendarOf(unitId), from, to),
      };
    },
    versions: async (scope, unitId) => {
      requireIn(scope, unitId);
      return { rows: await readVersions(store.db, unitId) };
    },
    change: async (scope, actor, unitId, { layer, basedOn, reason, dryRun }) => {
      requireIn(scope, unitId);
      requireVersion(basedOn, memory.standingOf(unitId)?.version ?? 0);
      if (dryRun) return tryChange(unitId, layer ?? undefined);
      return write(unitId, actor, { layer: layer ?? undefined, basedOn, reason });
    },
    restore: async (scope, actor, unitId, { version, basedOn, reason, dryRun }) => {
      requireIn(scope, unitId);
      const found = version === 0 ? undefined : await readVersion(store.db, unitId, version);
      if (version !== 0 && !found) throw new InvalidInputError('version', 'There is no such version of this calendar.');
      if (dryRun) return tryChange(unitId, found?.layer);
      return write(unitId, actor, { layer: found?.layer, basedOn, reason });
    },
    importFile: async (scope, actor, query, bytes) => {
      const unitId = requireUnit(() => requireIn(scope, query.unit)).id;
      const standing = memory.standingOf(unitId);
      const read = await readCalendarFile(reader, { name: query.file, bytes }, standing?.layer ?? emptyLayer);
      if (query.dryRun === 'yes') return tryRead(unitId, read);
      if (query.reason === undefined) throw new InvalidInputError('reason', 'Say why the calendar is written.');
      const tried = tryRead(unitId, read);
      if (tried.problem !== undefined || tried.counts.refused > 0)
        throw new ConflictError('Some rows are refused, so nothing was written. Try it first.');
      const { rows, counts } = tried;
      const basedOn = standing?.version ?? 0;
      return { rows, counts, ...(await write(unitId, actor, { layer: read.layer, basedOn, reason: query.reason })) };
    },
    exportFile: async (scope, unitId, query) => {
      const unit = requireIn(scope, unitId);
      const layers = query.of === 'here' ? memory.layersOf(unitId).filter((one) => one.unit.id === unitId) : undefined;
      return exportCalendar(query.as, unit, layers ? resolveLayers(layers) : memory.resolvedOf(unitId), clock.now());
    },
    [Symbol.asyncDispose]: () => memory[Symbol.asyncDispose](),
  };
}

interface LayerChange {
  readonly before: CalendarLayer | undefined;
  readonly after: CalendarLayer | undefined;
}

interface Writing {
  readonly layer: CalendarLayer | undefined;
  readonly basedOn: number;
  readonly reason: string;
}

/** The layers on the way down to a unit, as the database has them at this moment. */
async function readTrail(trx: Trx, trail: readonly Placed['unit'][], unitId: number) {
  const standing = await readStanding(
    trx,
    trail.map(({ id }) => id),
  );
  const above = trail.flatMap((unit): Placed[] => {
    const layer = standing.find((one) => one.unitId === unit.id)?.layer;
    return layer && unit.id !== unitId ? [{ unit, layer }] : [];
  });
  return { above, current: standing.find((one) => one.unitId === unitId) };
}

function requireVersion(basedOn: number, current: number): void {
  if (basedOn !== current)
    throw new ConflictError('Somebody changed this calendar in the meantime. Load it again and repeat your change.');
}

/** Throws InvalidInputError for the first fault. */
function refuse([first]: readonly CalendarFault[]): void {
  if (first) throw new InvalidInputError(`layer.${first.field}`, `${first.why.en} ${first.remedy.en}`);
}

/** A unit that a query names is a field of it. */
function requireUnit<T>(find: () => T): T {
  try {
    return find();
  } catch (thrown) {
    if (thrown instanceof NotFoundError) throw new InvalidInputError('unit', 'There is no such unit.');
    throw thrown;
  }
}

/** The school year around a day, unless the query says otherwise. Throws InvalidInputError. */
function boundsOf(query: z.output<typeof calendarQuery>, today: string) {
  const year = Number(today.slice(0, 4)) - (today.slice(5) < '08-01' ? 1 : 0);
  const from = query.from ?? `${year}-08-01`;
  const to = query.to ?? addDays(`${Number(from.slice(0, 4)) + 1}${from.slice(4, 8)}01`, -1);
  if (to < from || addDays(from, mostDays - 1) < to)
    throw new InvalidInputError('to', `It must be at most ${mostDays - 1} days after "from".`);
  return { from, to };
}
