import { sql } from 'kysely';
import type { z } from 'zod';
import type { Device, DeviceRow, DevicesQuery, updateDeviceBody } from '../../protocols/api/devices.ts';
import {
  deviceCondition,
  InvalidInputError,
  inScope,
  NotFoundError,
  narrow,
  type Scope,
  seesDevice,
} from '../access/index.ts';
import { afterCommit } from '../store/index.ts';
import { type Cursor, decodeCursor, type Page, pageOfRows } from '../store/page.ts';
import { searchCondition, searchWords } from '../store/search.ts';
import { sortKey } from '../store/sort-key.ts';
import type { RegistryContext } from './context.ts';
import { sealCredentials } from './desired.ts';
import type { DirectoryDevice } from './directory.ts';
import { searchText } from './rows.ts';
import { readVia } from './via.ts';

export type UpdateDevice = z.output<typeof updateDeviceBody>;

/** The device, when it lies within the scope. Throws NotFoundError in the same words otherwise. */
export function requireDevice({ directory }: RegistryContext, scope: Scope, id: string): DirectoryDevice {
  const device = directory.device(id);
  if (!device || !seesDevice(scope, device)) throw new NotFoundError();
  return device;
}

/** The scope narrowed to the unit that a query names. Throws NotFoundError for a unit that is not there. */
export function scopeOf({ organisation }: RegistryContext, scope: Scope, unit: number | undefined): Scope {
  return unit === undefined ? scope : narrow(scope, organisation.pathOf(unit));
}

/** Throws InvalidInputError `cursor`. */
export function cursorOf(text: string | undefined): Cursor | undefined {
  if (text === undefined) return undefined;
  const cursor = decodeCursor(text);
  if (!cursor) throw new InvalidInputError('cursor', 'This is not a cursor of this list.');
  return cursor;
}

const sortColumns = { name: 'device.name_sort', health: 'device.health_rank', since: 'device.health_since' } as const;

function sortOf(query: DevicesQuery) {
  const descending = query.sort.startsWith('-');
  const field = query.sort.replace('-', '') as keyof typeof sortColumns;
  return { column: sortColumns[field], field, direction: descending ? ('desc' as const) : ('asc' as const) };
}

/** What a list of devices is narrowed by. */
export type DeviceFilter = Pick<
  DevicesQuery,
  'unit' | 'q' | 'agent' | 'family' | 'lifecycle' | 'health' | 'capability'
> & {
  readonly supplier?: number | undefined;
};

/** Ids of the devices within the scope that match, by name, at most `limit`. */
export async function matchDevices(
  context: RegistryContext,
  scope: Scope,
  filter: DeviceFilter,
  limit: number,
): Promise<string[]> {
  const rows = await filtered(context, scope, filter)
    .select('device.id')
    .orderBy('device.name_sort')
    .orderBy('device.id')
    .limit(limit)
    .execute();
  return rows.map(({ id }) => id);
}

function filtered(context: RegistryContext, scope: Scope, query: DeviceFilter) {
  const narrowed = scopeOf(context, scope, query.unit);
  let rows = context.store.db
    .selectFrom('device')
    .innerJoin('unit', 'unit.id', 'device.unit_id')
    .leftJoin('supplier', 'supplier.id', 'device.supplier_id')
    .where(deviceCondition(narrowed, 'unit.path', 'device.supplier_id'))
    .where(searchCondition(['device.search', 'unit.place_folded'], searchWords(query.q)));
  if (query.agent !== undefined) rows = rows.where('device.agent_id', '=', query.agent);
  if (query.supplier !== undefined) rows = rows.where('device.supplier_id', '=', query.supplier);
  if (query.family !== undefined) rows = rows.where('device.family', '=', query.family);
  if (query.lifecycle !== undefined) rows = rows.where('device.lifecycle', '=', query.lifecycle);
  if (query.health !== undefined) rows = rows.where('device.health', 'in', query.health);
  const { capability } = query;
  if (capability !== undefined) {
    rows = rows.where((where) =>
      where.exists(
        where
          .selectFrom('inventory')
          .select('inventory.device_id')
          .whereRef('inventory.device_id', '=', 'device.id')
          .where(sql<boolean>`jsonb_exists(inventory.descriptor -> 'capabilities', ${capability})`),
      ),
    );
  }
  return rows;
}

