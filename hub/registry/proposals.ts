import { sql } from 'kysely';
import type { z } from 'zod';
import type { ProposalView, proposalsQuery, refuseBody } from '../../protocols/api/enrolment/proposals.ts';
import type { ProposalRecord } from '../../protocols/fleet/record.ts';
import type { SettingField } from '../../protocols/fleet/setting-field.ts';
import { InvalidInputError, inScope, type Scope, scopeCondition } from '../access/index.ts';
import { afterCommit, type Trx } from '../store/index.ts';
import { type Page, pageOfRows } from '../store/page.ts';
import { searchCondition, searchWords } from '../store/search.ts';
import { desiredLimits, type RegistryContext } from './context.ts';
import { cursorOf, scopeOf } from './devices.ts';
import { randomId } from './ids.ts';
import { searchText } from './rows.ts';

export type ProposalsQuery = z.output<typeof proposalsQuery>;
export type Refuse = z.output<typeof refuseBody>;

/** Proposals that one agent may have; a scan of a wild network must not fill the database. */
const mostProposals = 5_000;

/** Keeps what discovery found: new ones open, known ones brought up to date, whatever was decided about them. */
export async function applyProposals(
  { bus, directory, log }: RegistryContext,
  trx: Trx,
  agentId: string,
  records: readonly ProposalRecord[],
): Promise<void> {
  const latest = new Map(records.map((record) => [record.key, record]));
  if (latest.size === 0) return;
  const known = await trx.selectFrom('proposal').select('key').where('agent_id', '=', agentId).execute();
  const keys = new Set(known.map(({ key }) => key));
  let room = mostProposals - keys.size;
  const taken = [...latest.values()].filter((record) => keys.has(record.key) || room-- > 0);
  if (taken.length < latest.size) log.warn('an agent proposes too much', { agent: agentId, most: mostProposals });
  if (taken.length === 0) return;
  await trx
    .insertInto('proposal')
    .values(
      taken.map((record) => ({
        id: randomId('p'),
        agent_id: agentId,
        key: record.key,
        family: record.family,
        address: JSON.stringify(record.address),
        name: record.name ?? null,
        vendor: record.vendor ?? null,
        model: record.model ?? null,
        serial: record.serial ?? null,
        macs: JSON.stringify(record.macs ?? []),
        needs_credentials: record.needsCredentials,
        evidence: JSON.stringify(record.evidence),
        confidence: record.confidence ?? 'certain',
        settings: record.settings ? JSON.stringify(record.settings) : null,
        search: searchText([record.name, record.vendor, record.model, record.serial, record.address.host]),
        first_seen_at: new Date(record.at),
        last_seen_at: new Date(record.at),
      })),
    )
    .onConflict((conflict) =>
      conflict.columns(['agent_id', 'key']).doUpdateSet((e) => ({
        family: e.ref('excluded.family'),
        address: sql`excluded.address`,
        name: sql`coalesce(excluded.name, proposal.name)`,
        vendor: sql`coalesce(excluded.vendor, proposal.vendor)`,
        model: sql`coalesce(excluded.model, proposal.model)`,
        serial: sql`coalesce(excluded.serial, proposal.serial)`,
        macs: sql`excluded.macs`,
        needs_credentials: e.ref('excluded.needs_credentials'),
        evidence: sql`excluded.evidence`,
        confidence: e.ref('excluded.confidence'),
        settings: sql`excluded.settings`,
        search: sql`excluded.search`,
        last_seen_at: sql`excluded.last_seen_at`,
      })),
    )
    .execute();
  const unitPath = directory.agent(agentId)?.unitPath;
  afterCommit(trx, () => bus.publish({ type: 'proposals-changed', agent: agentId }, unitPath));
}

