import type { Queries, Trx } from '../../store/index.ts';
import type { Content } from '../message/content.ts';

/** What stands behind the bell of a person. */

export interface NewEntry {
  readonly id: string;
  readonly userId: string;
  readonly content: Content;
  readonly now: Date;
}

export async function addEntry(db: Queries, { id, userId, content, now }: NewEntry): Promise<void> {
  await db
    .insertInto('notification_entry')
    .values({
      id,
      user_id: userId,
      kind: content.kind,
      severity: content.severity,
      content: JSON.stringify(content),
      at: now,
      updated_at: now,
    })
    .execute();
}

/**
 * Tells at the entry itself how its cause goes on. Growth leaves a read entry read; the end makes it new again, once. False when
 * the entry is gone, or tells of many causes.
 */
export async function updateEntry(trx: Trx, id: string, content: Content, now: Date): Promise<boolean> {
  const { numUpdatedRows } = await trx
    .updateTable('notification_entry')
    .set({
      kind: content.kind,
      severity: content.severity,
      content: JSON.stringify(content),
      updated_at: now,
      ...(content.kind === 'update' ? {} : { read_at: null }),
    })
    .where('id', '=', id)
    .where('kind', '<>', 'digest')
    .executeTakeFirst();
  return numUpdatedRows > 0n;
}
