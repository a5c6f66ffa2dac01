import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openStore, type Store } from '../../hub/store/index.ts';
import { fold } from '../../protocols/api/fold.ts';
import type { Descriptor } from '../../protocols/fleet/record.ts';
import { type Clock, silentLog } from '../../protocols/ports.ts';

export interface TestStore extends AsyncDisposable {
  readonly store: Store;
}

/** An embedded database in a temporary folder with the schema of today. It takes some seconds: open one a file. */
export async function openTestStore(clock: Clock): Promise<TestStore> {
  const folder = await mkdtemp(join(tmpdir(), 'edufleet-store-'));
  const store = await openStore({ databaseUrl: undefined, dataDir: folder, clock, log: silentLog });
  return {
    store,
    [Symbol.asyncDispose]: async () => {
      await store[Symbol.asyncDispose]();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

export interface SeedUnit {
  readonly parent?: { readonly id: number; readonly path: string };
  readonly kind: 'province' | 'commune' | 'school' | 'building' | 'room';
  readonly name: string;
}

/** Inserts a unit and returns its id and path. */
export async function seedUnit(store: Store, unit: SeedUnit): Promise<{ readonly id: number; readonly path: string }> {
  return store.transaction(async (trx) => {
    const { id } = await trx
      .insertInto('unit')
      .values({
        parent_id: unit.parent?.id ?? null,
        path: `/new/${unit.name}/`,
        kind: unit.kind,
        name: unit.name,
        name_folded: fold(unit.name),
        name_sort: fold(unit.name),
        place_folded: fold(unit.name),
      })
      .returning('id')
      .executeTakeFirstOrThrow();
    const path = `${unit.parent?.path ?? '/'}${id}/`;
    await trx.updateTable('unit').set({ path }).where('id', '=', id).execute();
    return { id, path };
  });
}

/** Inserts an active agent. */
export async function seedAgent(store: Store, id: string, unitId: number): Promise<void> {
  await store.db
    .insertInto('agent')
    .values({
      id,
      unit_id: unitId,
      name: `Agent ${id}`,
      name_folded: `agent ${id}`,
      name_sort: `agent ${id}`,
      fingerprint: '{}',
    })
    .execute();
}

export interface SeedDevice {
  readonly id: string;
  readonly agentId: string;
  readonly unitId: number;
  readonly capabilities?: Descriptor['capabilities'];
}

/** Inserts a device in service, and its inventory when it has capabilities. */
export async function seedDevice(store: Store, device: SeedDevice): Promise<void> {
  await store.db
    .insertInto('device')
    .values({
      id: device.id,
      agent_id: device.agentId,
      unit_id: device.unitId,
      family: 'thing',
      name: `Device ${device.id}`,
      name_folded: `device ${device.id}`,
      name_sort: `device ${device.id}`,
      search: `device ${device.id}`,
      adopted_by: 'test',
    })
    .execute();
  if (!device.capabilities) return;
  const descriptor: Descriptor = { family: 'thing', capabilities: device.capabilities };
  await store.db
    .insertInto('inventory')
    .values({ device_id: device.id, descriptor: JSON.stringify(descriptor), at: new Date() })
    .execute();
}
