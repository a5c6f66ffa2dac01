import { type Selectable, sql } from 'kysely';
import type { CommandBatch } from '../../protocols/api/operation/commands.ts';
import type { CommandState } from '../../protocols/fleet/record.ts';
import { type Actor, inScope, NotFoundError } from '../access/index.ts';
import type { Queries } from '../store/index.ts';
import type { Tables } from '../store/tables.ts';
import type { CommandContext } from './ports.ts';

/** SQL and views of wishes for many. */

export type BatchRow = Selectable<Tables['command_batch']>;

export function findBatch(db: Queries, id: string): Promise<BatchRow | undefined> {
  return db.selectFrom('command_batch').selectAll().where('id', '=', id).executeTakeFirst();
}

/** How many commands of each of these are in each state. */
export async function countStates(
  db: Queries,
  ids: readonly string[],
): Promise<ReadonlyMap<string, Partial<Record<CommandState, number>>>> {
  const counts = new Map<string, Partial<Record<CommandState, number>>>();
  if (ids.length === 0) return counts;
  const rows = await db
    .selectFrom('command')
    .select(['batch_id', 'state', sql<number>`count(*)::int`.as('count')])
    .where('batch_id', 'in', ids)
    .groupBy(['batch_id', 'state'])
    .execute();
  for (const { batch_id: id, state, count } of rows) {
    if (id !== null) counts.set(id, { ...counts.get(id), [state]: count });
  }
  return counts;
}

/** The path of the unit that holds all its devices; undefined when that unit is gone. */
export function pathOfBatch({ organisation }: CommandContext, row: BatchRow): string | undefined {
  try {
    return organisation.pathOf(row.unit_id);
  } catch (thrown) {
    if (thrown instanceof NotFoundError) return undefined;
    throw thrown;
  }
}

export function viewOfBatch(
  context: CommandContext,
  actor: Actor,
  row: BatchRow,
  byState: Partial<Record<CommandState, number>>,
): CommandBatch {
  const path = pathOfBatch(context, row);
  const isOver = row.approval === 'awaiting' && (byState['awaiting-approval'] ?? 0) === 0;
  const mayDecide =
    row.approval === 'awaiting' &&
    !isOver &&
    actor.id !== row.created_by_id &&
    path !== undefined &&
    inScope(actor.scopeFor('approve'), path);
  const optional = {
    reason: row.reason,
    approveBefore: row.approval === 'awaiting' ? row.approve_before?.toISOString() : undefined,
    decidedBy: row.decided_by,
    decidedAt: row.decided_at?.toISOString(),
    decisionReason: row.decision_reason,
    cancelledBy: row.cancelled_by,
    cancelledAt: row.cancelled_at?.toISOString(),
  };
  return {
    id: row.id,
    ...(path === undefined ? {} : { unit: context.organisation.refOf(row.unit_id) }),
    capability: row.capability,
    name: row.name,
    args: row.args,
    single: row.single,
    total: row.total,
    byState,
    exclusions: row.exclusions.map((one) => ({ ...one, examples: [...one.examples] })),
    approval: isOver && !row.cancelled_at ? 'expired' : row.approval,
    mayDecide,
    createdBy: row.created_by,
    createdAt: row.created_at.toISOString(),
    ...Object.fromEntries(Object.entries(optional).filter(([, value]) => value !== undefined && value !== null)),
  };
}
