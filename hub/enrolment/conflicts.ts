import { randomUUID } from 'node:crypto';
import { type Selectable, type SqlBool, sql } from 'kysely';
import type { z } from 'zod';
import type { conflictsQuery, IdentityConflict, resolveConflictBody } from '../../protocols/api/enrolment/conflicts.ts';
import type { MachineFingerprint } from '../../protocols/fleet/enrolment.ts';
import type { Clock } from '../../protocols/ports.ts';
import {
  type Actor,
  ConflictError,
  InvalidInputError,
  inScope,
  NotFoundError,
  type Scope,
  scopeCondition,
} from '../access/index.ts';
import type { Store, Trx } from '../store/index.ts';
import { decodeCursor, type Page, pageOfRows } from '../store/page.ts';
import type { Tables } from '../store/tables.ts';
import { enrolledMachine, rememberMachine } from './machines.ts';
import type { AgentStatus, EnrolmentAudit, EnrolmentOrganisation, EnrolmentRegistry } from './ports.ts';

export interface ConflictsDeps {
  readonly store: Store;
  readonly organisation: EnrolmentOrganisation;
  readonly registry: EnrolmentRegistry;
  readonly audit: EnrolmentAudit;
  readonly clock: Clock;
}

/** A claim to the identity of an agent that cannot be right beside the one that stands. */
export interface Claim {
  readonly agentId: string;
  readonly kind: IdentityConflict['kind'];
  readonly seen?: MachineFingerprint;
  readonly addresses: readonly string[];
}

export interface Conflicts {
  listConflicts(scope: Scope, query: z.output<typeof conflictsQuery>): Promise<Page<IdentityConflict>>;
  /** Throws NotFoundError, ConflictError when it is resolved already or there is no machine to accept. */
  resolveConflict(
    scope: Scope,
    actor: Actor,
    id: string,
    body: z.output<typeof resolveConflictBody>,
  ): Promise<IdentityConflict>;
}

type Row = Selectable<Tables['identity_conflict']>;

/** The greatest number of addresses that one conflict names. */
const mostAddresses = 10;
/** The end of what a Date can tell (ECMA-262, 21.4.1.1). */
const greatestTimeMs = 8.64e15;

/** Opens a conflict, or counts once more the one that is open. */
export async function openConflict(trx: Trx, clock: Clock, claim: Claim): Promise<void> {
  const at = new Date(clock.now());
  const { agentId, kind, seen } = claim;
  const open = await trx
    .selectFrom('identity_conflict')
    .select(['id', 'addresses'])
    .where('agent_id', '=', agentId)
    .where('kind', '=', kind)
    .where('resolved_at', 'is', null)
    .forUpdate()
    .executeTakeFirst();
  const addresses = [...new Set([...(open?.addresses ?? []), ...claim.addresses])].slice(-mostAddresses);
  const facts = { addresses: JSON.stringify(addresses), last_at: at, ...(seen ? { seen: JSON.stringify(seen) } : {}) };
  if (open) {
    await trx
      .updateTable('identity_conflict')
      .set({ ...facts, times: sql<number>`times + 1` })
      .where('id', '=', open.id)
      .execute();
    return;
  }
  await trx
    .insertInto('identity_conflict')
    .values({ id: randomUUID(), agent_id: agentId, kind, opened_at: at, ...facts })
    .execute();
}

/** What a person sees of conflicts and decides about them. `changed` is told of the agent's new standing after the commit. */
export function createConflicts(
  deps: ConflictsDeps,
  changed: (agentId: string, status: AgentStatus) => Promise<void>,
): Conflicts {
  const { store, registry, audit } = deps;
  return {
    listConflicts: (scope, query) => listConflicts(deps, scope, query),
    resolveConflict: async (scope, actor, id, body) => {
      const { decision, reason } = body;
      const agentId = await store.transaction((trx) => resolve(trx, deps, scope, { ...body, id, by: actor.name }));
      await changed(agentId, decision === 'revoke' ? 'revoked' : 'active');
      const unitId = registry.agentOf(agentId)?.unitId;
      await audit.append({
        actor: actor.id,
        action: `conflict.${decision}`,
        subject: `agent:${agentId}`,
        ...(unitId === undefined ? {} : { unitId }),
        reason,
        detail: { conflict: id },
      });
      const row = await store.db.selectFrom('identity_conflict').selectAll().where('id', '=', id).executeTakeFirst();
      if (!row) throw new NotFoundError();
      return view(deps, row);
    },
  };
}

