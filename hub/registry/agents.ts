import { sql } from 'kysely';
import type { z } from 'zod';
import type { Agent, agentsQuery } from '../../protocols/api/agents.ts';
import { fold } from '../../protocols/api/fold.ts';
import type { HealthVerdict } from '../../protocols/api/health.ts';
import { toError } from '../../protocols/errors.ts';
import { inScope, NotFoundError, type Scope } from '../access/index.ts';
import { afterCommit, isDataError, type Store, type Trx } from '../store/index.ts';
import { type Page, pageInMemory } from '../store/page.ts';
import { matchesWords, searchWords } from '../store/search.ts';
import { sortKey } from '../store/sort-key.ts';
import type { RegistryContext } from './context.ts';
import { cursorOf, scopeOf } from './devices.ts';
import type { DirectoryAgent } from './directory.ts';
import { randomId } from './ids.ts';
import { directoryAgent, directoryColumns, directoryDevice, searchText } from './rows.ts';

export type AgentsQuery = z.output<typeof agentsQuery>;

export interface NewAgent {
  readonly id: string;
  readonly unitId: number;
  readonly name: string;
  /** What the machine said of itself at enrolment. */
  readonly fingerprint: Readonly<Record<string, unknown>>;
  /** The agent's own machine becomes its first device, of this family. */
  readonly host: { readonly family: string; readonly name: string };
  readonly adoptedBy: string;
}

/** What a sign of life says; what is left out stays as it was. */
export interface AgentTouch {
  readonly id: string;
  readonly lastSeenAt?: Date;
  readonly connectedAt?: Date;
  readonly disconnectedAt?: Date;
  readonly startedAt?: Date;
  readonly version?: string;
  readonly platform?: string;
  readonly bootId?: string;
  readonly session?: string;
  /** Names of the families that it speaks to. */
  readonly families?: readonly string[];
  readonly clockSkewMs?: number;
  readonly heldGeneration?: number;
  readonly queue?: DirectoryAgent['queue'];
  readonly load?: NonNullable<DirectoryAgent['load']>;
}

/** Makes an agent and the device that it runs on, in the caller's transaction. Returns that device's id. */
export async function addAgent(context: RegistryContext, trx: Trx, agent: NewAgent): Promise<string> {
  const { organisation, directory } = context;
  const row = await trx
    .insertInto('agent')
    .values({
      id: agent.id,
      unit_id: agent.unitId,
      name: agent.name,
      name_folded: fold(`${agent.name} ${agent.id}`),
      name_sort: sortKey(agent.name),
      fingerprint: JSON.stringify(agent.fingerprint),
    })
    .returningAll()
    .executeTakeFirstOrThrow();
  const device = await trx
    .insertInto('device')
    .values({
      id: randomId('d'),
      agent_id: agent.id,
      unit_id: agent.unitId,
      family: agent.host.family,
      name: agent.host.name,
      name_folded: fold(agent.host.name),
      name_sort: sortKey(agent.host.name),
      search: searchText([agent.host.name]),
      adopted_by: agent.adoptedBy,
    })
    .returning([...directoryColumns])
    .executeTakeFirstOrThrow();
  afterCommit(trx, () => {
    directory.putAgent(directoryAgent(row, organisation));
    directory.putDevice(directoryDevice(device, organisation));
    context.announce(agent.id);
  });
  return device.id;
}

/**
 * Writes signs of life of many agents in one statement; memory follows at once. What an agent says of itself and the
 * database cannot keep is left out, so that it holds up nobody else's.
 */
export async function touchAgents(context: RegistryContext, batch: readonly AgentTouch[]): Promise<void> {
  const { store, directory, log } = context;
  if (batch.length === 0) return;
  const merged = new Map<string, AgentTouch>();
  for (const touch of batch) merged.set(touch.id, { ...merged.get(touch.id), ...touch });
  const remember = () => {
    for (const touch of merged.values()) directory.changeAgent(touch.id, touch);
  };
  remember();
  try {
    await writeTouches(store, [...merged.values()]);
  } catch (thrown) {
    if (!isDataError(thrown)) throw thrown;
    const [only] = merged.keys();
    if (merged.size > 1) for (const touch of merged.values()) await touchAgents(context, [touch]);
    else log.warn('what an agent says of itself cannot be kept', { error: toError(thrown), agent: only });
    return;
  }
  // Once more: whoever read the row while it was being written has put the old one into memory.
  remember();
}

