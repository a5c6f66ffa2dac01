import { openStore, type Store } from '../../hub/store/index.ts';
import { createTelemetry } from '../../hub/telemetry/index.ts';
import { type Lane, lanes } from '../../protocols/fleet/record.ts';
import { silentLog } from '../../protocols/ports.ts';
import { systemClock } from '../../provisioning/platform/clock.ts';
import { isStateMark } from './load.ts';
import type { JournalEntry } from './outbox-checker.ts';

export interface FleetAccount {
  readonly epoch: string;
  readonly accounts: Readonly<
    Record<
      Lane,
      { readonly generated: number; readonly delivered: number; readonly shed: number; readonly pending: number }
    >
  >;
}

export interface FleetFindings {
  /** Journaled records that are not in the database. */
  readonly lost: readonly JournalEntry[];
  /** Marks that are there more than once. */
  readonly double: readonly number[];
  /** What does not add up, in words. */
  readonly wrong: readonly string[];
  readonly stored: Readonly<Record<Lane, number>>;
}

export interface FleetPlace {
  readonly dataDir: string;
  readonly databaseUrl: string | undefined;
  readonly agentId: string;
  readonly device: string;
  /** Of the first time stamp. */
  readonly baseMs: number;
}

/** Holds the journal of a loaded agent and its accounts against what the database has. The hub must have stopped. */
export async function checkFleet(
  journal: readonly JournalEntry[],
  agent: FleetAccount,
  place: FleetPlace,
): Promise<FleetFindings> {
  const { dataDir, databaseUrl, agentId, device, baseMs } = place;
  await using store = await openStore({ databaseUrl, dataDir, clock: systemClock, log: silentLog });
  const telemetry = createTelemetry({ store, clock: systemClock, log: silentLog });
  await telemetry.load();
  const owner = await store.db
    .selectFrom('device')
    .select(['id', 'sid'])
    .where('id', '=', device)
    .executeTakeFirstOrThrow();
  const span = { from: new Date(baseMs - 1).toISOString(), to: new Date(baseMs + 20 * 3_600_000).toISOString() };
  const samples = async () => {
    const { points } = await telemetry.series({ ...owner, agentId }, { metric: 'host.load1', ...span, step: 'raw' });
    return points.map(([, value]) => value);
  };
  // As the frames came, and as compaction rewrites them.
  const fresh = await samples();
  await telemetry.compact(-24 * 3_600_000);
  const compacted = await samples();
  const events = await store.db
    .selectFrom('event')
    .select('data')
    .where('device_id', '=', device)
    .where('name', '=', 'changed')
    .execute();
  const marks: Record<Lane, number[]> = { urgent: [], state: [], samples: compacted };
  for (const { data } of events) marks[data['from'] === 'urgent' ? 'urgent' : 'state'].push(Number(data['to']));

  const sets = { urgent: new Set(marks.urgent), state: new Set(marks.state), samples: new Set(marks.samples) };
  const streams = await store.db
    .selectFrom('stream')
    .selectAll()
    .where('agent_id', '=', agentId)
    .where('epoch', '=', agent.epoch)
    .execute();
  const wrong = lanes.flatMap((lane) => {
    const { generated, delivered, shed, pending } = agent.accounts[lane];
    const stream = streams.find((row) => row.lane === lane);
    const sum =
      generated === delivered + pending + shed
        ? []
        : [`${lane}: ${generated} generated, ${delivered} delivered, ${pending} pending, ${shed} shed`];
    const same =
      stream?.through === generated && stream.delivered === delivered && stream.shed === shed && stream.missing === 0;
    return same
      ? sum
      : [...sum, `${lane}: the hub has ${JSON.stringify(stream)}, the agent ${JSON.stringify(agent.accounts[lane])}`];
  });
  if (fresh.length !== compacted.length || fresh.some((value, index) => value !== compacted[index])) {
    wrong.push(`compaction made ${compacted.length} samples of ${fresh.length}, or moved them`);
  }
  const beyond = journal.find(({ lane, seq }) => seq > agent.accounts[lane].generated);
  if (beyond) wrong.push(`the outbox promised ${beyond.lane} ${beyond.seq} and began anew since`);
  wrong.push(...(await checkTwin(store, journal, device)));
  return {
    lost: journal.filter(({ lane, mark }) => !isStateMark(lane, mark) && !sets[lane].has(mark)),
    double: lanes.flatMap((lane) => (sets[lane].size === marks[lane].length ? [] : repeated(marks[lane]))),
    wrong,
    stored: { urgent: marks.urgent.length, state: marks.state.length, samples: marks.samples.length },
  };
}

/** Of states only the last one stands; the accounts tell that none before it was passed over. */
async function checkTwin(store: Store, journal: readonly JournalEntry[], device: string): Promise<string[]> {
  const states = journal.filter(({ lane, mark }) => isStateMark(lane, mark));
  const last = states.reduce<JournalEntry | undefined>((a, b) => (a && a.seq > b.seq ? a : b), undefined);
  if (!last) return [];
  const { state } = await store.db
    .selectFrom('twin')
    .select('state')
    .where('device_id', '=', device)
    .where('capability', '=', 'host')
    .executeTakeFirstOrThrow();
  return state['memoryBytes'] === last.mark ? [] : [`the last state is ${JSON.stringify(state)}, not ${last.mark}`];
}

function repeated(marks: readonly number[]): number[] {
  const seen = new Set<number>();
  return marks.filter((mark) => seen.size === seen.add(mark).size);
}
