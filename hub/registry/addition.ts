import type { z } from 'zod';
import type { addDeviceBody } from '../../protocols/api/devices.ts';
import { type Actor, InvalidInputError, inScope, type Scope } from '../access/index.ts';
import { afterCommit, type Trx } from '../store/index.ts';
import { sortKey } from '../store/sort-key.ts';
import type { RegistryContext } from './context.ts';
import { sealCredentials } from './desired.ts';
import { checkPlace, requireSupplier } from './devices.ts';
import { randomId } from './ids.ts';
import { hasRoom } from './proposals.ts';
import { directoryColumns, directoryDevice, searchText } from './rows.ts';

export type AddDevice = z.output<typeof addDeviceBody>;

/**
 * Takes in a device that no discovery can find: a person names its family, its address and what its driver must know.
 * Returns its id. Throws InvalidInputError.
 */
export async function addDevice(
  context: RegistryContext,
  scope: Scope,
  actor: Actor,
  body: AddDevice,
): Promise<string> {
  const { store, directory, families } = context;
  const agent = directory.agent(body.agent);
  if (!agent || !inScope(scope, agent.unitPath)) throw new InvalidInputError('agent', 'There is no such agent.');
  const unit = body.unit ?? agent.unitId;
  checkPlace(context, scope, agent.id, unit, 'unit');
  if (body.supplier !== undefined) await requireSupplier(context, body.supplier);
  if (!families.labelOf(body.family)) throw new InvalidInputError('family', 'No agent speaks to such a family.');
  if (!hasRoom(context, agent.id, 1))
    throw new InvalidInputError('agent', 'This agent has as many devices as it can take.');
  const [id = ''] = await store.transaction((trx) => insertDevices(context, trx, actor, [{ ...body, unit }]));
  return id;
}

/** A device whose place was found and judged by the caller. */
export type PlacedDevice = Omit<AddDevice, 'unit'> & { readonly unit: number; readonly serial?: string | undefined };

/** Writes devices of any agents in one transaction; each agent hears of it once. Throws InvalidInputError for too many. */
export async function insertDevices(
  context: RegistryContext,
  trx: Trx,
  actor: Pick<Actor, 'name'>,
  devices: readonly PlacedDevice[],
): Promise<readonly string[]> {
  const { organisation, directory, bus } = context;
  const rows: DirectoryRow[] = [];
  for (const [agentId, own] of Map.groupBy(devices, ({ agent }) => agent)) {
    if (!hasRoom(context, agentId, own.length))
      throw new InvalidInputError('agent', 'This agent has as many devices as it can take.');
    for (const device of own) rows.push(await insertDevice(context, trx, actor, device));
    await context.bumpGeneration(trx, agentId);
    afterCommit(trx, () => context.announce(agentId));
  }
  afterCommit(trx, () => {
    for (const row of rows) {
      const device = directoryDevice(row, organisation);
      directory.putDevice(device);
      bus.publish({ type: 'device-changed', device: device.id }, device.unitPath);
    }
  });
  return rows.map(({ id }) => id);
}

type DirectoryRow = Parameters<typeof directoryDevice>[0];

function insertDevice(
  { sealer, clock }: RegistryContext,
  trx: Trx,
  actor: Pick<Actor, 'name'>,
  device: PlacedDevice,
): Promise<DirectoryRow> {
  const id = randomId('d');
  return trx
    .insertInto('device')
    .values({
      id,
      agent_id: device.agent,
      unit_id: device.unit,
      family: device.family,
      name: device.name,
      name_folded: searchText([device.name]),
      name_sort: sortKey(device.name),
      search: searchText([device.name, device.serial]),
      serial: device.serial ?? null,
      supplier_id: device.supplier ?? null,
      address: device.address ? JSON.stringify(device.address) : null,
      settings: JSON.stringify(device.settings),
      secret: device.credentials ? sealCredentials(sealer, id, device.credentials) : null,
      adopted_by: actor.name,
      adopted_at: new Date(clock.now()),
      health_since: new Date(clock.now()),
    })
    .returning([...directoryColumns])
    .executeTakeFirstOrThrow();
}
