import { randomUUID } from 'node:crypto';
import { type Selectable, type SqlBool, sql } from 'kysely';
import { type Queries, type Store, type Trx, tryLock } from '../../store/index.ts';
import type { MessageKind, NotificationTables } from '../../store/tables/notification.ts';
import type { Outgoing } from '../channels/channel.ts';
import type { Content } from '../message/content.ts';

/** SQL of deliveries: what waits to be sent, who has it in hand, and how it ended. */

export interface NewDelivery {
  readonly id: string;
  readonly target: string;
  readonly channel: 'email' | 'zalo' | 'webhook';
  readonly userId: string | null;
  readonly endpointId: string | null;
  readonly unitId: number | null;
  readonly subject: string;
  readonly content: Content;
  readonly afterId: string | null;
  readonly now: Date;
}

export async function insertDelivery(db: Queries, delivery: NewDelivery): Promise<void> {
  await db
    .insertInto('notification_delivery')
    .values({
      id: delivery.id,
      target: delivery.target,
      channel: delivery.channel,
      user_id: delivery.userId,
      endpoint_id: delivery.endpointId,
      unit_id: delivery.unitId,
      kind: delivery.content.kind,
      subject: delivery.subject,
      content: JSON.stringify(delivery.content),
      after_id: delivery.afterId,
      next_at: delivery.now,
      created_at: delivery.now,
    })
    .execute();
}

export interface Root {
  readonly state: Delivery['state'];
  readonly attempts: number;
  readonly kind: MessageKind;
}

/** How the deliveries stand that opened threads. */
export async function readRoots(db: Queries, ids: readonly string[]): Promise<Map<string, Root>> {
  if (ids.length === 0) return new Map();
  const rows = await db
    .selectFrom('notification_delivery')
    .select(['id', 'state', 'attempts', 'kind'])
    .where('id', 'in', ids)
    .execute();
  return new Map(rows.map(({ id, ...root }) => [id, root]));
}

/** The cause was over before its opening left. */
export async function cancelOpening(trx: Trx, id: string, now: Date): Promise<void> {
  await trx
    .updateTable('notification_delivery')
    .set({
      state: 'discarded',
      ended_at: now,
      problem_code: 'over-before',
      problem: 'The cause was over before this was sent.',
    })
    .where('id', '=', id)
    .where('state', '=', 'pending')
    .where('attempts', '=', 0)
    .execute();
}

export type Delivery = Selectable<NotificationTables['notification_delivery']>;

export interface Lease {
  readonly token: string;
  readonly deliveries: readonly Delivery[];
}

/** A sender that says nothing for so long has ended; what it had in hand is sent again, with the same id. */
const leaseMs = 2 * 60_000;

/**
 * Takes deliveries in hand, under a lock over all hubs: each is with one sender at a time. The attempt is written down before it
 * is made. A follow-up waits for its opening, and goes with it when that was given up.
 */
export async function takeDeliveries(store: Store, nowMs: number, limit: number): Promise<Lease> {
  const token = randomUUID();
  const now = new Date(nowMs);
  const deliveries = await store.transaction(async (trx) => {
    if (!(await tryLock(trx, 'notification deliveries'))) return [];
    await dropOrphans(trx, now);
    const rows = await trx
      .selectFrom('notification_delivery as delivery')
      .selectAll('delivery')
      .where('delivery.state', '=', 'pending')
      .where('delivery.next_at', '<=', now)
      .where((eb) => eb.or([eb('delivery.leased_until', 'is', null), eb('delivery.leased_until', '<=', now)]))
      .where(
        sql<SqlBool>`(delivery.after_id is null or not exists (select from notification_delivery before
          where before.id = delivery.after_id and before.state = 'pending'))`,
      )
      .orderBy('delivery.next_at')
      .orderBy('delivery.id')
      .limit(limit)
      .execute();
    if (rows.length === 0) return [];
    const ids = rows.map(({ id }) => id);
    await trx
      .updateTable('notification_delivery')
      .set((eb) => ({ lease: token, leased_until: new Date(nowMs + leaseMs), attempts: eb('attempts', '+', 1) }))
      .where('id', 'in', ids)
      .execute();
    await trx
      .insertInto('notification_attempt')
      .values(rows.map(({ id, attempts }) => ({ delivery_id: id, number: attempts + 1, at: now })))
      .execute();
    return rows.map((row) => ({ ...row, attempts: row.attempts + 1 }));
  });
  return { token, deliveries };
}

async function dropOrphans(trx: Trx, now: Date): Promise<void> {
  await sql`update notification_delivery set state = 'discarded', ended_at = ${now}, problem_code = 'opening-not-delivered',
      problem = 'What it goes on with was not delivered.'
    where state = 'pending' and after_id in (select id from notification_delivery where state in ('dead', 'discarded'))`.execute(
    trx,
  );
}

export interface Outcome {
  readonly delivery: Delivery;
  readonly token: string;
  readonly nowMs: number;
  /** Undefined when it was sent. */
  readonly failure:
    | { readonly code: string; readonly message: string; readonly retryAtMs: number | undefined }
    | undefined;
}

/** Writes down how an attempt ended. False when the lease had passed to another sender meanwhile. */
export async function markDelivery(store: Store, { delivery, token, nowMs, failure }: Outcome): Promise<boolean> {
  const now = new Date(nowMs);
  const problem = { problem_code: failure?.code ?? null, problem: failure?.message.slice(0, 500) ?? null };
  const retryAtMs = failure?.retryAtMs;
  const next =
    failure && retryAtMs !== undefined
      ? { state: 'pending' as const, next_at: new Date(retryAtMs), ...problem }
      : { state: failure ? ('dead' as const) : ('sent' as const), ended_at: now, ...problem };
  return store.transaction(async (trx) => {
    const { numUpdatedRows } = await trx
      .updateTable('notification_delivery')
      .set({ ...next, lease: null, leased_until: null })
      .where('id', '=', delivery.id)
      .where('lease', '=', token)
      .executeTakeFirst();
    await trx
      .updateTable('notification_attempt')
      .set({ ended_at: now, ...problem })
      .where('delivery_id', '=', delivery.id)
      .where('number', '=', delivery.attempts)
      .execute();
    return numUpdatedRows > 0n;
  });
}

/** The message of a delivery, without its reader. */
export function messageOf(delivery: Delivery): Omit<Outgoing, 'reader'> {
  return {
    id: delivery.id,
    subject: delivery.subject,
    content: delivery.content as Content,
    rootId: delivery.after_id ?? undefined,
    createdAtMs: delivery.created_at.getTime(),
  };
}
