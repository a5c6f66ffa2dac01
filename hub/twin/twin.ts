import { type Selectable, sql } from 'kysely';
import type { Device } from '../../protocols/api/devices.ts';
import type { Descriptor, InventoryRecord, StateRecord } from '../../protocols/fleet/record.ts';
import type { Clock } from '../../protocols/ports.ts';
import type { Bus } from '../events/bus.ts';
import type { Registry } from '../registry/index.ts';
import { afterCommit, type Store, type Trx } from '../store/index.ts';
import type { Tables } from '../store/tables.ts';
import { changesBetween } from './changes.ts';

/** The last report of one capability with both its ages. */
export interface ReportedState {
  readonly state: Readonly<Record<string, unknown>>;
  /** By the agent's clock. */
  readonly at: Date;
  /** When the hub stored it. */
  readonly receivedAt: Date;
}

export interface InventoryChange {
  readonly id: number;
  readonly field: string;
  readonly before: unknown;
  readonly after: unknown;
  readonly at: Date;
}

export interface TwinDeps {
  readonly store: Store;
  readonly registry: Pick<Registry, 'deviceOf' | 'describe'>;
  readonly bus: Bus;
  readonly clock: Clock;
  /** Capabilities whose state is held in memory for every device; the rest is read when asked for. */
  readonly keep?: Iterable<string>;
}

/** What devices last said of themselves: states by capability, and the descriptor with the history of its changes. */
export interface Twin {
  /** Reads the states that are kept in memory. */
  load(): Promise<void>;
  applyStates(trx: Trx, records: readonly StateRecord[]): Promise<void>;
  applyInventory(trx: Trx, records: readonly InventoryRecord[]): Promise<void>;
  /** All states of a device, from the database. */
  reported(deviceId: string): Promise<Device['reported']>;
  inventoryOf(deviceId: string): Promise<Descriptor | undefined>;
  /** Changes of the descriptor, newest first, older than `before`. */
  changesOf(
    deviceId: string,
    options: { readonly limit: number; readonly before?: number },
  ): Promise<InventoryChange[]>;
  /** From memory; undefined for a capability that is not kept, or that the device never reported. */
  stateOf(deviceId: string, capability: string): ReportedState | undefined;
  /** When the hub last stored a state of this device, as far as memory knows. */
  lastReportAt(deviceId: string): Date | undefined;
}

/** What health and the wall of devices ask for all the time. */
const keptCapabilities = ['reachability', 'lamp', 'power', 'temperature', 'storage', 'video', 'input'] as const;

