import { createBus } from '../../hub/events/bus.ts';
import { createHealth } from '../../hub/health/index.ts';
import type { HealthAgent } from '../../hub/health/ports.ts';
import { createOrganisation } from '../../hub/organisation/index.ts';
import type { Clock } from '../../protocols/ports.ts';
import { silentLog } from '../../protocols/ports.ts';
import { createFakeClock } from '../support/clock.ts';
import { heartbeat } from '../support/hub-broker.ts';
import { openTestStore, seedAgent, seedUnit } from '../support/hub-store.ts';
import { type Line, LineAgent, seededRandom } from './detection-link.ts';
import { machineFacts } from './machine.ts';

const agentCount = 500;
const days = Number(process.env['EDUFLEET_BENCH_DAYS'] ?? '2');
const tickMs = 5_000;
const dayMs = 86_400_000;
const cutMs = 600_000;

interface LineFigures {
  readonly line: string;
  readonly agentDays: number;
  /** Verdicts "unreachable" on an agent whose cable was whole. */
  readonly falseUnreachable: number;
  /** Of all agents on one day; the goal is 0.1. */
  readonly falsePercentPerAgentDay: number;
  /** Ends of sessions: what presence by the MQTT will or by the session would have told as "offline". */
  readonly falseBySession: number;
  readonly cuts: number;
  /** From the cut of the cable to the verdict; the goal is 90. */
  readonly medianSeconds: number;
  readonly p99Seconds: number;
  readonly worstSeconds: number;
}

const lines: readonly { readonly name: string; readonly line: Line }[] = [
  { name: '5 % of packets lost, 6 resets a day', line: { loss: 0.05, resets: 6, deadLines: 0 } },
  { name: '20 % of packets lost, 24 resets a day', line: { loss: 0.2, resets: 24, deadLines: 0 } },
  { name: '5 % of messages lost for good (no TCP)', line: { loss: 0.05, resets: 6, deadLines: 0, forgets: true } },
  { name: '5 % lost, and one line a day dead without a word', line: { loss: 0.05, resets: 6, deadLines: 1 } },
];

/**
 * How often the health engine calls a living agent unreachable, and how fast it sees a dead one: the real engine, simulated
 * agents on simulated lines, in simulated time. Presence by the end of a session stands beside it.
 */
export async function detection(): Promise<{ readonly machine: object; readonly figures: readonly LineFigures[] }> {
  const figures: LineFigures[] = [];
  for (const [seed, { name, line }] of lines.entries()) figures.push(await measure(name, line, seed + 1));
  console.log(`${agentCount} agents, ${days} simulated days a line; seconds from the cut of a cable to the verdict`);
  console.table(
    figures.map((row) => ({
      line: row.line,
      'false unreachable': row.falseUnreachable,
      '% of agents a day': row.falsePercentPerAgentDay,
      'false by session': row.falseBySession,
      'median s': row.medianSeconds,
      'p99 s': row.p99Seconds,
      'worst s': row.worstSeconds,
    })),
  );
  return { machine: machineFacts(), figures };
}

async function measure(name: string, line: Line, seed: number): Promise<LineFigures> {
  await using stack = new AsyncDisposableStack();
  const { store } = stack.use(await openTestStore(createFakeClock()));
  const random = seededRandom(seed);
  const startMs = Date.UTC(2026, 2, 2);
  let simulatedMs = 0;
  const clock: Clock = {
    ...createFakeClock(startMs),
    now: () => startMs + simulatedMs,
    mono: () => simulatedMs,
  };
  const root = await seedUnit(store, { kind: 'province', name: 'tinh' });
  const directory = new Map<string, HealthAgent>();
  for (let n = 0; n < agentCount; n++) {
    const school = await seedUnit(store, { kind: 'school', name: `truong ${n}`, parent: root });
    const id = `a${n}`;
    await seedAgent(store, id, school.id);
    const place = { unitId: school.id, unitPath: school.path };
    directory.set(id, { id, name: id, ...place, status: 'active', lastSeenAt: undefined });
  }
  const organisation = stack.use(createOrganisation({ store }));
  await organisation.load();
  const bus = createBus(silentLog);
  const health = stack.use(
    createHealth({
      store,
      organisation,
      bus,
      clock,
      log: silentLog,
      quarantine: { countSince: async () => 0 },
      twin: { stateOf: () => undefined },
      registry: {
        agents: () => directory.values(),
        devices: () => [],
        agentOf: (id) => directory.get(id),
        deviceOf: () => undefined,
        devicesOfAgent: () => [],
        touchAgents: async () => {},
      },
    }),
  );
  await health.load();
  const agents = [...directory.keys()].map((id) => ({ id, link: new LineAgent(line, random), seenMs: 0 }));
  const byId = new Map(agents.map((agent) => [agent.id, agent]));
  const detected: number[] = [];
  let falseUnreachable = 0;
  bus.subscribe(({ event }) => {
    if (event.type !== 'agent-changed') return;
    const agent = byId.get(event.agent);
    if (!agent || health.agentVerdictOf(agent.id)?.state !== 'unreachable') return;
    const { cutFromMs, cutUntilMs } = agent.link;
    if (simulatedMs < cutFromMs || simulatedMs > cutUntilMs + 2 * cutMs) falseUnreachable++;
    else if (simulatedMs < cutUntilMs) detected.push((simulatedMs - cutFromMs) / 1_000);
  });

  const endMs = days * dayMs;
  // On the last day each cable is cut once, at any moment between two looks of the engine.
  for (const { link } of agents) {
    link.cutFromMs = endMs - dayMs + cutMs + random() * (dayMs - 4 * cutMs);
    link.cutUntilMs = link.cutFromMs + cutMs;
  }
  for (let atMs = tickMs; atMs <= endMs; atMs += tickMs) {
    for (const { id, link } of agents) {
      for (const arrival of link.until(atMs)) {
        simulatedMs = Math.min(arrival.atMs, atMs);
        const session = 'session';
        if (arrival.kind === 'beat') health.heartbeat(id, { ...heartbeat, session, at: clock.now() });
        else if (arrival.kind === 'connected') health.connected(id, session);
        else if (arrival.kind === 'closed') health.disconnected(id, session);
        else health.heard(id);
      }
    }
    simulatedMs = atMs;
    await health.tick();
  }
  const sorted = detected.sort((a, b) => a - b);
  const at = (part: number) =>
    round(sorted[Math.min(sorted.length - 1, Math.floor(part * sorted.length))] ?? Number.NaN);
  const agentDays = agentCount * days;
  return {
    line: name,
    agentDays,
    falseUnreachable,
    falsePercentPerAgentDay: round((100 * falseUnreachable) / agentDays),
    falseBySession: agents.reduce((sum, { link }) => sum + link.resets, 0),
    cuts: agentCount,
    medianSeconds: at(0.5),
    p99Seconds: at(0.99),
    worstSeconds: at(1),
  };
}

function round(value: number): number {
  return Math.round(value * 1_000) / 1_000;
}
