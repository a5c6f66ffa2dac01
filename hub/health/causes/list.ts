import { type Selectable, type SqlBool, sql } from 'kysely';
import type { z } from 'zod';
import { type CauseView, causeSchema, type causesQuery, type Overview } from '../../../protocols/api/causes.ts';
import type { Clock } from '../../../protocols/ports.ts';
import { deviceCondition, InvalidInputError, inScope, narrow, type Scope, scopeCondition } from '../../access/index.ts';
import type { Store } from '../../store/index.ts';
import { decodeCursor, type Page, pageOfRows } from '../../store/page.ts';
import { searchCondition, searchWords } from '../../store/search.ts';
import type { Tables } from '../../store/tables.ts';
import { findCode, type HealthCode, healthCodes, kindOf } from '../judgement/codes.ts';
import type { HealthOrganisation, HealthQuarantine, HealthRegistry } from '../ports.ts';
import type { SubtreeCounts } from '../roster/counts.ts';
import type { Ledger } from '../roster/ledger.ts';
import { suppliedCounts } from '../roster/supplied.ts';
import { findHint, hints } from './hints.ts';

export type CausesQuery = z.output<typeof causesQuery>;

export interface ListDeps {
  readonly store: Store;
  readonly registry: HealthRegistry;
  readonly organisation: HealthOrganisation;
  readonly quarantine: HealthQuarantine;
  readonly ledger: Ledger;
  readonly clock: Clock;
}

const dayMs = 24 * 3600 * 1000;
/** Causes on the front page: what touches most comes first. */
const topCauses = 5;

function causesIn({ store }: ListDeps, scope: Scope, state: 'open' | 'resolved', words: readonly string[]) {
  return store.db
    .selectFrom('cause')
    .innerJoin('unit', 'unit.id', 'cause.unit_id')
    .leftJoin('agent', 'agent.id', 'cause.agent_id')
    .leftJoin('device', 'device.id', 'cause.device_id')
    .where('cause.resolved_at', state === 'open' ? 'is' : 'is not', null)
    .where(deviceCondition(scope, 'unit.path', 'device.supplier_id'))
    .where(searchCondition(['unit.place_folded', 'agent.name_folded', 'device.search'], words));
}

/** One page of causes within the scope: open ones by when they began, resolved ones by when they ended, newest first. */
export async function listCauses(deps: ListDeps, scope: Scope, query: CausesQuery): Promise<Page<CauseView>> {
  const narrowed = query.unit === undefined ? scope : narrow(scope, deps.organisation.pathOf(query.unit));
  const after = query.cursor === undefined ? undefined : decodeCursor(query.cursor);
  if (query.cursor !== undefined && !after) throw new InvalidInputError('cursor', 'This is not a cursor of this list.');
  const time = query.state === 'open' ? 'cause.opened_at' : 'cause.resolved_at';
  const rows = causesIn(deps, narrowed, query.state, searchWords(query.q));
  let page = rows.selectAll('cause').orderBy(time, 'desc').orderBy('cause.id', 'desc');
  if (after) {
    const at = new Date(Number(after.key));
    const id = String(after.id);
    page = page.where((eb) => eb.or([eb(time, '<', at), eb.and([eb(time, '=', at), eb('cause.id', '<', id)])]));
  }
  const fetched = await page.limit(query.limit + 1).execute();
  const { total } = await rows.select((eb) => eb.fn.countAll<number>().as('total')).executeTakeFirstOrThrow();
  return pageOfRows(
    fetched,
    query.limit,
    Number(total),
    (row) => ({
      key: (query.state === 'open' ? row.opened_at : (row.resolved_at ?? row.opened_at)).getTime(),
      id: row.id,
    }),
    (row) => viewOf(deps, scope, row),
  );
}

/** What is new, what is worst, and how much of the fleet is well. */
export async function overview(deps: ListDeps, scope: Scope): Promise<Overview> {
  const { store, organisation, quarantine, ledger, clock } = deps;
  const figures = ledger.counts.within(scope);
  const supplied = suppliedCounts(deps.registry, ledger, scope);
  // What is muted is counted apart, as in the list of problems.
  const open = causesIn(deps, scope, 'open', []).where(
    sql<SqlBool>`not exists (select from problem where problem.cause_id = cause.id and problem.muted_until > ${new Date(clock.now())})`,
  );
  const top = await open
    .selectAll('cause')
    .orderBy('cause.affected', 'desc')
    .orderBy('cause.opened_at', 'desc')
    .orderBy('cause.id')
    .limit(topCauses)
    .execute();
  const causes = await open.select((eb) => eb.fn.countAll<number>().as('count')).executeTakeFirstOrThrow();
  const proposals = await store.db
    .selectFrom('proposal')
    .innerJoin('agent', 'agent.id', 'proposal.agent_id')
    .innerJoin('unit', 'unit.id', 'agent.unit_id')
    .select(sql<number>`count(*)::int`.as('count'))
    .where('proposal.status', '=', 'open')
    .where(scopeCondition(scope, 'unit.path'))
    .executeTakeFirstOrThrow();
  return {
    at: new Date(clock.now()).toISOString(),
    causes: { open: Number(causes.count), top: top.map((row) => viewOf(deps, scope, row)) },
    devices: {
      total: figures.devices + supplied.figures.devices,
      byHealth: added(figures.byHealth, supplied.figures.byHealth),
    },
    agents: { total: figures.agents, silent: figures.silentAgents },
    schools: {
      total: organisation.list(scope, { kind: 'school', limit: 1 }).total,
      affected: ledger.affectedSchools(scope) + supplied.wrongSchools.size,
    },
    proposals: { open: proposals.count },
    quarantine: { lastDay: await quarantine.countSince(scope, clock.now() - dayMs) },
  };
}

function added(one: SubtreeCounts['byHealth'], other: SubtreeCounts['byHealth']): SubtreeCounts['byHealth'] {
  const sum = { ...one };
  for (const [state, count] of Object.entries(other) as [keyof typeof sum, number][])
    sum[state] = (sum[state] ?? 0) + count;
  return sum;
}

/** Whoever sees only some devices in the place is told of the device, not of what else it touches there nor of the agent. */
function viewOf(
  { registry, organisation }: Pick<ListDeps, 'registry' | 'organisation'>,
  scope: Scope,
  row: Selectable<Tables['cause']>,
): CauseView {
  const code = findCode(row.code) ?? 'EF-2001';
  const known: HealthCode = healthCodes[code];
  const hint = findHint(row.hint);
  const isWhole = inScope(scope, organisation.pathOf(row.unit_id));
  const agent = row.agent_id === null || !isWhole ? undefined : registry.agentOf(row.agent_id);
  const device = row.device_id === null ? undefined : registry.deviceOf(row.device_id);
  return {
    id: row.id,
    kind: causeSchema.shape.kind.safeParse(row.kind).data ?? kindOf(code) ?? 'device-attention',
    code: row.code,
    title: row.words?.title ?? known.title,
    unit: organisation.refOf(row.unit_id),
    ...(agent ? { agent: { id: agent.id, name: agent.name } } : {}),
    ...(device ? { device: { id: device.id, name: device.name } } : {}),
    affected: isWhole ? row.affected : Math.min(row.affected, 1),
    affectedPeak: isWhole ? row.affected_peak : Math.min(row.affected_peak, 1),
    openedAt: row.opened_at.toISOString(),
    ...(row.resolved_at ? { resolvedAt: row.resolved_at.toISOString() } : {}),
    evidence: row.evidence,
    ...(hint && isWhole ? { hint: hints[hint] } : {}),
    next: row.words?.next ?? known.next,
  };
}
