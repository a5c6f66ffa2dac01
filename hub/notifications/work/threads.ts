import { type Selectable, sql } from 'kysely';
import type { Queries, Trx } from '../../store/index.ts';
import type { NotificationTables } from '../../store/tables/notification.ts';
import type { Thread } from '../decision/settle.ts';
import type { Load } from '../decision/storm.ts';

/** A thread with whose it is, and where it hangs. */
export interface StoredThread extends Thread {
  readonly target: string;
  readonly causeId: string;
  /** Delivery or entry of the opening. */
  readonly rootId: string | undefined;
  readonly rootSubject: string | undefined;
}

const chunk = 1_000;

export async function readThreads(db: Queries, causeIds: readonly string[]): Promise<StoredThread[]> {
  const found: StoredThread[] = [];
  for (let from = 0; from < causeIds.length; from += chunk) {
    const ids = causeIds.slice(from, from + chunk);
    const rows = await db.selectFrom('notification_thread').selectAll().where('cause_id', 'in', ids).execute();
    found.push(...rows.map(threadOf));
  }
  return found;
}

/** What is due for these targets. */
export async function readDueOf(db: Queries, targets: readonly string[], now: Date): Promise<StoredThread[]> {
  if (targets.length === 0) return [];
  const rows = await db
    .selectFrom('notification_thread')
    .selectAll()
    .where('target', 'in', targets)
    .where('due_at', '<=', now)
    .orderBy('due_at')
    .orderBy('cause_id')
    .execute();
  return rows.map(threadOf);
}

export async function writeThreads(trx: Trx, threads: readonly StoredThread[]): Promise<void> {
  for (let from = 0; from < threads.length; from += chunk) {
    const rows = threads.slice(from, from + chunk).map((thread) => ({
      target: thread.target,
      cause_id: thread.causeId,
      stage: thread.stage,
      due_what: thread.due?.what ?? null,
      due_at: thread.due ? new Date(thread.due.atMs).toISOString() : null,
      due_in_digest: thread.due?.inDigest ?? false,
      told_affected: thread.toldAffected,
      told_severity: thread.toldSeverity ?? null,
      told_at: thread.toldAtMs === undefined ? null : new Date(thread.toldAtMs).toISOString(),
      root_id: thread.rootId ?? null,
      root_subject: thread.rootSubject ?? null,
    }));
    // One statement a thousand rows: a storm over a province writes many.
    await sql`insert into notification_thread
      select * from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as row (target text, cause_id text, stage text,
        due_what text, due_at timestamptz, due_in_digest boolean, told_affected integer, told_severity text,
        told_at timestamptz, root_id text, root_subject text)
      on conflict (target, cause_id) do update set stage = excluded.stage, due_what = excluded.due_what,
        due_at = excluded.due_at, due_in_digest = excluded.due_in_digest, told_affected = excluded.told_affected,
        told_severity = excluded.told_severity, told_at = excluded.told_at, root_id = excluded.root_id,
        root_subject = excluded.root_subject`.execute(trx);
  }
}

export async function readLoads(db: Queries, targets: readonly string[]): Promise<Map<string, Load>> {
  if (targets.length === 0) return new Map();
  const rows = await db.selectFrom('notification_target').selectAll().where('target', 'in', targets).execute();
  return new Map(
    rows.map((row) => [
      row.target,
      {
        windowFromMs: row.window_from.getTime(),
        singles: row.singles,
        gatherUntilMs: row.gather_until?.getTime(),
        digestAtMs: row.digest_at?.getTime(),
      },
    ]),
  );
}

export async function writeLoads(trx: Trx, loads: ReadonlyMap<string, Load>): Promise<void> {
  const dateOf = (ms: number | undefined) => (ms === undefined ? null : new Date(ms));
  for (const [target, load] of loads) {
    const row = {
      window_from: new Date(load.windowFromMs),
      singles: load.singles,
      gather_until: dateOf(load.gatherUntilMs),
      digest_at: dateOf(load.digestAtMs),
    };
    await trx
      .insertInto('notification_target')
      .values({ target, ...row })
      .onConflict((conflict) => conflict.column('target').doUpdateSet(row))
      .execute();
  }
}

function threadOf(row: Selectable<NotificationTables['notification_thread']>): StoredThread {
  return {
    target: row.target,
    causeId: row.cause_id,
    stage: row.stage,
    due:
      row.due_what && row.due_at
        ? { what: row.due_what, atMs: row.due_at.getTime(), inDigest: row.due_in_digest }
        : undefined,
    toldAffected: row.told_affected,
    toldSeverity: row.told_severity ?? undefined,
    toldAtMs: row.told_at?.getTime(),
    rootId: row.root_id ?? undefined,
    rootSubject: row.root_subject ?? undefined,
  };
}
