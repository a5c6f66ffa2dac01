import { sql } from 'kysely';
import type { Queries } from '../../store/index.ts';
import { type Capabilities, isSwitchedDaily } from '../judgement/expectation.ts';

/** Devices that people switch on and off day by day, by what they say they can do; of all, or of these. */
export async function readSwitchedDaily(db: Queries, ids?: readonly string[]): Promise<ReadonlySet<string>> {
  let rows = db
    .selectFrom('inventory')
    .select(['device_id', sql<Capabilities>`descriptor->'capabilities'`.as('capabilities')])
    .where(sql<boolean>`descriptor->'capabilities'->'power' is not null`);
  if (ids) rows = rows.where('device_id', 'in', [...ids]);
  const found = ids?.length === 0 ? [] : await rows.execute();
  return new Set(found.filter((row) => isSwitchedDaily(row.capabilities)).map((row) => row.device_id));
}