type Decision = z.output<typeof resolveConflictBody> & { readonly id: string; readonly by: string };

/** Writes a decision down and does what it says. Returns the agent that it was about. */
async function resolve(trx: Trx, deps: ConflictsDeps, scope: Scope, { id, by, decision, reason }: Decision) {
  const row = await trx.selectFrom('identity_conflict').selectAll().where('id', '=', id).forUpdate().executeTakeFirst();
  const agent = row && deps.registry.agentOf(row.agent_id);
  if (!row || !agent || !inScope(scope, agent.unitPath)) throw new NotFoundError();
  if (row.resolved_at) throw new ConflictError('This conflict is resolved already.');
  if (decision === 'accept') {
    if (!row.seen || row.kind === 'enrolled-elsewhere' || row.kind === 'voucher-reused')
      throw new ConflictError('There is no other machine to accept; dismiss it, or revoke the agent.');
    await rememberMachine(trx, row.agent_id, row.seen);
  }
  if (decision === 'revoke')
    await trx.updateTable('credential').set({ status: 'revoked' }).where('agent_id', '=', row.agent_id).execute();
  if (agent.status !== 'revoked')
    await trx
      .updateTable('agent')
      .set({ status: decision === 'revoke' ? 'revoked' : 'active' })
      .where('id', '=', row.agent_id)
      .execute();
  // One decision settles all that is open about this agent.
  await trx
    .updateTable('identity_conflict')
    .set({ resolved_at: new Date(deps.clock.now()), resolved_by: by, decision, reason })
    .where('agent_id', '=', row.agent_id)
    .where('resolved_at', 'is', null)
    .execute();
  return row.agent_id;
}

async function listConflicts(
  deps: ConflictsDeps,
  scope: Scope,
  query: z.output<typeof conflictsQuery>,
): Promise<Page<IdentityConflict>> {
  const after = query.cursor === undefined ? undefined : decodeCursor(query.cursor);
  const keyMs = Number(after?.key ?? 0);
  if (query.cursor !== undefined && !(after && Math.abs(keyMs) <= greatestTimeMs))
    throw new InvalidInputError('cursor', 'This is not a cursor of this list.');
  const rows = deps.store.db
    .selectFrom('identity_conflict as conflict')
    .innerJoin('agent', 'agent.id', 'conflict.agent_id')
    .innerJoin('unit', 'unit.id', 'agent.unit_id')
    .where(scopeCondition(scope, 'unit.path'))
    .where('conflict.resolved_at', query.state === 'open' ? 'is' : 'is not', null);
  const beyond = sql<SqlBool>`(conflict.opened_at, conflict.id) < (${new Date(keyMs)}, ${String(after?.id)})`;
  const [fetched, { total }] = await Promise.all([
    rows
      .selectAll('conflict')
      .$if(after !== undefined, (found) => found.where(beyond))
      .orderBy('conflict.opened_at', 'desc')
      .orderBy('conflict.id', 'desc')
      .limit(query.limit + 1)
      .execute(),
    rows.select((e) => e.fn.countAll<number>().as('total')).executeTakeFirstOrThrow(),
  ]);
  const cursorOf = (row: Row) => ({ key: row.opened_at.getTime(), id: row.id });
  const page = pageOfRows(fetched, query.limit, Number(total), cursorOf, (row) => row);
  return { ...page, rows: await Promise.all(page.rows.map((row) => view(deps, row))) };
}

async function view({ store, registry, organisation }: ConflictsDeps, row: Row): Promise<IdentityConflict> {
  const agent = registry.agentOf(row.agent_id);
  if (!agent) throw new NotFoundError();
  const enrolled = await enrolledMachine(store.db, row.agent_id);
  return {
    id: row.id,
    kind: row.kind,
    agent: { id: row.agent_id, name: agent.name },
    unit: organisation.refOf(agent.unitId),
    enrolled: enrolled ?? { macs: [], diskSerials: [] },
    ...(row.seen ? { seen: row.seen } : {}),
    addresses: [...row.addresses],
    openedAt: row.opened_at.toISOString(),
    lastAt: row.last_at.toISOString(),
    times: row.times,
    ...(row.resolved_at ? { resolvedAt: row.resolved_at.toISOString() } : {}),
    ...(row.resolved_by === null ? {} : { resolvedBy: row.resolved_by }),
    ...(row.decision === null ? {} : { decision: row.decision }),
    ...(row.reason === null ? {} : { reason: row.reason }),
  };
}
