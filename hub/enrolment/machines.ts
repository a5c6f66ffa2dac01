import { type MachineFingerprint, machineFingerprintSchema } from '../../protocols/fleet/enrolment.ts';
import type { Queries, Trx } from '../store/index.ts';
import type { KnownAgent } from './admission.ts';
import { compareMachines, machineKeys } from './machine.ts';

/** Agents that share a key with this machine, each with how far it is the same one. */
export async function knownAgents(db: Queries, fingerprint: MachineFingerprint): Promise<KnownAgent[]> {
  const keys = machineKeys(fingerprint);
  if (keys.length === 0) return [];
  const rows = await db
    .selectFrom('agent')
    .select(['id', 'unit_id', 'status', 'fingerprint'])
    .where('id', 'in', (query) => query.selectFrom('agent_machine').select('agent_id').where('key', 'in', keys))
    .orderBy('id')
    .execute();
  return rows.map((row) => ({
    id: row.id,
    unitId: row.unit_id,
    status: row.status,
    verdict: compareMachines(readFingerprint(row.fingerprint), fingerprint),
  }));
}

/** The machine that an agent was enrolled on; undefined for an agent that is not there. */
export async function enrolledMachine(db: Queries, agentId: string): Promise<MachineFingerprint | undefined> {
  const row = await db.selectFrom('agent').select('fingerprint').where('id', '=', agentId).executeTakeFirst();
  return row && readFingerprint(row.fingerprint);
}

/** From now on the agent is known by this machine. */
export async function rememberMachine(trx: Trx, agentId: string, fingerprint: MachineFingerprint): Promise<void> {
  await trx
    .updateTable('agent')
    .set({ fingerprint: JSON.stringify(fingerprint) })
    .where('id', '=', agentId)
    .execute();
  await trx.deleteFrom('agent_machine').where('agent_id', '=', agentId).execute();
  const rows = machineKeys(fingerprint).map((key) => ({ key, agent_id: agentId }));
  if (rows.length > 0) await trx.insertInto('agent_machine').values(rows).execute();
}

/** What was written by an earlier version and cannot be read any more tells nothing. */
function readFingerprint(stored: unknown): MachineFingerprint {
  return machineFingerprintSchema.safeParse(stored).data ?? { macs: [], diskSerials: [] };
}
