import { createBus } from '../../hub/events/bus.ts';
import { createIngest } from '../../hub/ingest/index.ts';
import { createOrganisation } from '../../hub/organisation/index.ts';
import { createQuarantine } from '../../hub/quarantine/index.ts';
import { createRegistry } from '../../hub/registry/index.ts';
import { createSealer, openStore } from '../../hub/store/index.ts';
import { createTelemetry } from '../../hub/telemetry/index.ts';
import { createTwin } from '../../hub/twin/index.ts';
import { packJson } from '../../protocols/fleet/payload.ts';
import { systemClock } from '../../provisioning/platform/clock.ts';
import { createLog } from '../../provisioning/platform/log.ts';

/**
 * The hub's store and ingest under load, to be killed at any moment. It plays agents a0..a3: greets, goes on behind what is
 * stored, and prints `ack <agent> <lane> <through>` for each answer. With `verify` it prints what the database holds.
 */
const { mode, databaseUrl, dataDir, baseMs } = JSON.parse(process.argv[2] ?? '{}') as {
  mode: 'load' | 'verify';
  databaseUrl?: string;
  dataDir: string;
  baseMs: number;
};
const agents = ['a0', 'a1', 'a2', 'a3'];
const lanes = ['state', 'samples'] as const;
const epoch = 'e0000001';
const everything = { paths: ['/'] };

const log = createLog({ level: 'warn', name: 'ingest-child' });
const clock = systemClock;
const store = await openStore({ databaseUrl, dataDir, clock, log });
const bus = createBus(log);
const organisation = createOrganisation({ store });
await organisation.load();
const root = await organisation.ensureRoot('Tỉnh Quảng Ngãi');
const registry = createRegistry({ store, organisation, bus, clock, log, sealer: createSealer(Buffer.alloc(32)) });
await registry.load();
for (const id of agents)
  if (!registry.agentOf(id))
    await store.transaction((trx) =>
      registry.addAgent(trx, {
        id,
        unitId: root,
        name: id,
        fingerprint: {},
        host: { family: 'mini-pc', name: id },
        adoptedBy: 'test',
      }),
    );
const twin = createTwin({ store, registry, bus, clock });
const telemetry = createTelemetry({ store, clock, log });
await telemetry.load();
const quarantine = createQuarantine({ store, bus, clock, log });
const commands = { applyResults: async () => {} };
const ingest = createIngest({ store, registry, twin, telemetry, commands, quarantine, bus, clock, log });

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

function recordOf(agent: string, lane: string, seq: number): unknown {
  const device = registry.devicesOfAgent(agent)[0]?.id;
  if (lane === 'samples')
    return { kind: 'samples', seq, at: baseMs + seq * 100, device, values: { 'lamp.hours': seq } };
  const data = { from: agent, to: String(seq) };
  return { kind: 'event', seq, at: baseMs, device, capability: 'power', name: 'changed', severity: 'info', data };
}

async function play(agent: string, lane: 'state' | 'samples'): Promise<never> {
  const greeting = { version: '1', bootId: 'b', session: 's', epoch, at: baseMs, startedAt: baseMs, platform: 'x' };
  const range = { head: 1, next: 1_000_000_000 };
  const hello = {
    ...greeting,
    generation: 0,
    orderSeq: 0,
    families: [],
    lanes: { urgent: range, state: range, samples: range },
  };
  let through = (await ingest.hello(agent, hello)).through[lane] ?? 0;
  print(`start ${agent} ${lane} ${through}`);
  for (;;) {
    // Overlapping frames, as after lost answers.
    const from = Math.max(1, through + 1 - Math.floor(Math.random() * 3));
    const count = 1 + Math.floor(Math.random() * 20);
    const records = Array.from({ length: count }, (_, index) => recordOf(agent, lane, from + index));
    const payload = packJson({ epoch, sentAt: baseMs, lane, from, through: from + count - 1, records });
    const ack = await ingest.submit(agent, payload);
    through = ack?.through[lane] ?? through;
    print(`ack ${agent} ${lane} ${through}`);
  }
}

async function compactForever(): Promise<never> {
  for (;;) {
    await telemetry.compact(0);
    await clock.wait(50);
  }
}

async function verify(): Promise<void> {
  await telemetry.compact(0);
  for (const agent of agents) {
    const events = await store.db
      .selectFrom('event')
      .select('data')
      .where('agent_id', '=', agent)
      .orderBy('id')
      .execute();
    print(`found ${agent} state ${summary(events.map(({ data }) => Number(data['to'])))}`);
    const owner = registry.devicesOfAgent(agent)[0];
    if (!owner) throw new Error('the device is gone');
    const range = { from: new Date(baseMs).toISOString(), to: new Date(baseMs + 40 * 3_600_000).toISOString() };
    const raw = await telemetry.series(owner, { metric: 'lamp.hours', ...range, step: 'raw' });
    const hourly = await telemetry.series(owner, { metric: 'lamp.hours', ...range, step: '1h' });
    const rolled = hourly.points.reduce((sum, point) => sum + point[4], 0);
    print(`found ${agent} samples ${summary(raw.points.map((point) => point[1]))} ${rolled}`);
  }
  const page = await quarantine.list(everything, { limit: 1 });
  const streams = await store.db.selectFrom('stream').selectAll().where('lane', '!=', 'urgent').execute();
  for (const { agent_id, lane, through, delivered } of streams)
    print(`stream ${agent_id} ${lane} ${through} ${delivered}`);
  print(`done ${page.total}`);
}

/** `1..n` when each number from 1 up is there once and in order, else what is wrong. */
function summary(numbers: readonly number[]): string {
  const wrong = numbers.findIndex((number, index) => number !== index + 1);
  return wrong === -1 ? `1..${numbers.length}` : `${numbers[wrong]}-at-${wrong + 1}`;
}

if (mode === 'verify') {
  await verify();
  await ingest[Symbol.asyncDispose]();
  await quarantine[Symbol.asyncDispose]();
  await registry[Symbol.asyncDispose]();
  await organisation[Symbol.asyncDispose]();
  await store[Symbol.asyncDispose]();
} else {
  const work: Promise<never>[] = [compactForever()];
  for (const agent of agents) for (const lane of lanes) work.push(play(agent, lane));
  await Promise.all(work);
}