export function createTwin({ store, registry, bus, clock, keep = keptCapabilities }: TwinDeps): Twin {
  const kept = new Set(keep);
  const states = new Map<string, Map<string, ReportedState>>();
  const lastReports = new Map<string, Date>();

  const remember = (deviceId: string, capability: string, reported: ReportedState) => {
    const last = lastReports.get(deviceId);
    if (!last || last < reported.receivedAt) lastReports.set(deviceId, reported.receivedAt);
    if (!kept.has(capability)) return;
    const byCapability = states.get(deviceId) ?? new Map<string, ReportedState>();
    states.set(deviceId, byCapability.set(capability, reported));
  };
  const settle = (record: StateRecord, receivedAt: Date) => {
    const at = new Date(record.at);
    remember(record.device, record.capability, { state: record.state, at, receivedAt });
    const { device, capability, state } = record;
    bus.publish(
      { type: 'device-state', device, capability, at: at.toISOString(), state },
      registry.deviceOf(device)?.unitPath,
    );
  };

  return {
    load: async () => {
      const rows = await store.db
        .selectFrom('twin')
        .select(['device_id', 'capability', 'state', 'at', 'received_at'])
        .where('capability', 'in', [...kept])
        .execute();
      for (const row of rows) remember(row.device_id, row.capability, reportedOf(row));
    },
    applyStates: async (trx, records) => {
      if (records.length === 0) return;
      const receivedAt = new Date(clock.now());
      // By arrival, not by the agent's clock: a clock that was put back must not freeze a state.
      const latest = new Map(records.map((record) => [`${record.device} ${record.capability}`, record]));
      await trx
        .insertInto('twin')
        .values(
          [...latest.values()].map((record) => ({
            device_id: record.device,
            capability: record.capability,
            state: JSON.stringify(record.state),
            at: new Date(record.at),
            received_at: receivedAt,
          })),
        )
        .onConflict((conflict) =>
          conflict.columns(['device_id', 'capability']).doUpdateSet({
            state: sql`excluded.state`,
            at: sql`excluded.at`,
            received_at: sql`excluded.received_at`,
          }),
        )
        .execute();
      afterCommit(trx, () => {
        for (const record of latest.values()) settle(record, receivedAt);
      });
    },
    applyInventory: async (trx, records) => {
      const receivedAt = new Date(clock.now());
      for (const record of records) await storeDescriptor(trx, record, receivedAt, registry);
      afterCommit(trx, () => {
        for (const device of new Set(records.map((record) => record.device)))
          bus.publish({ type: 'device-changed', device }, registry.deviceOf(device)?.unitPath);
      });
    },
    reported: async (deviceId) => {
      const rows = await store.db.selectFrom('twin').selectAll().where('device_id', '=', deviceId).execute();
      return Object.fromEntries(
        rows.map(({ capability, state, at, received_at }) => [
          capability,
          { state, at: at.toISOString(), receivedAt: received_at.toISOString() },
        ]),
      );
    },
    inventoryOf: async (deviceId) => {
      const row = await store.db
        .selectFrom('inventory')
        .select('descriptor')
        .where('device_id', '=', deviceId)
        .executeTakeFirst();
      return row?.descriptor;
    },
    changesOf: (deviceId, { limit, before }) => {
      let rows = store.db
        .selectFrom('inventory_change')
        .select(['id', 'field', 'before', 'after', 'at'])
        .where('device_id', '=', deviceId);
      if (before !== undefined) rows = rows.where('id', '<', before);
      return rows.orderBy('id', 'desc').limit(limit).execute();
    },
    stateOf: (deviceId, capability) => states.get(deviceId)?.get(capability),
    lastReportAt: (deviceId) => lastReports.get(deviceId),
  };
}

type TwinRow = Pick<Selectable<Tables['twin']>, 'state' | 'at' | 'received_at'>;

function reportedOf(row: TwinRow): ReportedState {
  return { state: row.state, at: row.at, receivedAt: row.received_at };
}

async function storeDescriptor(
  trx: Trx,
  { device, descriptor, at }: InventoryRecord,
  receivedAt: Date,
  registry: TwinDeps['registry'],
): Promise<void> {
  const known = await trx
    .selectFrom('inventory')
    .select('descriptor')
    .where('device_id', '=', device)
    .forUpdate()
    .executeTakeFirst();
  const changes = known ? changesBetween(known.descriptor, descriptor) : [];
  if (known && changes.length === 0) return;
  await trx
    .insertInto('inventory')
    .values({ device_id: device, descriptor: JSON.stringify(descriptor), at: new Date(at) })
    .onConflict((conflict) =>
      conflict.column('device_id').doUpdateSet({ descriptor: sql`excluded.descriptor`, at: sql`excluded.at` }),
    )
    .execute();
  if (changes.length > 0) {
    await trx
      .insertInto('inventory_change')
      .values(
        changes.map(({ field, before, after }) => ({
          device_id: device,
          field,
          before: before === undefined ? null : JSON.stringify(before),
          after: after === undefined ? null : JSON.stringify(after),
          at: new Date(at),
          received_at: receivedAt,
        })),
      )
      .execute();
  }
  await registry.describe(trx, device, descriptor);
}
