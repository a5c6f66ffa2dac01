import { type Insertable, type Selectable, sql } from 'kysely';
import { z } from 'zod';
import type {
  PolicyBundleRow,
  PolicyRun,
  policyBundlesQuery,
  policyRunsQuery,
} from '../../protocols/api/operation/policies.ts';
import { agentSubject } from '../../protocols/fleet/agent-events.ts';
import { problemSchema } from '../../protocols/fleet/problem.ts';
import type { EventRecord } from '../../protocols/fleet/record.ts';
import { InvalidInputError, type Scope, scopeCondition } from '../access/index.ts';
import type { RecordSink } from '../ingest/index.ts';
import { afterCommit, type Store, type Trx } from '../store/index.ts';
import { decodeCursor, type Page, pageOfRows } from '../store/page.ts';
import type { PolicyTables } from '../store/tables/policy.ts';
import { tellTrouble } from './bundles.ts';
import { policyOfPart } from './compile.ts';

interface Place {
  readonly unitId: number;
}

export interface RunsDeps {
  readonly store: Store;
  readonly deviceOf: (id: string) => (Place & { readonly name: string }) | undefined;
  readonly agentOf: (id: string) => (Place & { readonly name: string }) | undefined;
  readonly refOf: (unitId: number) => NonNullable<PolicyRun['unit']> | undefined;
  readonly nameOf: (policyId: number) => string | undefined;
  /** Called after a commit that brought news. */
  readonly changed: () => void;
  readonly now: () => number;
}

type RunRow = Insertable<PolicyTables['policy_run']>;
type StoredRun = Selectable<PolicyTables['policy_run']>;

/** Takes what agents tell of their policies, within the transaction that stores it; what comes twice is kept once. */
export function sinkOf(deps: RunsDeps): RecordSink {
  return {
    kinds: ['event'],
    apply: async (trx, agentId, records) => {
      const events = records.filter(
        (record): record is EventRecord =>
          record.kind === 'event' && record.capability === agentSubject && record.name.startsWith('policy-'),
      );
      if (events.length === 0) return;
      const rows = events.flatMap((event) => rowOf(deps, agentId, event) ?? []);
      if (rows.length > 0)
        await trx
          .insertInto('policy_run')
          .values(rows)
          .onConflict((conflict) => conflict.columns(['agent_id', 'run']).doNothing())
          .execute();
      for (const event of events) await applyToBundle(trx, agentId, event);
      afterCommit(trx, deps.changed);
    },
  };
}

const kindOf: Readonly<Record<string, RunRow['kind']>> = {
  'policy-run': 'run',
  'policy-passed': 'passed',
  'policy-rule': 'rule',
};

/** The three records in one shape; each was checked by the schema of its own name when it came in. */
const toldSchema = z
  .object({
    run: z.string(),
    part: z.string(),
    number: z.int(),
    plannedAt: z.int().optional(),
    startedAt: z.int().optional(),
    device: z.string().nullable().default(null),
    capability: z.string().nullable().default(null),
    command: z.string().nullable().default(null),
    state: z.string().optional(),
    why: z.string().optional(),
    outcome: z.string().optional(),
    isLate: z.boolean().default(false),
    count: z.int().default(1),
    problem: problemSchema.optional(),
    devices: z.array(z.string()).optional(),
    text: z.string().optional(),
  })
  .transform(({ state, why, outcome, ...told }) => ({ ...told, ended: state ?? why ?? outcome ?? 'unknown' }));

function rowOf(deps: RunsDeps, agentId: string, { name, data, at }: EventRecord): RunRow | undefined {
  const kind = kindOf[name];
  if (!kind) return undefined;
  const { run, part, number, plannedAt, device, capability, command, ended, isLate, count, problem, ...rest } =
    toldSchema.parse(data);
  const place = (device === null ? undefined : deps.deviceOf(device)) ?? deps.agentOf(agentId);
  return {
    agent_id: agentId,
    run,
    kind,
    policy_id: policyOfPart(part) ?? null,
    part,
    number,
    unit_id: place?.unitId ?? null,
    device_id: device,
    capability,
    command,
    planned_at: new Date(plannedAt ?? at),
    at: new Date(at),
    state: ended,
    late: isLate,
    devices: count,
    problem: problem ? JSON.stringify(problem) : null,
    detail: JSON.stringify(rest),
    received_at: new Date(deps.now()),
  };
}

/** What the agent says of the bundle that it holds. */
async function applyToBundle(trx: Trx, agentId: string, { name, data, at }: EventRecord): Promise<void> {
  const number = Number(data['number']);
  if (name === 'policy-taken') {
    await trx
      .updateTable('policy_bundle')
      .set({ held: number, held_at: new Date(at), trouble: null })
      .where('agent_id', '=', agentId)
      .where('held', '<=', number)
      .execute();
    return;
  }
  if (name === 'policy-refused')
    await tellTrouble(trx, agentId, { code: String(data['code']), message: String(data['message']) });
  if (name === 'policy-fallback')
    await tellTrouble(trx, agentId, { code: 'policy-fallback', message: String(data['reason']) });
  if (name === 'policy-phase')
    await tellTrouble(
      trx,
      agentId,
      data['phase'] === 'live'
        ? null
        : {
            code: `policy-${data['phase']}`,
            message: `the agent says that its bundle is in the phase ${data['phase']}`,
          },
    );
}

