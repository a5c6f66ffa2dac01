import { type SqlBool, sql } from 'kysely';
import type { z } from 'zod';
import type {
  ProblemCounts,
  ProblemRow,
  problemsExportQuery,
  problemsQuery,
} from '../../protocols/api/operation/problems.ts';
import { severities } from '../../protocols/api/operation/problems.ts';
import { type Actor, deviceCondition, InvalidInputError, narrow, type Scope } from '../access/index.ts';
import { type Cursor, decodeCursor, type Page, pageOfRows } from '../store/page.ts';
import { searchCondition, searchWords } from '../store/search.ts';
import type { ProblemDeps } from './context.ts';
import { namesOf } from './names.ts';
import { type ProblemFields, viewOf } from './view.ts';

export type ProblemsQuery = z.output<typeof problemsQuery>;
type Filter = Omit<z.output<typeof problemsExportQuery>, 'language'>;

export type ListDeps = Pick<ProblemDeps, 'store' | 'organisation' | 'registry' | 'codeOf' | 'clock'>;

/** What an export holds at most; it says so when there is more. */
const mostExported = 10_000;

/** A cause that nobody wrote a problem for (it came by another way) is one all the same. */
const severityRank = sql<number>`coalesce(problem.severity_rank, 2)`;

function problems({ store }: Pick<ListDeps, 'store'>) {
  return store.db
    .selectFrom('cause')
    .innerJoin('unit', 'unit.id', 'cause.unit_id')
    .leftJoin('problem', 'problem.cause_id', 'cause.id')
    .leftJoin('agent', 'agent.id', 'cause.agent_id')
    .leftJoin('device', 'device.id', 'cause.device_id');
}

function filtered(deps: ListDeps, scope: Scope, actor: Actor, query: Filter) {
  const narrowed = query.unit === undefined ? scope : narrow(scope, deps.organisation.pathOf(query.unit));
  let rows = problems(deps)
    .where(deviceCondition(narrowed, 'unit.path', 'device.supplier_id'))
    .where(inState(query.state, new Date(deps.clock.now())))
    .where(searchCondition(['unit.place_folded', 'agent.name_folded', 'device.search'], searchWords(query.q)));
  if (query.severity) {
    const ranks = query.severity.map((severity) => severities.indexOf(severity));
    rows = rows.where(severityRank, 'in', ranks);
  }
  if (query.kind) rows = rows.where('cause.kind', '=', query.kind);
  if (query.device) rows = rows.where('cause.device_id', '=', query.device);
  if (query.acknowledged)
    rows = rows.where('problem.acknowledged_at', query.acknowledged === 'yes' ? 'is not' : 'is', null);
  if (query.assignee === 'none') rows = rows.where('problem.assignee', 'is', null);
  else if (query.assignee)
    rows = rows.where('problem.assignee', '=', query.assignee === 'me' ? actor.id : query.assignee);
  return rows;
}

function inState(state: ProblemsQuery['state'], now: Date) {
  if (state === 'resolved') return sql<SqlBool>`cause.resolved_at is not null`;
  const muted = sql<SqlBool>`coalesce(problem.muted_until > ${now}, false)`;
  return state === 'muted'
    ? sql<SqlBool>`(cause.resolved_at is null and ${muted})`
    : sql<SqlBool>`(cause.resolved_at is null and not ${muted})`;
}

const comments = sql<number>`(select count(*)::int from problem_comment where problem_comment.cause_id = cause.id)`;

function selected(rows: ReturnType<typeof filtered>) {
  return rows
    .leftJoin('problem_rule', 'problem_rule.id', 'problem.rule_id')
    .leftJoin('maintenance_window', 'maintenance_window.id', 'problem.window_id')
    .selectAll('cause')
    .select([
      'problem.severity',
      'problem.acknowledged_at',
      'problem.acknowledged_by',
      'problem.assignee',
      'problem.muted_until',
      'problem.muted_by',
      'problem.escalation_step',
      'problem.flapping_since',
      'problem_rule.id as rule_id',
      'problem_rule.name as rule_name',
      'maintenance_window.name as window_name',
    ])
    .select(comments.as('comments'))
    .select(severityRank.as('rank'));
}

/** One page of problems within the scope. Throws InvalidInputError `cursor`. */
export async function listProblems(
  deps: ListDeps,
  scope: Scope,
  actor: Actor,
  query: ProblemsQuery,
): Promise<Page<ProblemRow>> {
  const after = query.cursor === undefined ? undefined : decodeCursor(query.cursor);
  if (query.cursor !== undefined && !after) throw new InvalidInputError('cursor', 'This is not a cursor of this list.');
  const rows = filtered(deps, scope, actor, query);
  const [fetched, { total }] = await Promise.all([
    sorted(selected(rows), query, after)
      .limit(query.limit + 1)
      .execute(),
    rows.select((eb) => eb.fn.countAll<number>().as('total')).executeTakeFirstOrThrow(),
  ]);
  const view = await viewer(deps, scope, fetched);
  return pageOfRows(fetched, query.limit, Number(total), (row) => placeOf(query.sort, row), view);
}

