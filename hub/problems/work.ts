import { sql } from 'kysely';
import type { ProblemDetail, WorkBody } from '../../protocols/api/operation/problems.ts';
import {
  type Actor,
  allows,
  InvalidInputError,
  inScope,
  NotFoundError,
  type Scope,
  scopeCondition,
} from '../access/index.ts';
import type { Trx } from '../store/index.ts';
import type { Severity } from '../store/tables/problem.ts';
import type { Role } from '../store/tables.ts';
import type { ProblemDeps } from './context.ts';
import { findProblem, type ListDeps } from './list.ts';
import { namesOf } from './names.ts';
import { type EventToWrite, lockStory, writeEvents } from './rows.ts';
import type { StoryEvent } from './story.ts';

/** What people do with problems. */

type WorkDeps = ListDeps & Pick<ProblemDeps, 'audit' | 'bus'>;

/** Longer, and it is a maintenance window or a rule that must change. */
const mostMuteMs = 90 * 86_400_000;
const mostTold = 500;
const mostAssignees = 50;

interface Standing {
  readonly id: string;
  readonly unitId: number;
  readonly path: string;
  readonly severity: Severity;
  readonly acknowledged: boolean;
  readonly assignee: string | null;
  readonly mutedUntil: Date | null;
}

type Columns = Partial<{
  acknowledged_at: Date | null;
  acknowledged_by: string | null;
  assignee: string | null;
  muted_until: Date | null;
  muted_by: string | null;
  window_id: null;
}>;

/** What an action makes of one problem; undefined when it is so already. */
type Change =
  | { readonly columns: Columns; readonly events: readonly StoryEvent[]; readonly comment?: string }
  | undefined;

/**
 * Does it with all of them or with none. Returns the ids of those that are another now.
 * Throws NotFoundError for one that is not there or out of scope, InvalidInputError for an end or a person that cannot be.
 */
export async function workOn(deps: WorkDeps, scope: Scope, actor: Actor, body: WorkBody): Promise<readonly string[]> {
  const { store, audit, bus, clock } = deps;
  const now = new Date(clock.now());
  checkMute(body, now.getTime());
  const ids = [...new Set(body.ids)];
  const { changed, standing } = await store.transaction(async (trx) => {
    await lockStory(trx);
    const standing = await readStanding(trx, scope, ids, now);
    if (standing.length !== ids.length) throw new NotFoundError();
    if (body.action === 'assign' && body.assignee !== null) await requireAssignee(trx, body.assignee, standing);
    const events: EventToWrite[] = [];
    const changed: Standing[] = [];
    for (const one of standing) {
      const change = changeOf(body, one, { actor, now });
      if (!change) continue;
      changed.push(one);
      await writeChange(trx, one, change, { actor, now });
      for (const event of change.events)
        events.push({ causeId: one.id, severity: one.severity, actor: actor.id, ...event });
    }
    await writeEvents(trx, events, now);
    return { changed, standing };
  });
  const { ids: _ids, action, ...detail } = body;
  // One entry a unit, so that who may see the unit sees who worked there.
  for (const [unitId, own] of Map.groupBy(changed, ({ unitId }) => unitId))
    await audit.append({
      actor: actor.id,
      action: `problem.${action}`,
      subject: own.length === 1 ? `problem:${own[0]?.id}` : 'problem:*',
      unitId,
      detail: { ...detail, ids: own.map(({ id }) => id) },
    });
  if (changed.length > 0 && standing.length > 0) bus.publish({ type: 'causes-changed' }, undefined);
  return changed.map(({ id }) => id);
}

function checkMute(body: WorkBody, nowMs: number): void {
  if (body.action !== 'mute') return;
  const untilMs = Date.parse(body.until);
  if (untilMs <= nowMs) throw new InvalidInputError('until', 'The end of a mute must lie in the future.');
  if (untilMs - nowMs > mostMuteMs)
    throw new InvalidInputError('until', 'At most 90 days; for longer open a maintenance window or change the rule.');
}

async function readStanding(trx: Trx, scope: Scope, ids: readonly string[], now: Date): Promise<Standing[]> {
  const rows = await trx
    .selectFrom('cause')
    .innerJoin('unit', 'unit.id', 'cause.unit_id')
    .leftJoin('problem', 'problem.cause_id', 'cause.id')
    .select(['cause.id', 'cause.unit_id', 'unit.path', 'problem.severity', 'problem.acknowledged_at'])
    .select(['problem.assignee', 'problem.muted_until'])
    .where('cause.id', 'in', ids)
    .where(scopeCondition(scope, 'unit.path'))
    .execute();
  return rows.map((row) => ({
    id: row.id,
    unitId: row.unit_id,
    path: row.path,
    severity: row.severity ?? 'minor',
    acknowledged: row.acknowledged_at !== null,
    assignee: row.assignee,
    mutedUntil: row.muted_until !== null && row.muted_until > now ? row.muted_until : null,
  }));
}

interface By {
  readonly actor: Actor;
  readonly now: Date;
}

