import { sql } from 'kysely';
import type { Trx } from './store.ts';

/** Takes a named job for this transaction, over all hubs of one database; false when another has it. */
export async function tryLock(trx: Trx, name: string): Promise<boolean> {
  const { rows } = await sql<{ taken: boolean }>`
    select pg_try_advisory_xact_lock(hashtext('edufleet'), hashtext(${name})) as taken`.execute(trx);
  return rows[0]?.taken === true;
}
