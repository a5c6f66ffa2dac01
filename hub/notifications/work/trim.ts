import { sql } from 'kysely';
import type { Store } from '../../store/index.ts';

const dayMs = 24 * 3_600_000;
/** Days that each is kept. */
const keep = { sent: 30, dead: 90, entries: 90, threads: 30 } as const;
const entriesAPerson = 500;

/** Removes what is long over, and the oldest entries of whoever has more than 500. */
export async function trimNotifications({ db }: Store, nowMs: number): Promise<void> {
  const before = (days: number) => new Date(nowMs - days * dayMs);
  await db
    .deleteFrom('notification_delivery')
    .where('state', 'in', ['sent', 'discarded'])
    .where('ended_at', '<', before(keep.sent))
    .execute();
  await db
    .deleteFrom('notification_delivery')
    .where('state', '=', 'dead')
    .where('ended_at', '<', before(keep.dead))
    .execute();
  await db.deleteFrom('notification_entry').where('updated_at', '<', before(keep.entries)).execute();
  await sql`delete from notification_entry where id in (
    select id from (select id, row_number() over (partition by user_id order by updated_at desc, id desc) as place
      from notification_entry) as placed where place > ${entriesAPerson})`.execute(db);
  await sql`delete from notification_thread where due_at is null and cause_id in (
    select id from cause where resolved_at < ${before(keep.threads)})`.execute(db);
  await db.deleteFrom('notification_target').where('window_from', '<', before(1)).execute();
}