/** Runs within the scope, the newest first. */
export async function listRuns(
  { store, deviceOf, refOf, nameOf }: RunsDeps,
  scope: Scope,
  query: z.output<typeof policyRunsQuery>,
): Promise<Page<PolicyRun>> {
  let rows = store.db
    .selectFrom('policy_run')
    .innerJoin('unit', 'unit.id', 'policy_run.unit_id')
    .where(scopeCondition(scope, 'unit.path'));
  if (query.policy !== undefined) rows = rows.where('policy_run.policy_id', '=', query.policy);
  if (query.device !== undefined) rows = rows.where('policy_run.device_id', '=', query.device);
  if (query.kind !== undefined) rows = rows.where('policy_run.kind', '=', query.kind);
  const after = cursorOf(query.cursor);
  let page = rows.selectAll('policy_run');
  if (after)
    page = page.where(
      sql<boolean>`(policy_run.planned_at, policy_run.run, policy_run.agent_id) < (${after.at}, ${after.run}, ${after.agent})`,
    );
  const [fetched, { total }] = await Promise.all([
    page
      .orderBy('policy_run.planned_at', 'desc')
      .orderBy('policy_run.run', 'desc')
      .orderBy('policy_run.agent_id', 'desc')
      .limit(query.limit + 1)
      .execute(),
    rows.select((e) => e.fn.countAll<number>().as('total')).executeTakeFirstOrThrow(),
  ]);
  return pageOfRows(
    fetched,
    query.limit,
    total,
    (row) => ({ key: row.planned_at.getTime(), id: `${row.agent_id} ${row.run}` }),
    (row) => viewOf(row, { deviceOf, refOf, nameOf }),
  );
}

function viewOf(
  row: StoredRun,
  { deviceOf, refOf, nameOf }: Pick<RunsDeps, 'deviceOf' | 'refOf' | 'nameOf'>,
): PolicyRun {
  const device = row.device_id ?? undefined;
  const name = row.policy_id === null ? undefined : nameOf(row.policy_id);
  const text = row.detail?.['text'];
  return {
    agent: row.agent_id,
    run: row.run,
    kind: row.kind,
    policy: name === undefined || row.policy_id === null ? undefined : { id: row.policy_id, name },
    device: device === undefined ? undefined : { id: device, name: deviceOf(device)?.name ?? device },
    unit: row.unit_id === null ? undefined : refOf(row.unit_id),
    capability: row.capability ?? undefined,
    command: row.command ?? undefined,
    plannedAt: row.planned_at.toISOString(),
    at: row.at.toISOString(),
    receivedAt: row.received_at.toISOString(),
    state: row.state,
    isLate: row.late,
    devices: row.devices,
    problem: row.problem ?? undefined,
    text: typeof text === 'string' ? text : undefined,
  };
}

/** Which bundle each agent within the scope holds, by name. */
export async function listBundles(
  { store, refOf }: RunsDeps,
  scope: Scope,
  query: z.output<typeof policyBundlesQuery>,
): Promise<Page<PolicyBundleRow>> {
  const rows = store.db
    .selectFrom('policy_bundle')
    .innerJoin('agent', 'agent.id', 'policy_bundle.agent_id')
    .innerJoin('unit', 'unit.id', 'agent.unit_id')
    .where(scopeCondition(scope, 'unit.path'));
  const after = query.cursor === undefined ? undefined : decodeCursor(query.cursor);
  if (query.cursor !== undefined && !after) throw noCursor();
  let page = rows
    .selectAll('policy_bundle')
    .select(['agent.name as name', 'agent.name_sort as sort', 'agent.unit_id as unitId']);
  if (after) page = page.where(sql<boolean>`(agent.name_sort, agent.id) > (${String(after.key)}, ${String(after.id)})`);
  const [fetched, { total }] = await Promise.all([
    page
      .orderBy('agent.name_sort')
      .orderBy('agent.id')
      .limit(query.limit + 1)
      .execute(),
    rows.select((e) => e.fn.countAll<number>().as('total')).executeTakeFirstOrThrow(),
  ]);
  return pageOfRows(
    fetched,
    query.limit,
    total,
    (row) => ({ key: row.sort, id: row.agent_id }),
    (row): PolicyBundleRow => ({
      agent: row.agent_id,
      name: row.name,
      unit: refOf(row.unitId) ?? { id: row.unitId, name: '', kind: 'school' },
      number: row.number,
      held: row.held,
      ...(row.held_at ? { heldAt: row.held_at.toISOString() } : {}),
      issuedAt: row.issued_at.toISOString(),
      expiresAt: row.expires_at.toISOString(),
      ...(row.trouble ? { trouble: row.trouble } : {}),
    }),
  );
}

function cursorOf(text: string | undefined) {
  if (text === undefined) return undefined;
  const cursor = decodeCursor(text);
  const [agent, run] = String(cursor?.id ?? '').split(' ', 2);
  const at = new Date(Number(cursor?.key));
  if (!cursor || !agent || !run || Number.isNaN(at.getTime())) throw noCursor();
  return { at, agent, run };
}

function noCursor(): InvalidInputError {
  return new InvalidInputError('cursor', 'This is not a cursor of this list.');
}