/** All of a filtered list up to the bound, in the order of the page. */
export async function exportProblems(deps: ListDeps, scope: Scope, actor: Actor, query: Filter) {
  const rows = await sorted(selected(filtered(deps, scope, actor, query)), query, undefined)
    .limit(mostExported + 1)
    .execute();
  const view = await viewer(deps, scope, rows);
  return { rows: rows.slice(0, mostExported).map(view), isWhole: rows.length <= mostExported };
}

async function viewer(
  deps: ListDeps,
  scope: Scope,
  rows: readonly ProblemFields[],
): Promise<(row: ProblemFields) => ProblemRow> {
  const ids = rows.flatMap((row) => [row.assignee, row.acknowledged_by, row.muted_by]);
  const names = await namesOf(deps.store.db, ids);
  const nowMs = deps.clock.now();
  return (row) => viewOf(deps, scope, row, names, nowMs);
}

function sorted(
  rows: ReturnType<typeof selected>,
  { sort, state }: Pick<Filter, 'sort' | 'state'>,
  after: Cursor | undefined,
) {
  const time = state === 'resolved' && sort === 'newest' ? sql.ref('cause.resolved_at') : sql.ref('cause.opened_at');
  const ms = sql<number>`floor(extract(epoch from ${time}) * 1000)`;
  if (sort !== 'impact') {
    const order = sort === 'oldest' ? ('asc' as const) : ('desc' as const);
    const page = rows.orderBy(ms, order).orderBy('cause.id', order);
    const sign = sql.raw(sort === 'oldest' ? '>' : '<');
    return after
      ? page.where(sql<SqlBool>`(${ms}, cause.id) ${sign} (${Number(after.key)}, ${String(after.id)})`)
      : page;
  }
  const page = rows.orderBy(severityRank).orderBy(sql`-cause.affected`).orderBy(ms).orderBy('cause.id');
  if (!after) return page;
  const parts = String(after.key).split(' ').map(Number);
  if (parts.length !== 3 || parts.some((part) => !Number.isSafeInteger(part)))
    throw new InvalidInputError('cursor', 'This is not a cursor of this list.');
  const [rank = 0, touched = 0, opened = 0] = parts;
  return page.where(
    sql<SqlBool>`(${severityRank}, -cause.affected, ${ms}, cause.id) > (${rank}, ${touched}, ${opened}, ${String(after.id)})`,
  );
}

function placeOf(sort: Filter['sort'], row: ProblemFields & { readonly rank: number }): Cursor {
  const opened = row.opened_at.getTime();
  if (sort === 'impact') return { key: `${row.rank} ${-row.affected} ${opened}`, id: row.id };
  return { key: sort === 'newest' && row.resolved_at ? row.resolved_at.getTime() : opened, id: row.id };
}

/** One row by its id, within the scope. */
export async function findProblem(deps: ListDeps, scope: Scope, id: string): Promise<ProblemRow | undefined> {
  const row = await selected(
    problems(deps)
      .where(deviceCondition(scope, 'unit.path', 'device.supplier_id'))
      .where('cause.id', '=', id),
  ).executeTakeFirst();
  return row && (await viewer(deps, scope, [row]))(row);
}

/** Figures of what is open, by the same conditions as the list. */
export async function countProblems(deps: ListDeps, scope: Scope, actor: Actor): Promise<ProblemCounts> {
  const open = await problems(deps)
    .where(deviceCondition(scope, 'unit.path', 'device.supplier_id'))
    .where(inState('open', new Date(deps.clock.now())))
    .select([
      severityRank.as('rank'),
      sql<number>`count(*)::int`.as('count'),
      sql<number>`count(*) filter (where problem.acknowledged_at is null)::int`.as('unacknowledged'),
      sql<number>`count(*) filter (where problem.assignee = ${actor.id})::int`.as('mine'),
    ])
    .groupBy(severityRank)
    .execute();
  const muted = await problems(deps)
    .where(deviceCondition(scope, 'unit.path', 'device.supplier_id'))
    .where(inState('muted', new Date(deps.clock.now())))
    .select(sql<number>`count(*)::int`.as('count'))
    .executeTakeFirstOrThrow();
  const sum = (of: (row: (typeof open)[number]) => number) => open.reduce((total, row) => total + of(row), 0);
  const at = (rank: number) => open.find((row) => row.rank === rank)?.count ?? 0;
  return {
    open: sum(({ count }) => count),
    muted: muted.count,
    unacknowledged: sum(({ unacknowledged }) => unacknowledged),
    mine: sum(({ mine }) => mine),
    bySeverity: { critical: at(0), major: at(1), minor: at(2), notice: at(3) },
  };
}
