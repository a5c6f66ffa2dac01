import type { z } from 'zod';
import type { addDeviceBody } from '../../protocols/api/devices.ts';
import { type Actor, InvalidInputError, inScope, type Scope } from '../access/index.ts';
import { afterCommit } from '../store/index.ts';
import { sortKey } from '../store/sort-key.ts';
import type { RegistryContext } from './context.ts';
import { sealCredentials } from './desired.ts';
import { checkPlace } from './devices.ts';
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
  const { store, organisation, directory, families, bus, clock, sealer } = context;
  const agent = directory.agent(body.agent);
  if (!agent || !inScope(scope, agent.unitPath)) throw new InvalidInputError('agent', 'There is no such agent.');
  const unit = body.unit ?? agent.unitId;
  checkPlace(context, scope, agent.id, unit, 'unit');
  if (!families.labelOf(body.family)) throw new InvalidInputError('family', 'No agent speaks to such a family.');
  if (!hasRoom(context, agent.id, 1))
    throw new InvalidInputError('agent', 'This agent has as many devices as it can take.');
  const id = randomId('d');
  await store.transaction(async (trx) => {
    const row = await trx
      .insertInto('device')
      .values({
        id,
        agent_id: agent.id,
        unit_id: unit,
        family: body.family,
        name: body.name,
        name_folded: searchText([body.name]),
        name_sort: sortKey(body.name),
        search: searchText([body.name]),
        address: body.address ? JSON.stringify(body.address) : null,
        settings: JSON.stringify(body.settings),
        secret: body.credentials ? sealCredentials(sealer, id, body.credentials) : null,
        adopted_by: actor.name,
        adopted_at: new Date(clock.now()),
        health_since: new Date(clock.now()),
      })
      .returning([...directoryColumns])
      .executeTakeFirstOrThrow();
    await context.bumpGeneration(trx, agent.id);
    afterCommit(trx, () => {
      const device = directoryDevice(row, organisation);
      directory.putDevice(device);
      bus.publish({ type: 'device-changed', device: id }, device.unitPath);
      context.announce(agent.id);
    });
  });
  return id;
}
