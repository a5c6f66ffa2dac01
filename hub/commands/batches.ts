import { randomUUID } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import type { z } from 'zod';
import type {
  BatchesQuery,
  BatchPreview,
  CommandBatch,
  decideBatchBody,
} from '../../protocols/api/operation/commands.ts';
import {
  type Actor,
  ConflictError,
  ForbiddenError,
  InvalidInputError,
  inScope,
  NotFoundError,
  type Scope,
  scopeCondition,
} from '../access/index.ts';
import { afterCommit, type Trx } from '../store/index.ts';
import { type Page, pageOfRows } from '../store/page.ts';
import { type BatchPlan, type BatchRequest, planBatch, previewOf } from './batch-plan.ts';
import { type BatchRow, countStates, findBatch, pathOfBatch, viewOfBatch } from './batch-rows.ts';
import { timeCursor } from './lists.ts';
import { advance, openStates } from './machine.ts';
import { type CommandContext, queuedChannel } from './ports.ts';
import { checkRequest } from './request.ts';
import { insertCommands, progressOf, readLoad, writeProgress } from './rows.ts';
import { stagger } from './schedule.ts';
import { approvalMs } from './single.ts';
import { step } from './steps.ts';

type Decision = z.output<typeof decideBatchBody>;

/** One wish for many devices, or for a second person to agree to. */
export interface Batches {
  preview(scope: Scope, actor: Actor, body: BatchRequest): Promise<BatchPreview>;
  create(scope: Scope, actor: Actor, body: BatchRequest): Promise<CommandBatch>;
  get(scope: Scope, actor: Actor, id: string): Promise<CommandBatch>;
  list(scope: Scope, actor: Actor, query: BatchesQuery): Promise<Page<CommandBatch>>;
  decide(scope: Scope, actor: Actor, id: string, body: Decision): Promise<CommandBatch>;
  cancel(scope: Scope, actor: Actor, id: string): Promise<CommandBatch>;
}