/** One page, the newest first. A proposal lies where its agent does. */
export async function listProposals(
  context: RegistryContext,
  scope: Scope,
  query: ProposalsQuery,
): Promise<Page<ProposalView>> {
  const narrowed = scopeOf(context, scope, query.unit);
  const after = cursorOf(query.cursor);
  let rows = context.store.db
    .selectFrom('proposal')
    .innerJoin('agent', 'agent.id', 'proposal.agent_id')
    .innerJoin('unit', 'unit.id', 'agent.unit_id')
    .where(scopeCondition(narrowed, 'unit.path'))
    .where('proposal.status', '=', query.status)
    .where(searchCondition(['proposal.search'], searchWords(query.q)));
  if (query.agent !== undefined) rows = rows.where('proposal.agent_id', '=', query.agent);
  let page = rows.selectAll('proposal').orderBy('proposal.first_seen_at', 'desc').orderBy('proposal.id', 'desc');
  if (after) {
    const seen = new Date(Number(after.key));
    page = page.where(sql<boolean>`(proposal.first_seen_at, proposal.id) < (${seen}, ${String(after.id)})`);
  }
  const [fetched, { total }] = await Promise.all([
    page.limit(query.limit + 1).execute(),
    rows.select((e) => e.fn.countAll<number>().as('total')).executeTakeFirstOrThrow(),
  ]);
  return pageOfRows(
    fetched,
    query.limit,
    total,
    (row) => ({ key: row.first_seen_at.getTime(), id: row.id }),
    (row) => view(context, row),
  );
}

type ProposalRow = Awaited<ReturnType<typeof readProposals>>[number];

/** Rows of these ids, held for this transaction. */
export function readProposals(trx: Trx, ids: readonly string[]) {
  return trx.selectFrom('proposal').selectAll().where('id', 'in', ids).orderBy('id').forUpdate().execute();
}

/** Puts proposals aside, all or none; their agents no longer bring them. Throws InvalidInputError. */
export async function refuse(context: RegistryContext, scope: Scope, body: Refuse): Promise<{ refused: string[] }> {
  const ids = [...new Set(body.proposals)];
  await context.store.transaction(async (trx) => {
    const rows = await readProposals(trx, ids);
    const byId = new Map(rows.map((row) => [row.id, row]));
    for (const [index, id] of body.proposals.entries()) checkRefusable(context, scope, byId.get(id), index);
    await trx.updateTable('proposal').set({ status: 'refused' }).where('id', 'in', ids).execute();
    for (const agentId of new Set(rows.map((row) => row.agent_id))) {
      await context.bumpGeneration(trx, agentId);
      afterCommit(trx, () => {
        context.announce(agentId);
        context.bus.publish({ type: 'proposals-changed', agent: agentId }, context.directory.agent(agentId)?.unitPath);
      });
    }
  });
  return { refused: ids };
}

function checkRefusable(context: RegistryContext, scope: Scope, row: ProposalRow | undefined, index: number): void {
  const field = `proposals.${index}`;
  const agent = row && context.directory.agent(row.agent_id);
  if (!row || !agent || !inScope(scope, agent.unitPath))
    throw new InvalidInputError(field, 'There is no such proposal.');
  if (row.status === 'adopted') throw new InvalidInputError(field, 'This proposal was adopted already.');
}

function view({ organisation, directory, families }: RegistryContext, row: ProposalRow): ProposalView {
  const agent = directory.agent(row.agent_id);
  return {
    id: row.id,
    agent: { id: row.agent_id, name: agent?.name ?? row.agent_id },
    unit: agent ? organisation.refOf(agent.unitId) : { id: 0, name: '', kind: 'school' },
    family: row.family,
    address: row.address,
    ...(row.name === null ? {} : { name: row.name }),
    ...(row.vendor === null ? {} : { vendor: row.vendor }),
    ...(row.model === null ? {} : { model: row.model }),
    ...(row.serial === null ? {} : { serial: row.serial }),
    macs: row.macs,
    needsCredentials: row.needs_credentials,
    evidence: row.evidence,
    confidence: row.confidence,
    ...(row.settings === null ? {} : { settings: withoutSecrets(families.settingsOf(row.family), row.settings) }),
    status: row.status,
    ...(row.device_id === null ? {} : { device: row.device_id }),
    firstSeenAt: row.first_seen_at.toISOString(),
    lastSeenAt: row.last_seen_at.toISOString(),
  };
}

function withoutSecrets(
  fields: readonly SettingField[],
  settings: Readonly<Record<string, unknown>>,
): Record<string, unknown> {
  const secret = new Set(fields.flatMap((field) => (field.secret ? [field.name] : [])));
  return Object.fromEntries(Object.entries(settings).filter(([name]) => !secret.has(name)));
}

/** Whether an agent's desired document takes this many devices more. */
export function hasRoom({ directory }: RegistryContext, agentId: string, more: number): boolean {
  return directory.deviceCountOf(agentId) + more <= desiredLimits.devices;
}