function changeOf(body: WorkBody, one: Standing, { actor, now }: By): Change {
  const said = 'text' in body && body.text !== undefined ? { comment: body.text } : {};
  const told = said.comment === undefined ? {} : { text: said.comment };
  switch (body.action) {
    case 'acknowledge':
      if (one.acknowledged) return undefined;
      return {
        columns: { acknowledged_at: now, acknowledged_by: actor.id },
        events: [{ kind: 'acknowledged', detail: told }],
        ...said,
      };
    case 'unacknowledge':
      if (!one.acknowledged) return undefined;
      return {
        columns: { acknowledged_at: null, acknowledged_by: null },
        events: [{ kind: 'unacknowledged', detail: {} }],
      };
    case 'assign':
      if (one.assignee === body.assignee) return undefined;
      return {
        columns: { assignee: body.assignee },
        events: [{ kind: 'assigned', detail: { assignee: body.assignee, before: one.assignee } }],
      };
    case 'comment':
      return { columns: {}, events: [{ kind: 'commented', detail: told }], ...said };
    case 'mute':
      if (one.mutedUntil?.toISOString() === body.until) return undefined;
      return {
        columns: { muted_until: new Date(body.until), muted_by: actor.id, window_id: null },
        events: [{ kind: 'muted', detail: { until: body.until, ...told } }],
        ...said,
      };
    case 'unmute':
      if (!one.mutedUntil) return undefined;
      return {
        columns: { muted_until: null, muted_by: null, window_id: null },
        events: [{ kind: 'unmuted', detail: {} }],
      };
  }
}

async function writeChange(trx: Trx, one: Standing, change: NonNullable<Change>, { actor, now }: By): Promise<void> {
  await trx
    .insertInto('problem')
    .values({ cause_id: one.id, severity: one.severity, escalates_from: now, ...change.columns })
    .onConflict((conflict) =>
      Object.keys(change.columns).length === 0
        ? conflict.doNothing()
        : conflict.column('cause_id').doUpdateSet(change.columns),
    )
    .execute();
  if (change.comment !== undefined)
    await trx
      .insertInto('problem_comment')
      .values({ cause_id: one.id, author: actor.id, at: now, text: change.comment })
      .execute();
}

/** People who may work on problems of every one of these places. Throws InvalidInputError for somebody else. */
async function requireAssignee(trx: Trx, userId: string, standing: readonly Standing[]): Promise<void> {
  const grants = await workersOf(trx, userId);
  const reaches = (path: string) => grants.some((grant) => path.startsWith(grant.path));
  if (standing.some(({ path }) => !reaches(path)))
    throw new InvalidInputError('assignee', 'This person may not work on problems there; choose somebody who may.');
}

interface Grant {
  readonly id: string;
  readonly name: string;
  readonly role: Role;
  readonly path: string;
}

async function workersOf(db: Parameters<typeof namesOf>[0], userId?: string): Promise<Grant[]> {
  const one = userId === undefined ? sql`true` : sql`auth_user.id = ${userId}`;
  const { rows } = await sql<Grant>`
    select auth_user.id, auth_user.name, role_grant.role, unit.path
    from auth_user join role_grant on role_grant.user_id = auth_user.id join unit on unit.id = role_grant.unit_id
    left join person on person.user_id = auth_user.id
    where person.disabled_at is null and (role_grant.until is null or role_grant.until > now()) and ${one}`.execute(db);
  return rows.filter(({ role }) => allows(role, 'work-problems'));
}

/** People to whom problems of these places may be given. */
export async function listAssignees(
  { store }: Pick<ProblemDeps, 'store'>,
  scope: Scope,
  words: readonly string[],
  fold: (text: string) => string,
) {
  const found = new Map<string, { readonly id: string; readonly name: string }>();
  for (const { id, name, path } of await workersOf(store.db)) {
    const meets = scope.paths.some((own) => own.startsWith(path) || path.startsWith(own));
    if (meets && words.every((word) => fold(name).includes(word))) found.set(id, { id, name });
  }
  return [...found.values()].sort((a, b) => a.name.localeCompare(b.name, 'vi')).slice(0, mostAssignees);
}

/** One problem with its story, newest first. Throws NotFoundError. */
export async function problemDetail(deps: WorkDeps, scope: Scope, id: string): Promise<ProblemDetail> {
  const row = await findProblem(deps, scope, id);
  if (!row) throw new NotFoundError();
  // What people did with it is told to those of the place.
  if (!inScope(scope, deps.organisation.pathOf(row.unit.id))) return { ...row, timeline: [] };
  const events = await deps.store.db
    .selectFrom('problem_event')
    .selectAll()
    .where('cause_id', '=', id)
    .orderBy('id', 'desc')
    .limit(mostTold)
    .execute();
  const given = events
    .flatMap(({ detail }) => [detail['assignee'], detail['before']])
    .filter((who) => typeof who === 'string');
  const names = await namesOf(deps.store.db, [...events.map(({ actor }) => actor), ...given]);
  return {
    ...row,
    timeline: events.map((event) => ({
      id: event.id,
      kind: event.kind,
      at: event.at.toISOString(),
      severity: event.severity,
      ...(event.actor === null ? {} : { actor: { id: event.actor, name: names.get(event.actor) ?? event.actor } }),
      detail: event.kind === 'assigned' ? withNames(event.detail, names) : event.detail,
    })),
  };
}

function withNames(detail: Readonly<Record<string, unknown>>, names: ReadonlyMap<string, string>) {
  const { assignee } = detail;
  return typeof assignee === 'string' ? { ...detail, name: names.get(assignee) ?? assignee } : detail;
}
