import { sql } from 'kysely';
import type { Queries, Trx } from '../store/index.ts';
import type { CommandProgress } from './machine.ts';
import { openStates, patienceMs } from './machine.ts';
import type { CommandRow, PictureFacts } from './view.ts';

/** SQL of commands and pictures; nothing here decides. */

/** The state of a row as its machine sees it. */
export function progressOf(row: CommandRow): CommandProgress {
  return {
    state: row.state,
    notAfterMs: row.not_after.getTime(),
    ...(row.problem ? { problem: row.problem } : {}),
    ...(row.output ? { output: row.output } : {}),
  };
}

export async function findCommand(db: Queries, id: string): Promise<CommandRow | undefined> {
  return db.selectFrom('command').selectAll().where('id', '=', id).executeTakeFirst();
}

/** Locks these commands of this agent, so that reports and ticks never overwrite each other. */
export function lockCommands(trx: Trx, ids: readonly string[], agentId?: string): Promise<CommandRow[]> {
  const query = trx.selectFrom('command').selectAll().where('id', 'in', ids).orderBy('id').forUpdate();
  return (agentId === undefined ? query : query.where('agent_id', '=', agentId)).execute();
}

export async function writeProgress(trx: Trx, id: string, progress: CommandProgress, now: Date): Promise<void> {
  await trx
    .updateTable('command')
    .set({
      state: progress.state,
      updated_at: now,
      problem: progress.problem ? JSON.stringify(progress.problem) : null,
      output: progress.output ? JSON.stringify(progress.output) : null,
    })
    .where('id', '=', id)
    .execute();
}

/** How many commands of this agent and of this device are still open. */
export async function countOpen(trx: Trx, agentId: string, deviceId: string) {
  const row = await trx
    .selectFrom('command')
    .select([
      sql<number>`count(*)::int`.as('agent'),
      sql<number>`count(*) filter (where device_id = ${deviceId})::int`.as('device'),
    ])
    .where('agent_id', '=', agentId)
    .where('state', 'in', openStates)
    .executeTakeFirstOrThrow();
  return row;
}

/** Commands that the device itself declared for a capability; undefined when it never described itself. */
export async function declaredCommands(
  trx: Trx,
  deviceId: string,
  capability: string,
): Promise<readonly string[] | undefined> {
  const row = await trx
    .selectFrom('inventory')
    .select('descriptor')
    .where('device_id', '=', deviceId)
    .executeTakeFirst();
  if (!row) return undefined;
  const { capabilities } = row.descriptor;
  return Object.hasOwn(capabilities, capability) ? capabilities[capability]?.commands : [];
}

/** Ids of commands whose state has waited past its patience, oldest first; a bounded bite, the next tick takes the next. */
export async function overdueIds(db: Queries, nowMs: number, limit: number): Promise<string[]> {
  const rows = await db
    .selectFrom('command')
    .select('id')
    .where('state', 'in', openStates)
    .where((eb) =>
      eb.or([
        eb.and([eb('state', '=', 'queued'), eb('not_after', '<', new Date(nowMs))]),
        eb.and([eb('state', '=', 'sent'), eb('not_after', '<', new Date(nowMs - patienceMs.sent))]),
        eb('not_after', '<', new Date(nowMs - patienceMs.begun)),
      ]),
    )
    .orderBy('not_after')
    .limit(limit)
    .execute();
  return rows.map((row) => row.id);
}

export async function pictureFacts(db: Queries, ids: readonly string[], now: Date): Promise<Map<string, PictureFacts>> {
  if (ids.length === 0) return new Map();
  const rows = await db
    .selectFrom('picture')
    .select(['command_id', 'content_type', 'taken_at', 'expires_at', sql<number>`octet_length(bytes)`.as('size')])
    .where('command_id', 'in', ids)
    .where('expires_at', '>', now)
    .execute();
  return new Map(
    rows.map((row) => [
      row.command_id,
      { contentType: row.content_type, sizeBytes: row.size, takenAt: row.taken_at, expiresAt: row.expires_at },
    ]),
  );
}
