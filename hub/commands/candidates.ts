import { sql } from 'kysely';
import type { CapabilityCommand } from '../../protocols/fleet/capabilities/index.ts';
import type { Queries } from '../store/index.ts';
import type { Candidate } from './judgement.ts';
import { openStates } from './machine.ts';
import type { CommandContext } from './ports.ts';

/** What the judgement of a wish reads of devices; nothing here decides. */

const chunk = 1_000;
/** A device in one of these does not tell how it is now. */
const awayStates: readonly string[] = ['unreachable', 'stale', 'unknown'];

export interface CandidateQuery {
  readonly capability: string;
  readonly name: string;
  readonly command: CapabilityCommand;
}

/** These devices as they stand now, in the given order; one that is not in the directory is left out. */
export async function readCandidates(
  context: CommandContext,
  db: Queries,
  ids: readonly string[],
  query: CandidateQuery,
): Promise<Candidate[]> {
  const found: Candidate[] = [];
  for (let from = 0; from < ids.length; from += chunk)
    found.push(...(await readChunk(context, db, ids.slice(from, from + chunk), query)));
  return found;
}

async function readChunk(
  { registry, organisation }: CommandContext,
  db: Queries,
  ids: readonly string[],
  { capability, name, command }: CandidateQuery,
): Promise<Candidate[]> {
  const devices = ids.flatMap((id) => registry.deviceOf(id) ?? []);
  if (devices.length === 0) return [];
  const rows = new Map((await readDevices(db, ids, capability, name)).map((row) => [row.id, row]));
  const states = await readStates(db, ids, [...new Set(command.requires.flatMap(({ reads }) => reads))]);
  const open = await readOpen(db, [...new Set(devices.map(({ agentId }) => agentId))], capability, name);
  return devices.map((device) => {
    const row = rows.get(device.id);
    const waiting = open.devices.get(device.id);
    return {
      ...device,
      name: row?.name ?? device.id,
      schoolId: organisation.schoolOf(device.unitId)?.id,
      hasAccess: registry.agentOf(device.agentId)?.status === 'active',
      isOffered: row?.offered ?? false,
      isAway: awayStates.includes(row?.health ?? 'unknown'),
      states: states.get(device.id) ?? {},
      isWaiting: (waiting?.same ?? 0) > 0,
      open: { device: waiting?.all ?? 0, agent: open.agents.get(device.agentId) ?? 0 },
    };
  });
}

function readDevices(db: Queries, ids: readonly string[], capability: string, name: string) {
  return db
    .selectFrom('device')
    .leftJoin('inventory', 'inventory.device_id', 'device.id')
    .select([
      'device.id',
      'device.name',
      'device.health',
      sql<boolean>`coalesce(jsonb_exists(inventory.descriptor -> 'capabilities' -> ${capability}::text -> 'commands', ${name}::text), false)`.as(
        'offered',
      ),
    ])
    .where('device.id', 'in', ids)
    .execute();
}

async function readStates(db: Queries, ids: readonly string[], capabilities: readonly string[]) {
  const states = new Map<string, Record<string, Record<string, unknown>>>();
  if (capabilities.length === 0) return states;
  const rows = await db
    .selectFrom('twin')
    .select(['device_id', 'capability', 'state'])
    .where('device_id', 'in', ids)
    .where('capability', 'in', capabilities)
    .execute();
  for (const row of rows) {
    const known = states.get(row.device_id) ?? {};
    known[row.capability] = row.state;
    states.set(row.device_id, known);
  }
  return states;
}

async function readOpen(db: Queries, agents: readonly string[], capability: string, name: string) {
  const rows = await db
    .selectFrom('command')
    .select([
      'agent_id',
      'device_id',
      sql<number>`count(*)::int`.as('all'),
      sql<number>`count(*) filter (where capability = ${capability} and name = ${name})::int`.as('same'),
    ])
    .where('agent_id', 'in', agents)
    .where('state', 'in', openStates)
    .groupBy(['agent_id', 'device_id'])
    .execute();
  const perAgent = new Map<string, number>();
  for (const row of rows) perAgent.set(row.agent_id, (perAgent.get(row.agent_id) ?? 0) + row.all);
  return { devices: new Map(rows.map((row) => [row.device_id, row])), agents: perAgent };
}