export function createBatches(context: CommandContext): Batches {
  const { store, audit, bus, clock } = context;

  /** Throws NotFoundError in the same words for what is not there and for what is elsewhere. */
  const inSight = async (scope: Scope, actor: Actor, id: string): Promise<BatchRow> => {
    const row = await findBatch(store.db, id);
    const path = row && pathOfBatch(context, row);
    const isHere = path !== undefined && inScope(scope, path);
    // Their own wish may span schools that only a unit above their scope holds.
    if (!row || !(isHere || (row.created_by_id === actor.id && scope.paths.length > 0))) throw new NotFoundError();
    return row;
  };
  const view = async (actor: Actor, row: BatchRow) =>
    viewOfBatch(context, actor, row, (await countStates(store.db, [row.id])).get(row.id) ?? {});
  const again = async (actor: Actor, row: BatchRow) => view(actor, (await findBatch(store.db, row.id)) ?? row);
  const told = (trx: Trx, id: string, path: string | undefined) =>
    afterCommit(trx, () => bus.publish({ type: 'commands-changed', batch: id }, path));
  const lockRows = (trx: Trx, id: string) =>
    trx
      .selectFrom('command')
      .selectAll()
      .where('batch_id', '=', id)
      .where('state', 'in', openStates)
      .orderBy('created_at')
      .orderBy('id')
      .forUpdate()
      .execute();

  const insert = (actor: Actor, id: string, unitId: number, body: BatchRequest, plan: BatchPlan) =>
    store.transaction(async (trx) => {
      const now = new Date(clock.now());
      const { included, exclusions, needsApproval } = plan;
      const made = await trx
        .insertInto('command_batch')
        .values({
          ...sharedOf(actor, body, plan, now),
          id,
          unit_id: unitId,
          single: false,
          total: included.length,
          exclusions: JSON.stringify(exclusions),
          expires_in: body.expiresInSeconds,
          approval: needsApproval ? 'awaiting' : 'none',
          approve_before: needsApproval ? deadlineOf(now) : null,
        })
        .onConflict((conflict) => conflict.column('id').doNothing())
        .executeTakeFirst();
      if (Number(made.numInsertedOrUpdatedRows ?? 0) === 0) return;
      const rows = rowsOf(id, actor, body, plan, now);
      await insertCommands(trx, rows);
      told(trx, id, context.organisation.pathOf(unitId));
    });

  const approve = async (trx: Trx, { id, expires_in }: BatchRow) => {
    const rows = (await lockRows(trx, id)).filter(({ state }) => state === 'awaiting-approval');
    const now = clock.now();
    const schools = rows.map(({ school_id: school }) => school ?? undefined);
    const moments = stagger(schools, await readLoad(trx, new Date(now)), now);
    const changes = rows.map((row, index) => {
      const at = moments[index] ?? now;
      const input = { type: 'approve', notAfterMs: at + expires_in * 1000 } as const;
      return { id: row.id, progress: advance(progressOf(row), input), notBefore: new Date(at) };
    });
    await writeProgress(trx, changes, new Date(now));
  };

  return {
    preview: async (scope, actor, body) => {
      const plan = await planBatch(context, scope, actor, body);
      return previewOf(plan, actor.scopeFor('override').paths.length > 0, clock.now());
    },

    create: async (scope, actor, body) => {
      if (body.reason === undefined)
        throw new InvalidInputError('reason', 'say in a few words why, for so many devices');
      const known = body.id === undefined ? undefined : await findBatch(store.db, body.id);
      if (known) return view(actor, requireSame(known, actor, body));
      const plan = await planBatch(context, scope, actor, body);
      if (plan.included.length === 0)
        throw new InvalidInputError('target', 'no device would get this; the dry run says why');
      const id = body.id ?? randomUUID();
      const unitId = sharedUnit(plan.included.map(({ candidate }) => candidate.unitPath));
      await audit.append({
        actor: actor.id,
        action: 'command.bulk',
        subject: `command-batch:${id}`,
        unitId,
        ...(body.reason === undefined ? {} : { reason: body.reason }),
        detail: {
          capability: body.capability,
          name: body.name,
          args: plan.args,
          devices: plan.included.length,
          excluded: Object.fromEntries(plan.exclusions.map(({ code, count }) => [code, count])),
          forced: plan.included.filter(({ forced }) => forced.length > 0).length,
          ...(plan.needsApproval ? { awaits: 'approval' } : {}),
        },
      });
      await insert(actor, id, unitId, body, plan);
      const row = await findBatch(store.db, id);
      if (!row) throw new NotFoundError();
      return view(actor, requireSame(row, actor, body));
    },

    get: async (scope, actor, id) => view(actor, await inSight(scope, actor, id)),

    list: async (scope, actor, query) => {
      const after = timeCursor(query.cursor);
      let rows = store.db
        .selectFrom('command_batch')
        .innerJoin('unit', 'unit.id', 'command_batch.unit_id')
        .where((eb) => eb.or([scopeCondition(scope, 'unit.path'), eb('command_batch.created_by_id', '=', actor.id)]));
      if (query.approval !== undefined) {
        rows = rows
          .where('command_batch.approval', '=', 'awaiting')
          .where('command_batch.approve_before', '>', new Date(clock.now()))
          .where('command_batch.cancelled_at', 'is', null);
      }
      let page = rows
        .selectAll('command_batch')
        .orderBy('command_batch.created_at', 'desc')
        .orderBy('command_batch.id');
      if (after) {
        const { at } = after;
        page = page.where((eb) =>
          eb.or([
            eb('command_batch.created_at', '<', at),
            eb.and([eb('command_batch.created_at', '=', at), eb('command_batch.id', '>', after.id)]),
          ]),
        );
      }
      const [fetched, { total }] = await Promise.all([
        page.limit(query.limit + 1).execute(),
        rows.select((e) => e.fn.countAll<number>().as('total')).executeTakeFirstOrThrow(),
      ]);
      const counts = await countStates(
        store.db,
        fetched.map(({ id }) => id),
      );
      return pageOfRows(
        fetched,
        query.limit,
        Number(total),
        (row) => ({ key: row.created_at.getTime(), id: row.id }),
        (row) => viewOfBatch(context, actor, row, counts.get(row.id) ?? {}),
      );
    },

    decide: async (scope, actor, id, { decision, reason }) => {
      const row = await inSight(scope, actor, id);
      if (row.created_by_id === actor.id)
        throw new ForbiddenError('This is your own wish: somebody else has to agree to it.');
      await store.transaction(async (trx) => {
        const now = new Date(clock.now());
        const taken = await trx
          .updateTable('command_batch')
          .set({
            approval: decision === 'approve' ? 'approved' : 'rejected',
            decided_by: actor.name,
            decided_at: now,
            decision_reason: reason ?? null,
          })
          .where('id', '=', id)
          .where('approval', '=', 'awaiting')
          .where('approve_before', '>', now)
          .where('cancelled_at', 'is', null)
          .executeTakeFirst();
        if (Number(taken.numUpdatedRows) === 0)
          throw new ConflictError(
            'Nobody has to agree to this any more: it was decided, taken back, or came too late.',
          );
        if (decision === 'approve') await approve(trx, row);
        else await step(context, trx, await lockRows(trx, id), { type: 'reject' });
        told(trx, id, pathOfBatch(context, row));
      });
      await audit.append({
        actor: actor.id,
        action: `command.${decision}`,
        subject: `command-batch:${id}`,
        unitId: row.unit_id,
        ...(reason === undefined ? {} : { reason }),
        detail: { capability: row.capability, name: row.name, devices: row.total, wishedBy: row.created_by_id },
      });
      return again(actor, row);
    },

    cancel: async (scope, actor, id) => {
      const row = await inSight(scope, actor, id);
      await audit.append({
        actor: actor.id,
        action: 'command.bulk-cancel',
        subject: `command-batch:${id}`,
        unitId: row.unit_id,
        detail: { capability: row.capability, name: row.name, devices: row.total },
      });
      const agents = await store.transaction(async (trx) => {
        await trx
          .updateTable('command_batch')
          .set({ cancelled_by: actor.name, cancelled_at: new Date(clock.now()) })
          .where('id', '=', id)
          .where('cancelled_at', 'is', null)
          .execute();
        const changed = await step(context, trx, await lockRows(trx, id), { type: 'cancel' }, actor.name);
        told(trx, id, pathOfBatch(context, row));
        return new Set(changed.filter(({ state }) => state !== 'cancelled').map(({ agent_id }) => agent_id));
      });
      for (const agent of agents) await store.notify(queuedChannel, agent);
      return again(actor, row);
    },
  };
}

