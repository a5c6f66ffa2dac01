import { type SqlBool, sql } from 'kysely';
import type { z } from 'zod';
import type {
  DeadLetter,
  deadLettersPage,
  deadLettersQuery,
} from '../../../protocols/api/operation/notification-channels.ts';
import type { Clock } from '../../../protocols/ports.ts';
import { type Actor, InvalidInputError, NotFoundError, type Scope, scopeCondition } from '../../access/index.ts';
import type { Queries, Store, Trx } from '../../store/index.ts';
import { decodeCursor, pageOfRows } from '../../store/page.ts';

/** What could not be delivered, for a person to decide upon. A message about many places is for those who see the whole province. */
export interface DeadLetters {
  listDead(scope: Scope, query: z.output<typeof deadLettersQuery>): Promise<z.output<typeof deadLettersPage>>;
  /** One more attempt for each. Throws NotFoundError when one of them is not there, and sends none then. */
  resend(scope: Scope, actor: Actor, ids: readonly string[]): Promise<number>;
  discard(scope: Scope, actor: Actor, ids: readonly string[]): Promise<number>;
}

export function createDeadLetters(store: Store, clock: Clock): DeadLetters {
  const change = (scope: Scope, ids: readonly string[], work: (trx: Trx, wanted: readonly string[]) => Promise<void>) =>
    store.transaction(async (trx) => {
      const wanted = [...new Set(ids)];
      const rows = await deadIn(trx, scope).select('delivery.id').where('delivery.id', 'in', wanted).execute();
      if (rows.length !== wanted.length) throw new NotFoundError();
      await work(trx, wanted);
      return wanted.length;
    });
  return {
    listDead: (scope, query) => list(store, scope, query),
    resend: (scope, actor, ids) =>
      change(scope, ids, async (trx, wanted) => {
        await trx
          .updateTable('notification_delivery')
          .set({ state: 'pending', next_at: new Date(clock.now()), ended_at: null, ended_by: actor.id })
          .where('id', 'in', wanted)
          .execute();
      }),
    discard: (scope, actor, ids) =>
      change(scope, ids, async (trx, wanted) => {
        await trx
          .updateTable('notification_delivery')
          .set({ state: 'discarded', ended_at: new Date(clock.now()), ended_by: actor.id })
          .where('id', 'in', wanted)
          .execute();
      }),
  };
}

function deadIn(db: Queries, scope: Scope) {
  const wholeProvince = sql<SqlBool>`delivery.unit_id is null and exists (
    select from unit as root where root.parent_id is null and ${scopeCondition(scope, 'root.path')})`;
  return db
    .selectFrom('notification_delivery as delivery')
    .leftJoin('unit', 'unit.id', 'delivery.unit_id')
    .where('delivery.state', '=', 'dead')
    .where(sql<SqlBool>`(${scopeCondition(scope, 'unit.path')} or (${wholeProvince}))`);
}

async function list({ db }: Store, scope: Scope, query: z.output<typeof deadLettersQuery>) {
  const after = query.cursor === undefined ? undefined : decodeCursor(query.cursor);
  if (query.cursor !== undefined && !after) throw new InvalidInputError('cursor', 'This is not a cursor of this list.');
  let page = deadIn(db, scope)
    .leftJoin('notification_endpoint as endpoint', 'endpoint.id', 'delivery.endpoint_id')
    .selectAll('delivery')
    .select([
      'endpoint.name as endpoint',
      sql<string | null>`(select auth_user.name from auth_user where auth_user.id = delivery.user_id)`.as('person'),
    ])
    .orderBy('delivery.ended_at', 'desc')
    .orderBy('delivery.id', 'desc');
  if (after) {
    const at = new Date(Number(after.key));
    const id = String(after.id);
    page = page.where((eb) =>
      eb.or([eb('delivery.ended_at', '<', at), eb.and([eb('delivery.ended_at', '=', at), eb('delivery.id', '<', id)])]),
    );
  }
  const fetched = await page.limit(query.limit + 1).execute();
  const { total } = await deadIn(db, scope)
    .select((eb) => eb.fn.countAll<number>().as('total'))
    .executeTakeFirstOrThrow();
  const attempts = await attemptsOf(
    db,
    fetched.map(({ id }) => id),
  );
  return pageOfRows(
    fetched,
    query.limit,
    Number(total),
    (row) => ({ key: (row.ended_at ?? row.created_at).getTime(), id: row.id }),
    (row): DeadLetter => ({
      id: row.id,
      channel: row.channel,
      recipient: row.endpoint ?? row.person ?? row.target,
      kind: row.kind,
      subject: row.subject,
      createdAt: row.created_at.toISOString(),
      endedAt: (row.ended_at ?? row.created_at).toISOString(),
      code: row.problem_code ?? 'unknown',
      problem: row.problem ?? '',
      attempts: attempts.get(row.id) ?? [],
    }),
  );
}

async function attemptsOf(db: Queries, ids: readonly string[]): Promise<Map<string, DeadLetter['attempts']>> {
  if (ids.length === 0) return new Map();
  const rows = await db
    .selectFrom('notification_attempt')
    .selectAll()
    .where('delivery_id', 'in', ids)
    .orderBy('number')
    .execute();
  const views = rows.map((row) => ({
    id: row.delivery_id,
    at: row.at.toISOString(),
    ...(row.ended_at ? { endedAt: row.ended_at.toISOString() } : {}),
    ...(row.problem_code === null ? {} : { code: row.problem_code }),
    ...(row.problem === null ? {} : { problem: row.problem }),
  }));
  return new Map(
    [...Map.groupBy(views, ({ id }) => id)].map(([id, own]) => [id, own.map(({ id: _id, ...attempt }) => attempt)]),
  );
}
