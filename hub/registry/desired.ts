import { z } from 'zod';
import { FatalError } from '../../protocols/errors.ts';
import type { Desired, DesiredDevice } from '../../protocols/fleet/messages.ts';
import { type Sealer, type Trx, toStoreError } from '../store/index.ts';
import type { RegistryContext } from './context.ts';

export interface Credentials {
  readonly username?: string | undefined;
  readonly password?: string | undefined;
}

const credentialsSchema = z.object({ username: z.string().optional(), password: z.string().optional() });

/** Seals what signs in to this device; it opens for no other. */
export function sealCredentials(sealer: Sealer, deviceId: string, credentials: Credentials): Buffer {
  return sealer.seal({ table: 'device', row: deviceId, version: 1 }, Buffer.from(JSON.stringify(credentials)));
}

function openCredentials(sealer: Sealer, deviceId: string, secret: Buffer): DesiredDevice['credentials'] {
  const plain = sealer.open({ table: 'device', row: deviceId, version: 1 }, secret);
  const { username, password } = credentialsSchema.parse(JSON.parse(plain.toString('utf8')));
  return { ...(username === undefined ? {} : { username }), ...(password === undefined ? {} : { password }) };
}

/** The whole wish for one agent, as of one moment: devices in use, with their credentials, and what was refused. */
export async function desiredFor(context: RegistryContext, agentId: string): Promise<Desired> {
  const { generation, devices, refused, wishes } = await readWish(context, agentId);
  return {
    generation,
    issuedAt: context.clock.now(),
    devices: devices.flatMap((row) => {
      try {
        return [desiredDevice(context.sealer, row, wishes.get(row.id))];
      } catch (thrown) {
        // One secret that does not open must not take the agent's other devices away.
        if (!(thrown instanceof FatalError)) throw thrown;
        context.log.error('a device is left out of the desired document', { error: thrown, device: row.id });
        return [];
      }
    }),
    refused: refused.map(({ key }) => key),
  };
}

/** Beyond this a generation is no count of wishes; the column ends at 2^31. */
const greatestHeld = 1_000_000_000;

/** Brings the desired generation above the one that an agent holds, if the database never gave that one. */
export async function outgrow(context: RegistryContext, agentId: string, held: number): Promise<void> {
  const { store, directory, log } = context;
  const known = directory.agent(agentId)?.desiredGeneration ?? held;
  if (held <= known) return;
  if (held > greatestHeld) {
    log.error('an agent holds a generation that no hub gives; it takes no new wishes', { agent: agentId, held });
    return;
  }
  const raised = await store.transaction(async (trx) => {
    const row = await lockAgent(trx, agentId);
    // Another hub may have given it meanwhile.
    if (!row || held <= row.desired_generation) return false;
    await context.bumpGeneration(trx, agentId, held);
    return true;
  });
  context.announce(agentId);
  if (raised) log.warn('an agent holds wishes that this database has lost; it gets ours', { agent: agentId, held });
}

function lockAgent(trx: Trx, agentId: string) {
  return trx.selectFrom('agent').select('desired_generation').where('id', '=', agentId).forUpdate().executeTakeFirst();
}

async function readWish({ store, wishesOf }: Pick<RegistryContext, 'store' | 'wishesOf'>, agentId: string) {
  try {
    return await store.db
      .transaction()
      .setIsolationLevel('repeatable read')
      .execute(async (trx) => {
        const devices = await devicesOf(trx, agentId);
        return {
          generation: await generationOf(trx, agentId),
          devices,
          wishes: (await wishesOf?.(trx, devices)) ?? new Map(),
          refused: await trx
            .selectFrom('proposal')
            .select('key')
            .where('agent_id', '=', agentId)
            .where('status', '=', 'refused')
            .orderBy('id')
            .limit(5_000)
            .execute(),
        };
      });
  } catch (thrown) {
    throw toStoreError(thrown);
  }
}

function devicesOf(trx: Trx, agentId: string) {
  return trx
    .selectFrom('device')
    .innerJoin('unit', 'unit.id', 'device.unit_id')
    .select([
      'device.id',
      'device.family',
      'device.name',
      'device.address',
      'device.settings',
      'device.secret',
      'unit.path as unitPath',
    ])
    .where('device.agent_id', '=', agentId)
    .where('device.lifecycle', 'in', ['in-service', 'maintenance'])
    .orderBy('device.sid')
    .execute();
}

async function generationOf(trx: Trx, agentId: string): Promise<number> {
  const row = await trx.selectFrom('agent').select('desired_generation').where('id', '=', agentId).executeTakeFirst();
  if (!row) throw new FatalError('unknown-agent', `there is no agent ${agentId}`);
  return row.desired_generation;
}

type WishRow = Awaited<ReturnType<typeof devicesOf>>[number];

function desiredDevice(sealer: Sealer, row: WishRow, configuration: DesiredDevice['configuration']): DesiredDevice {
  return {
    id: row.id,
    family: row.family,
    name: row.name,
    settings: row.settings,
    ...(configuration ? { configuration } : {}),
    ...(row.address ? { address: row.address } : {}),
    ...(row.secret ? { credentials: openCredentials(sealer, row.id, row.secret) } : {}),
  };
}