const rowColumns = [
  'device.id',
  'device.name',
  'device.family',
  'device.unit_id',
  'device.agent_id',
  'device.lifecycle',
  'device.health',
  'device.health_rank',
  'device.health_since',
  'device.health_code',
  'device.vendor',
  'device.model',
  'device.serial',
  'device.firmware',
  'device.name_sort',
  'supplier.id as supplier_id',
  'supplier.name as supplier',
] as const;

/** One page of devices within the scope. */
export async function listDevices(
  context: RegistryContext,
  scope: Scope,
  query: DevicesQuery,
): Promise<Page<DeviceRow>> {
  const { column, field, direction } = sortOf(query);
  const after = cursorOf(query.cursor);
  const rows = filtered(context, scope, query);
  let page = rows.select(rowColumns).orderBy(column, direction).orderBy('device.id', direction);
  if (after) {
    const key = field === 'since' ? new Date(Number(after.key)) : after.key;
    const beyond = sql.raw(direction === 'asc' ? '>' : '<');
    page = page.where(sql<boolean>`(${sql.ref(column)}, device.id) ${beyond} (${key}, ${String(after.id)})`);
  }
  const [fetched, { total }] = await Promise.all([
    page.limit(query.limit + 1).execute(),
    rows.select((e) => e.fn.countAll<number>().as('total')).executeTakeFirstOrThrow(),
  ]);
  const ids = fetched.map(({ id }) => id);
  const extra = query.capability === undefined ? undefined : await capabilityColumns(context, query.capability, ids);
  const keyOf = (row: (typeof fetched)[number]) =>
    ({ name: row.name_sort, health: row.health_rank, since: row.health_since.getTime() })[field];
  return pageOfRows(
    fetched,
    query.limit,
    total,
    (row) => ({ key: keyOf(row), id: row.id }),
    (row) => ({ ...viewRow(context, row), ...extra?.(row.id) }),
  );
}

/** What one capability says of each of these devices, as a list that is narrowed to it shows. */
async function capabilityColumns(
  { store, facets }: RegistryContext,
  capability: string,
  ids: readonly string[],
): Promise<(id: string) => Pick<DeviceRow, 'reported' | 'latest'>> {
  const rows =
    ids.length === 0
      ? []
      : await store.db
          .selectFrom('twin')
          .select(['device_id', 'state', 'at', 'received_at'])
          .where('capability', '=', capability)
          .where('device_id', 'in', ids)
          .execute();
  const states = new Map(rows.map((row) => [row.device_id, row]));
  return (id) => {
    const row = states.get(id);
    const latest = Object.entries(facets.latestOf(id)).filter(([metric]) => metric.startsWith(`${capability}.`));
    const times = row && { at: row.at.toISOString(), receivedAt: row.received_at.toISOString() };
    return {
      reported: row && times ? { [capability]: { state: row.state, ...times } } : {},
      latest: Object.fromEntries(latest),
    };
  };
}

type ListedRow = Pick<
  Awaited<ReturnType<typeof readDevice>> & object,
  | 'id'
  | 'name'
  | 'family'
  | 'unit_id'
  | 'agent_id'
  | 'lifecycle'
  | 'health'
  | 'health_since'
  | 'health_code'
  | 'vendor'
  | 'model'
  | 'serial'
  | 'firmware'
  | 'supplier_id'
  | 'supplier'
>;

function viewRow({ organisation, directory, facets }: RegistryContext, row: ListedRow): DeviceRow {
  const school = organisation.schoolOf(row.unit_id);
  const lastReportAt = facets.lastReportAt(row.id);
  return {
    id: row.id,
    name: row.name,
    family: row.family,
    unit: organisation.refOf(row.unit_id),
    ...(school ? { school } : {}),
    agent: { id: row.agent_id, name: directory.agent(row.agent_id)?.name ?? row.agent_id },
    lifecycle: row.lifecycle,
    ...(row.supplier_id === null || row.supplier === null
      ? {}
      : { supplier: { id: row.supplier_id, name: row.supplier } }),
    health: {
      state: row.health,
      since: row.health_since.toISOString(),
      ...(row.health_code === null ? {} : { code: row.health_code }),
    },
    ...(row.vendor === null ? {} : { vendor: row.vendor }),
    ...(row.model === null ? {} : { model: row.model }),
    ...(row.serial === null ? {} : { serial: row.serial }),
    ...(row.firmware === null ? {} : { firmware: row.firmware }),
    ...(lastReportAt ? { lastReportAt: lastReportAt.toISOString() } : {}),
  };
}

