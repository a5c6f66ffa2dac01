import { type Insertable, sql } from 'kysely';
import type { Queries, Trx } from '../store/index.ts';
import type { Tables } from '../store/tables.ts';
import type { CommandProgress } from './machine.ts';
import { openStates, patienceMs } from './machine.ts';
import type { Load } from './schedule.ts';
import type { CommandRow, PictureFacts } from './view.ts';

/** SQL of commands and pictures; nothing here decides. */

/** The state of a row as its machine sees it. */
export function progressOf(row: CommandRow): CommandProgress {
  return {
    state: row.state,
    notAfterMs: row.not_after.getTime(),
    ...(row.problem ? { problem: row.problem } : {}),
    ...(row.output ? { output: row.output } : {}),
    ...(row.cancel_asked_at ? { isCancelAsked: true } : {}),
  };
}

export async function findCommand(db: Queries, id: string): Promise<CommandRow | undefined> {
  return db.selectFrom('command').selectAll().where('id', '=', id).executeTakeFirst();
}

/** Locks these commands of this agent, so that reports and ticks never overwrite each other. */
export async function lockCommands(trx: Trx, ids: readonly string[], agentId?: string): Promise<CommandRow[]> {
  if (ids.length === 0) return [];
  const query = trx.selectFrom('command').selectAll().where('id', 'in', ids).orderBy('id').forUpdate();
  return (agentId === undefined ? query : query.where('agent_id', '=', agentId)).execute();
}

/** What is written of one command; `notBefore` stays as it is when absent. */
export interface ChangedCommand {
  readonly id: string;
  readonly progress: CommandProgress;
  readonly notBefore?: Date;
}

const writeChunk = 1_000;

/** Writes many in few statements. */
export async function writeProgress(
  trx: Trx,
  changes: readonly ChangedCommand[],
  now: Date,
  cancelledBy: string | null = null,
): Promise<void> {
  for (let from = 0; from < changes.length; from += writeChunk) {
    const part = changes.slice(from, from + writeChunk);
    const json = (value: unknown) => (value === undefined ? null : JSON.stringify(value));
    await sql`
      update command set state = v.state, problem = v.problem::jsonb, output = v.output::jsonb, updated_at = ${now},
        not_after = v.not_after, not_before = coalesce(v.not_before, command.not_before),
        cancel_asked_at = case when v.asked then coalesce(cancel_asked_at, ${now}) else cancel_asked_at end,
        cancelled_by = coalesce(cancelled_by, ${cancelledBy}::text)
      from unnest(
        ${part.map(({ id }) => id)}::text[],
        ${part.map(({ progress }) => progress.state)}::text[],
        ${part.map(({ progress }) => json(progress.problem))}::text[],
        ${part.map(({ progress }) => json(progress.output))}::text[],
        ${part.map(({ progress }) => new Date(progress.notAfterMs))}::timestamptz[],
        ${part.map(({ notBefore }) => notBefore ?? null)}::timestamptz[],
        ${part.map(({ progress }) => progress.isCancelAsked === true)}::boolean[]
      ) as v (id, state, problem, output, not_after, not_before, asked)
      where command.id = v.id`.execute(trx);
  }
}

const insertChunk = 500;

/** Inserts many; one whose id is taken is left out. Returns how many were. */
export async function insertCommands(trx: Trx, rows: readonly Insertable<Tables['command']>[]): Promise<number> {
  let count = 0;
  for (let from = 0; from < rows.length; from += insertChunk) {
    const inserted = await trx
      .insertInto('command')
      .values(rows.slice(from, from + insertChunk))
      .onConflict((conflict) => conflict.column('id').doNothing())
      .executeTakeFirst();
    count += Number(inserted.numInsertedOrUpdatedRows ?? 0);
  }
  return count;
}

/** How many commands that people gave to single devices of a school were made since. */
export async function countSingles(db: Queries, schoolId: number, since: Date): Promise<number> {
  const row = await db
    .selectFrom('command')
    .select(sql<number>`count(*)::int`.as('count'))
    .where('school_id', '=', schoolId)
    .where('created_at', '>', since)
    .where('batch_id', 'is', null)
    .executeTakeFirstOrThrow();
  return row.count;
}

/** What is under way from now on, for those that come to be staggered behind it. */
export async function readLoad(db: Queries, now: Date): Promise<Load> {
  const rows = await db
    .selectFrom('command')
    .select(['school_id', sql<number>`floor(extract(epoch from not_before))::float8`.as('second')])
    .select([sql<number>`count(*)::int`.as('count'), sql<Date>`max(not_before)`.as('last')])
    .where('state', '=', 'queued')
    .where('batch_id', 'is not', null)
    .where('not_before', '>', now)
    .groupBy(['school_id', 'second'])
    .execute();
  const seconds = new Map<number, number>();
  const schools = new Map<number, number>();
  for (const { school_id: school, second, count, last } of rows) {
    seconds.set(Number(second), (seconds.get(Number(second)) ?? 0) + count);
    if (school !== null) schools.set(school, Math.max(schools.get(school) ?? 0, last.getTime()));
  }
  return { seconds, schools };
}

/** Ids of commands whose state has waited past its patience, oldest first; a bounded bite, the next tick takes the next. */
export async function overdueIds(db: Queries, nowMs: number, limit: number): Promise<string[]> {
  const rows = await db
    .selectFrom('command')
    .select('id')
    .where('state', 'in', openStates)
    .where((eb) =>
      eb.or([
        eb.and([eb('state', 'in', ['awaiting-approval', 'queued']), eb('not_after', '<', new Date(nowMs))]),
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
