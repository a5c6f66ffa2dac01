import type { z } from 'zod';
import type {
  NotificationView,
  notificationsPage,
  notificationsQuery,
} from '../../../protocols/api/operation/notifications.ts';
import type { Clock } from '../../../protocols/ports.ts';
import { type Actor, InvalidInputError } from '../../access/index.ts';
import type { Store } from '../../store/index.ts';
import { decodeCursor, pageOfRows } from '../../store/page.ts';
import type { Content } from '../message/content.ts';

/** What stands behind the bell of whoever asks. */
export interface Inbox {
  /** Newest first. */
  listMine(actor: Actor, query: z.output<typeof notificationsQuery>): Promise<z.output<typeof notificationsPage>>;
  /** Marks these, or all, as read; what is somebody else's is passed over. Returns what is left unread. */
  markRead(actor: Actor, ids: readonly string[] | undefined): Promise<{ unread: number }>;
}

export function createInbox(store: Store, clock: Clock, changed: (userIds: readonly string[]) => void): Inbox {
  const mine = (actor: Actor) => store.db.selectFrom('notification_entry').where('user_id', '=', actor.id);
  const countUnread = async (actor: Actor): Promise<number> => {
    const { count } = await mine(actor)
      .where('read_at', 'is', null)
      .select((eb) => eb.fn.countAll<number>().as('count'))
      .executeTakeFirstOrThrow();
    return Number(count);
  };
  return {
    listMine: async (actor, query) => {
      const after = query.cursor === undefined ? undefined : decodeCursor(query.cursor);
      if (query.cursor !== undefined && !after)
        throw new InvalidInputError('cursor', 'This is not a cursor of this list.');
      const rows = query.state === 'unread' ? mine(actor).where('read_at', 'is', null) : mine(actor);
      let page = rows.selectAll().orderBy('updated_at', 'desc').orderBy('id', 'desc');
      if (after) {
        const at = new Date(Number(after.key));
        const id = String(after.id);
        page = page.where((eb) =>
          eb.or([eb('updated_at', '<', at), eb.and([eb('updated_at', '=', at), eb('id', '<', id)])]),
        );
      }
      const fetched = await page.limit(query.limit + 1).execute();
      const { total } = await rows.select((eb) => eb.fn.countAll<number>().as('total')).executeTakeFirstOrThrow();
      const unread = await countUnread(actor);
      const cursorOf = (row: (typeof fetched)[number]) => ({ key: row.updated_at.getTime(), id: row.id });
      return { ...pageOfRows(fetched, query.limit, Number(total), cursorOf, viewOf), unread };
    },
    markRead: async (actor, ids) => {
      let update = store.db
        .updateTable('notification_entry')
        .set({ read_at: new Date(clock.now()) })
        .where('user_id', '=', actor.id)
        .where('read_at', 'is', null);
      if (ids) update = update.where('id', 'in', ids.length === 0 ? [''] : ids);
      await update.execute();
      changed([actor.id]);
      return { unread: await countUnread(actor) };
    },
  };
}

function viewOf(row: {
  id: string;
  content: unknown;
  at: Date;
  updated_at: Date;
  read_at: Date | null;
}): NotificationView {
  const { kind, items, counts, severity, words } = row.content as Content;
  return {
    id: row.id,
    kind,
    severity,
    items: items.map(({ causeId, next, about, resolvedAt, ...item }) => ({
      ...item,
      cause: causeId,
      ...(next ? { next } : {}),
      ...(about === undefined ? {} : { about }),
      ...(resolvedAt === undefined ? {} : { resolvedAt }),
    })),
    counts,
    ...(words ? { words } : {}),
    at: row.at.toISOString(),
    updatedAt: row.updated_at.toISOString(),
    read: row.read_at !== null,
  };
}