function readDevice({ store }: RegistryContext, id: string) {
  return store.db
    .selectFrom('device')
    .leftJoin('supplier', 'supplier.id', 'device.supplier_id')
    .selectAll('device')
    .select('supplier.name as supplier')
    .where('device.id', '=', id)
    .executeTakeFirst();
}

/** Everything that a device's page shows. Throws NotFoundError. */
export async function getDevice(context: RegistryContext, scope: Scope, id: string): Promise<Device> {
  requireDevice(context, scope, id);
  const { facets } = context;
  const [row, via, reported, descriptor] = await Promise.all([
    readDevice(context, id),
    readVia(context, scope, id),
    facets.reportedOf(id),
    facets.descriptorOf(id),
  ]);
  if (!row) throw new NotFoundError();
  const listed = viewRow(context, row);
  return {
    ...listed,
    health: facets.verdictOf(id) ?? { ...listed.health, evidence: [] },
    ...(row.address ? { address: row.address } : {}),
    ...(via ? { via } : {}),
    adoptedAt: row.adopted_at.toISOString(),
    adoptedBy: row.adopted_by,
    hasCredentials: row.secret !== null,
    reported,
    latest: facets.latestOf(id),
    commands: Object.fromEntries(
      Object.entries(descriptor?.capabilities ?? {}).map(([capability, { commands }]) => [capability, commands]),
    ),
    parts: descriptor?.parts ?? [],
  };
}

/** Changes what a person may change. Throws NotFoundError or InvalidInputError. */
export async function updateDevice(
  context: RegistryContext,
  scope: Scope,
  id: string,
  body: UpdateDevice,
): Promise<void> {
  const device = requireDevice(context, scope, id);
  if (body.supplier) await requireSupplier(context, body.supplier);
  if (body.unit !== undefined) checkPlace(context, scope, device.agentId, body.unit, 'unit');
  const { store, bus, sealer } = context;
  const { address, credentials } = body;
  await store.transaction(async (trx) => {
    const row = await trx.selectFrom('device').selectAll().where('id', '=', id).forUpdate().executeTakeFirstOrThrow();
    const name = body.name ?? row.name;
    const lifecycle = body.lifecycle ?? row.lifecycle;
    await trx
      .updateTable('device')
      .set({
        name,
        name_folded: searchText([name]),
        name_sort: sortKey(name),
        search: searchText([name, row.vendor, row.model, row.serial, row.firmware]),
        unit_id: body.unit ?? row.unit_id,
        ...(body.supplier === undefined ? {} : { supplier_id: body.supplier }),
        lifecycle,
        ...(address ? { address: JSON.stringify(address) } : {}),
        ...(credentials === undefined ? {} : { secret: credentials && sealCredentials(sealer, id, credentials) }),
      })
      .where('id', '=', id)
      .execute();
    // The agent knows its devices by name, runs only those in use, connects by address and credentials, and sets them as is
    // wished where they stand.
    const isMoved = body.unit !== undefined && body.unit !== row.unit_id;
    const isNews = isMoved || name !== row.name || lifecycle !== row.lifecycle || address || credentials !== undefined;
    if (isNews) await context.bumpGeneration(trx, device.agentId);
    afterCommit(trx, () => {
      context.announce(device.agentId);
      bus.publish({ type: 'device-changed', device: id }, device.unitPath);
    });
  });
}

/** Throws InvalidInputError. */
export async function requireSupplier({ store }: RegistryContext, id: number): Promise<void> {
  const row = await store.db.selectFrom('supplier').select('id').where('id', '=', id).executeTakeFirst();
  if (!row) throw new InvalidInputError('supplier', 'There is no such supplier.');
}

/** A device lies in the scope of whoever places it, and in the school of its agent. Throws InvalidInputError. */
export function checkPlace(
  { organisation, directory }: RegistryContext,
  scope: Scope,
  agentId: string,
  unit: number,
  field: string,
): void {
  const agent = directory.agent(agentId);
  const path = pathOf(organisation, unit);
  if (!agent || path === undefined || !inScope(scope, path) || organisation.isClosed(unit))
    throw new InvalidInputError(field, 'There is no such unit.');
  const school = organisation.schoolOf(agent.unitId);
  const home = school ? organisation.pathOf(school.id) : agent.unitPath;
  if (!path.startsWith(home)) throw new InvalidInputError(field, 'This unit is not of the same school as the agent.');
}

function pathOf(organisation: RegistryContext['organisation'], unit: number): string | undefined {
  try {
    return organisation.pathOf(unit);
  } catch (thrown) {
    if (thrown instanceof NotFoundError) return undefined;
    throw thrown;
  }
}
