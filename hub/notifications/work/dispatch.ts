import { sql } from 'kysely';
import { FatalError } from '../../../protocols/errors.ts';
import type { Clock, Log } from '../../../protocols/ports.ts';
import type { Sealer, Store } from '../../store/index.ts';
import type { Channel, EndpointRecipient, MailRecipient } from '../channels/channel.ts';
import { wordOf } from '../message/content.ts';
import type { Language, Reader } from '../message/text.ts';
import { type Delivery, insertDelivery, messageOf } from './deliveries.ts';
import { addEntry } from './entries.ts';
import { defaultReader } from './recipients.ts';

/** The channels that this hub has; one that is not set up is missing. */
export interface Channels {
  readonly mail: Channel<MailRecipient> | undefined;
  readonly zalo: Channel<string> | undefined;
  readonly webhook: Channel<EndpointRecipient>;
}

export interface DispatchDeps {
  readonly store: Store;
  readonly channels: Channels;
  readonly sealer: Sealer;
  readonly clock: Clock;
  readonly log: Log;
  readonly newId: () => string;
  /** These people have something new at their bell. */
  readonly told: (userIds: readonly string[]) => void;
}

/** Carries deliveries to their channels, and keeps what became of webhook endpoints. */
export interface Dispatch {
  send(delivery: Delivery, signal: AbortSignal): Promise<void>;
  settled(delivery: Delivery, failure: { readonly code: string; readonly message: string } | undefined): Promise<void>;
}

/** An endpoint that took nothing for so long is turned off. */
const mostFailingMs = 3 * 24 * 3_600_000;

export const endpointPlace = (id: string) => ({ table: 'notification_endpoint', row: id, version: 1 });

interface Recipient extends Reader {
  readonly name: string;
  readonly email: string;
  readonly zaloUserId: string | null;
}

export function createDispatch({ store, channels, sealer, clock, log, newId, told }: DispatchDeps): Dispatch {
  const recipientOf = async (userId: string | null): Promise<Recipient> => {
    const { rows } = await sql<{
      name: string;
      email: string;
      language: Language | null;
      timeZone: string | null;
      zaloUserId: string | null;
    }>`
      select auth_user.name, auth_user.email, p.language, p.time_zone as "timeZone", p.zalo_user_id as "zaloUserId"
      from auth_user left join notification_preference p on p.user_id = auth_user.id
        left join person on person.user_id = auth_user.id
      where auth_user.id = ${userId} and person.disabled_at is null`.execute(store.db);
    const [row] = rows;
    if (!row) throw new FatalError('recipient-gone', 'This person is not here any more.');
    return {
      ...row,
      language: row.language ?? defaultReader.language,
      timeZone: row.timeZone ?? defaultReader.timeZone,
    };
  };

  const toEndpoint = async (delivery: Delivery, signal: AbortSignal) => {
    const row = await store.db
      .selectFrom('notification_endpoint')
      .select(['id', 'url', 'secret', 'disabled_at'])
      .where('id', '=', delivery.endpoint_id ?? '')
      .executeTakeFirst();
    if (!row) throw new FatalError('recipient-gone', 'This endpoint is not here any more.');
    if (row.disabled_at) throw new FatalError('endpoint-disabled', 'This endpoint is turned off.');
    const secret = sealer.open(endpointPlace(row.id), row.secret).toString('utf8');
    const reader: Reader = { language: 'en', timeZone: 'UTC' };
    await channels.webhook.send({ ...messageOf(delivery), reader }, { url: row.url, secret }, signal);
  };

  /** Turned off once; its owner is told at the bell and by e-mail. */
  const disable = async (endpointId: string, why: string) => {
    const now = new Date(clock.now());
    const owner = await store.transaction(async (trx) => {
      const row = await trx
        .updateTable('notification_endpoint')
        .set({ disabled_at: now, disabled_why: why.slice(0, 300) })
        .where('id', '=', endpointId)
        .where('disabled_at', 'is', null)
        .returning(['owner_id', 'name', 'unit_id'])
        .executeTakeFirst();
      if (!row) return undefined;
      const known = await sql`select from auth_user where id = ${row.owner_id}`.execute(trx);
      if (known.rows.length === 0) return undefined;
      const content = wordOf(
        { vi: `Đã tắt webhook “${row.name}”`, en: `Webhook “${row.name}” was turned off` },
        {
          vi: `Địa chỉ nhận của webhook “${row.name}” không nhận tin trong thời gian dài nên đã bị tắt. Sửa bên nhận rồi bật lại trong Quản trị, Kênh thông báo. Lý do cuối: ${why}`,
          en: `Webhook “${row.name}” took nothing for a long time and was turned off. Put the receiver right, then turn it on again under Admin, Notification channels. Last reason: ${why}`,
        },
      );
      await addEntry(trx, { id: newId(), userId: row.owner_id, content, now });
      if (channels.mail)
        await insertDelivery(trx, {
          id: newId(),
          target: `email:${row.owner_id}`,
          channel: 'email',
          userId: row.owner_id,
          endpointId: null,
          unitId: row.unit_id,
          subject: content.words?.title.vi ?? '',
          content,
          afterId: null,
          now,
        });
      return row.owner_id;
    });
    if (owner === undefined) return;
    log.warn('a webhook endpoint was turned off', { endpoint: endpointId });
    told([owner]);
  };

  return {
    send: async (delivery, signal) => {
      if (delivery.channel === 'webhook') return toEndpoint(delivery, signal);
      const { name, email, zaloUserId, language, timeZone } = await recipientOf(delivery.user_id);
      const message = { ...messageOf(delivery), reader: { language, timeZone } };
      if (delivery.channel === 'email') {
        if (!channels.mail) throw new FatalError('channel-not-set-up', 'This hub has no mail server.');
        return channels.mail.send(message, { name, email }, signal);
      }
      if (!channels.zalo) throw new FatalError('channel-not-set-up', 'This hub has no official account of Zalo.');
      if (zaloUserId === null) throw new FatalError('recipient-gone', 'This person gave no id at Zalo.');
      return channels.zalo.send(message, zaloUserId, signal);
    },
    settled: async ({ endpoint_id: endpointId }, failure) => {
      if (endpointId === null) return;
      const now = new Date(clock.now());
      if (!failure) {
        await store.db
          .updateTable('notification_endpoint')
          .set({ failing_since: null, last_success_at: now })
          .where('id', '=', endpointId)
          .execute();
        return;
      }
      const row = await store.db
        .updateTable('notification_endpoint')
        .set((eb) => ({ failing_since: eb.fn.coalesce('failing_since', eb.val(now)) }))
        .where('id', '=', endpointId)
        .returning('failing_since')
        .executeTakeFirst();
      const failingMs = now.getTime() - (row?.failing_since ?? now).getTime();
      if (failure.code === 'endpoint-gone' || failingMs >= mostFailingMs) await disable(endpointId, failure.message);
    },
  };
}