async function writeTouches(store: Store, touches: readonly AgentTouch[]): Promise<void> {
  const rows = JSON.stringify(touches.map(({ queue, ...touch }) => ({ ...touch, ...queue })));
  await sql`
    update agent set
      last_seen_at = coalesce(t."lastSeenAt", last_seen_at), connected_at = coalesce(t."connectedAt", connected_at),
      disconnected_at = coalesce(t."disconnectedAt", disconnected_at), started_at = coalesce(t."startedAt", started_at),
      version = coalesce(t.version, agent.version), platform = coalesce(t.platform, agent.platform),
      boot_id = coalesce(t."bootId", boot_id), session = coalesce(t.session, agent.session),
      clock_skew_ms = coalesce(t."clockSkewMs", clock_skew_ms),
      held_generation = coalesce(t."heldGeneration", held_generation),
      queue_records = coalesce(t.records, queue_records), queue_bytes = coalesce(t.bytes, queue_bytes),
      shed_records = coalesce(t.shed, shed_records), load = coalesce(t.load, agent.load),
      families = coalesce(t.families, agent.families)
    from jsonb_to_recordset(${rows}::jsonb) as t (
      id text, "lastSeenAt" timestamptz, "connectedAt" timestamptz, "disconnectedAt" timestamptz, "startedAt" timestamptz,
      version text, platform text, "bootId" text, session text, "clockSkewMs" float8, "heldGeneration" int,
      records int8, bytes int8, shed int8, load jsonb, families jsonb)
    where agent.id = t.id`.execute(store.db);
}

/** One page of agents within the scope, out of memory: there is about one a school. */
export function listAgents(context: RegistryContext, scope: Scope, query: AgentsQuery): Page<Agent> {
  const narrowed = scopeOf(context, scope, query.unit);
  const words = searchWords(query.q);
  const rows = [...context.directory.agents()].filter(
    (agent) =>
      inScope(narrowed, agent.unitPath) &&
      matchesWords(agent.folded, words) &&
      (query.health === undefined || verdictOf(context, agent).state === query.health),
  );
  const byName = query.sort.endsWith('name');
  const page = pageInMemory(
    rows,
    (agent) => ({ key: byName ? agent.sortKey : (agent.lastSeenAt?.getTime() ?? 0), id: agent.id }),
    { limit: query.limit, after: cursorOf(query.cursor), descending: query.sort.startsWith('-') },
  );
  return { ...page, rows: page.rows.map((agent) => view(context, agent)) };
}

/** An agent with the accounts of its outbox lanes. Throws NotFoundError. */
export async function getAgent(context: RegistryContext, scope: Scope, id: string): Promise<Agent> {
  const agent = context.directory.agent(id);
  if (!agent || !inScope(scope, agent.unitPath)) throw new NotFoundError();
  const streams = await context.store.db
    .selectFrom('stream')
    .select(['epoch', 'lane', 'through', 'delivered', 'shed', 'missing'])
    .where('agent_id', '=', id)
    .orderBy('updated_at', 'desc')
    .limit(30)
    .execute();
  return { ...view(context, agent), streams };
}

function verdictOf({ facets }: RegistryContext, agent: DirectoryAgent): HealthVerdict {
  return facets.agentVerdictOf(agent.id) ?? { state: 'unknown', since: agent.enrolledAt.toISOString(), evidence: [] };
}

const wrongStates = new Set(['fault', 'unreachable', 'attention']);

function view(context: RegistryContext, agent: DirectoryAgent): Agent {
  const { organisation, directory, facets } = context;
  const devices = directory.devicesOf(agent.id);
  const wrong = devices.filter(({ id }) => wrongStates.has(facets.verdictOf(id)?.state ?? 'unknown'));
  return {
    id: agent.id,
    name: agent.name,
    unit: organisation.refOf(agent.unitId),
    status: agent.status,
    health: verdictOf(context, agent),
    ...(agent.version === undefined ? {} : { version: agent.version }),
    ...(agent.platform === undefined ? {} : { platform: agent.platform }),
    enrolledAt: agent.enrolledAt.toISOString(),
    ...(agent.connectedAt ? { connectedAt: agent.connectedAt.toISOString() } : {}),
    ...(agent.lastSeenAt ? { lastSeenAt: agent.lastSeenAt.toISOString() } : {}),
    ...(agent.clockSkewMs === undefined ? {} : { clockSkewMs: agent.clockSkewMs }),
    queue: agent.queue,
    ...(agent.load ? { load: agent.load } : {}),
    generation: { desired: agent.desiredGeneration, held: agent.heldGeneration },
    devices: { total: devices.length, wrong: wrong.length },
  };
}
