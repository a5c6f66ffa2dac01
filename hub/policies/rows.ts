import { sql } from 'kysely';
import type { Descriptor } from '../../protocols/fleet/record.ts';
import type { Queries, Store, Trx } from '../store/index.ts';

/** A policy as the database has it; the path of its unit is the organisation's to say. */
export type PolicyRow = Awaited<ReturnType<typeof readPolicies>>[number];

export function readPolicies(db: Queries) {
  return db.selectFrom('policy').selectAll().orderBy('id').execute();
}

export function lockPolicy(trx: Trx, id: number): Promise<PolicyRow | undefined> {
  return trx.selectFrom('policy').selectAll().where('id', '=', id).forUpdate().executeTakeFirst();
}

/** Ids in one question. */
const mostIds = 5_000;

/** What devices offer, by their last descriptor; a device that never answered is not there. */
export async function readOffers(
  store: Store,
  deviceIds: readonly string[],
): Promise<ReadonlyMap<string, Descriptor['capabilities']>> {
  const found = new Map<string, Descriptor['capabilities']>();
  for (let from = 0; from < deviceIds.length; from += mostIds) {
    const rows = await store.db
      .selectFrom('inventory')
      .select(['device_id', sql<Descriptor['capabilities'] | null>`descriptor -> 'capabilities'`.as('offers')])
      .where('device_id', 'in', deviceIds.slice(from, from + mostIds))
      .execute();
    for (const { device_id: id, offers } of rows) if (offers) found.set(id, offers);
  }
  return found;
}

/** How often devices told an event since then. */
export async function countEvents(
  store: Store,
  deviceIds: readonly string[],
  event: { readonly capability: string; readonly name: string; readonly since: Date },
): Promise<number> {
  let total = 0;
  for (let from = 0; from < deviceIds.length; from += mostIds) {
    const { count } = await store.db
      .selectFrom('event')
      .select((e) => e.fn.countAll<number>().as('count'))
      .where('device_id', 'in', deviceIds.slice(from, from + mostIds))
      .where('capability', '=', event.capability)
      .where('name', '=', event.name)
      .where('at', '>=', event.since)
      .executeTakeFirstOrThrow();
    total += count;
  }
  return total;
}