function sharedOf(actor: Actor, body: BatchRequest, { args }: BatchPlan, now: Date) {
  return {
    capability: body.capability,
    name: body.name,
    args: JSON.stringify(args),
    reason: body.reason ?? null,
    created_by: actor.name,
    created_by_id: actor.id,
    created_at: now,
  };
}

/** One row a device; what waits for a second person gets its moment when that person agrees. */
function rowsOf(id: string, actor: Actor, body: BatchRequest, plan: BatchPlan, now: Date) {
  const { command, included, needsApproval, moments } = plan;
  const shared = sharedOf(actor, body, plan, now);
  const override = actor.scopeFor('override');
  const waiting = { state: 'awaiting-approval' as const, not_before: null, not_after: deadlineOf(now) };
  return included.map(({ candidate, forced }, index) => {
    const at = moments[index] ?? now.getTime();
    const queued = {
      state: 'queued' as const,
      not_before: new Date(at),
      not_after: new Date(at + body.expiresInSeconds * 1000),
    };
    return {
      ...shared,
      ...(needsApproval ? waiting : queued),
      id: randomUUID(),
      agent_id: candidate.agentId,
      device_id: candidate.id,
      updated_at: now,
      batch_id: id,
      school_id: candidate.schoolId ?? null,
      forced: forced.length > 0 ? JSON.stringify(forced) : null,
      disturbs: command.disturbs !== 'none',
      even_in_lesson: body.evenInLesson,
      even_in_exam: body.evenInExam && inScope(override, candidate.unitPath),
    };
  });
}

function deadlineOf(now: Date): Date {
  return new Date(now.getTime() + approvalMs);
}

/** The same wish under the same id. Throws ConflictError when the id stands for another. */
function requireSame(row: BatchRow, actor: Actor, body: BatchRequest): BatchRow {
  const isSame =
    row.created_by_id === actor.id &&
    row.capability === body.capability &&
    row.name === body.name &&
    isDeepStrictEqual(row.args, checkRequest(body).args);
  if (!isSame) throw new ConflictError('This id stands for another wish; take a fresh one.');
  return row;
}

/** The smallest unit that holds all of these paths, `/1/7/`. */
function sharedUnit(paths: readonly string[]): number {
  const split = paths.map((path) => path.split('/').filter((part) => part !== ''));
  const [first = []] = split;
  const depth = first.findIndex((part, index) => split.some((parts) => parts[index] !== part));
  const shared = depth === -1 ? first : first.slice(0, depth);
  return Number(shared.at(-1) ?? first[0] ?? 0);
}
