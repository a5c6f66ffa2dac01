import type { Pool } from 'pg';
import { toError } from '../../../protocols/errors.ts';
import type { Clock, Log } from '../../../protocols/ports.ts';

/** Log written since the last checkpoint above which the next one is made. */
const checkpointBytes = 64 * 1024 * 1024;
const everyMs = 30_000;

/**
 * A PostgreSQL in one process has neither checkpointer nor autovacuum: its log and its dead rows would grow for ever.
 * This does both, every half minute when there is something to do.
 */
export function startUpkeep(pool: Pool, clock: Clock, log: Log): AsyncDisposable {
  const stop = new AbortController();
  const loop = async () => {
    let checkpointed = await walPosition(pool);
    while (!stop.signal.aborted) {
      await clock.wait(everyMs, stop.signal);
      try {
        await vacuumWhatNeedsIt(pool);
        const position = await walPosition(pool);
        if (position - checkpointed < checkpointBytes) continue;
        await pool.query('checkpoint');
        checkpointed = position;
      } catch (thrown) {
        log.warn('upkeep of the embedded database failed', { error: toError(thrown) });
      }
    }
  };
  const done = loop().catch((thrown: unknown) => {
    if (!stop.signal.aborted) log.error('upkeep of the embedded database ended', { error: toError(thrown) });
  });
  return {
    [Symbol.asyncDispose]: async () => {
      stop.abort();
      await done;
    },
  };
}

async function walPosition(pool: Pool): Promise<number> {
  const { rows } = await pool.query<{ at: number }>("select (pg_current_wal_lsn() - '0/0')::bigint as at");
  return rows[0]?.at ?? 0;
}

/** The rule of autovacuum: a threshold and a part of the table. */
async function vacuumWhatNeedsIt(pool: Pool): Promise<void> {
  const { rows } = await pool.query<{ name: string }>(
    `select quote_ident(schemaname) || '.' || quote_ident(relname) as name from pg_stat_user_tables
     where n_dead_tup > 500 + 0.2 * n_live_tup or n_ins_since_vacuum > 50000 + 0.5 * n_live_tup limit 20`,
  );
  for (const { name } of rows) await pool.query(`vacuum (analyze) ${name}`);
}
