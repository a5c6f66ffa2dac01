import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { from as copyFrom } from 'pg-copy-streams';
import { createIngest } from '../../hub/ingest/index.ts';
import { openEngine, simpleQuery } from '../../hub/store/embedded/engine.ts';
import { openStore, type Store } from '../../hub/store/index.ts';
import { createTelemetry } from '../../hub/telemetry/index.ts';
import { packJson } from '../../protocols/fleet/payload.ts';
import { silentLog } from '../../protocols/ports.ts';
import { systemClock } from '../../provisioning/platform/clock.ts';
import { createFleet } from '../support/fleet.ts';
import { startPostgres } from '../support/postgres.ts';
import { temporaryFolder } from '../support/store.ts';

/**
 * Durable samples a second, from the payload of a frame to its acknowledgement, against COPY of the same values as narrow
 * rows into the same database; and the bytes that a stored sample takes. The agent's work (JSON, zstd) is not timed, nor is
 * there a broker. Run it alone: `node tests/bench/ingest-store.ts`.
 */
interface IngestBenchOptions {
  readonly engine: 'embedded' | 'postgresql';
  readonly agents: number;
  readonly devicesPerAgent: number;
  /** Ticks of all devices of an agent; the frame size follows from the next one. */
  readonly ticks: number;
  readonly ticksPerFrame: number;
  /** Frames that one agent has on their way. */
  readonly window: number;
  readonly rounds: number;
}

const usualIngestBench: Omit<IngestBenchOptions, 'engine'> = {
  agents: 30,
  devicesPerAgent: 15,
  ticks: 120,
  ticksPerFrame: 8,
  window: 4,
  rounds: 3,
};

interface IngestBenchResult {
  readonly engine: string;
  readonly samples: number;
  /** Medians over the rounds, samples a second. */
  readonly copyNarrow: number;
  readonly ingest: number;
  readonly ratio: number;
  readonly bytesNarrow: number;
  /** A sample in a frame, before it is compacted; then in a chunk; then its share of both roll-ups. */
  readonly bytesFrame: number;
  readonly bytesChunk: number;
  readonly bytesRollups: number;
  readonly chunkToNarrow96: number;
  /** CPU seconds of a million samples: hub and database together. */
  readonly cpuCopy: number;
  readonly cpuIngest: number;
  readonly cpuCompaction: number;
  readonly compactionPerSecond: number;
  /** 24 hours of one metric by 5 minutes, milliseconds. */
  readonly dayMs: { readonly p50: number; readonly p99: number };
}

const metrics = [
  'lamp.hours',
  'temperature.celsius',
  'host.cpuUsed',
  'host.memoryUsed',
  'reachability.latency',
] as const;
const startMs = Math.floor((Date.now() - 20 * 3_600_000) / 3_600_000) * 3_600_000;
const tickMs = 300_000 / 5;

/** A value as a device would report it: slow, with few decimals. */
function reading(device: number, metric: number, tick: number): number {
  const slow = 40 + 20 * Math.sin(tick / 40 + device) + ((device * 7 + tick * 13) % 10) / 5;
  if (metric === 0) return 1_000 + device + Math.floor(tick / 60);
  if (metric === 1) return Math.round(slow * 10) / 10;
  if (metric === 4) return Math.round(slow) / 2 + ((tick * 31 + device) % 7);
  return Math.round(slow * 10) / 10;
}

interface Plan {
  readonly options: IngestBenchOptions;
  readonly samples: number;
  readonly payloads: ReadonlyMap<string, readonly Uint8Array[]>;
}

function buildPayloads(
  options: IngestBenchOptions,
  devices: ReadonlyMap<string, readonly string[]>,
  round: number,
): Plan {
  const payloads = new Map<string, Uint8Array[]>();
  const frames = Math.ceil(options.ticks / options.ticksPerFrame);
  for (const [agentIndex, [agent, ids]] of [...devices].entries()) {
    const list: Uint8Array[] = [];
    let seq = round * options.ticks * ids.length + 1;
    for (let frame = 0; frame < frames; frame++) {
      const records: unknown[] = [];
      const first = seq;
      for (
        let tick = frame * options.ticksPerFrame;
        tick < Math.min(options.ticks, (frame + 1) * options.ticksPerFrame);
        tick++
      )
        for (const [index, device] of ids.entries()) {
          const number = agentIndex * ids.length + index;
          const at = startMs + (round * options.ticks + tick) * tickMs + ((number * 37 + tick * 11) % 50);
          const values = Object.fromEntries(metrics.map((key, metric) => [key, reading(number, metric, tick)]));
          records.push({ kind: 'samples', seq: seq++, at, mono: at - startMs, device, values });
        }
      const header = { epoch: 'e0000001', sentAt: startMs, lane: 'samples', from: first, through: seq - 1 };
      list.push(packJson({ ...header, records }));
    }
    payloads.set(agent, list);
  }
  return { options, samples: options.agents * options.devicesPerAgent * options.ticks * metrics.length, payloads };
}

/** The same values as text rows for COPY, 1,000 to a transaction. */
function* narrowBatches(options: IngestBenchOptions, round: number): Generator<string> {
  let rows: string[] = [];
  for (let tick = 0; tick < options.ticks; tick++)
    for (let device = 0; device < options.agents * options.devicesPerAgent; device++)
      for (const [metric] of metrics.entries()) {
        const at = new Date(
          startMs + (round * options.ticks + tick) * tickMs + ((device * 37 + tick * 11) % 50),
        ).toISOString();
        rows.push(`${device + 1}\t${metric + 1}\t${at}\t${reading(device, metric, tick)}\n`);
        if (rows.length < 1_000) continue;
        yield rows.join('');
        rows = [];
      }
  if (rows.length > 0) yield rows.join('');
}

const narrowTable = `create table if not exists bench_narrow (
  device_sid integer not null, metric integer not null, at timestamptz not null, value double precision not null,
  primary key (device_sid, metric, at))`;
const copyNarrow = 'copy bench_narrow from stdin';

/** Where the narrow rows go. Copies one batch durably. */
interface Baseline extends AsyncDisposable {
  copy(batch: string): Promise<void>;
  bytes(): Promise<number>;
}

async function postgresBaseline(store: Store): Promise<Baseline> {
  await store.pool.query(narrowTable);
  const client = await store.pool.connect();
  return {
    copy: async (batch) => {
      const stream = client.query(copyFrom(copyNarrow));
      const finished = once(stream, 'finish');
      stream.end(batch);
      await finished;
    },
    bytes: () => store.tableBytes('bench_narrow'),
    [Symbol.asyncDispose]: async () => client.release(),
  };
}

/** The same embedded engine, in this thread: the baseline saves the way between threads. */
async function embeddedBaseline(): Promise<Baseline> {
  const folder = temporaryFolder();
  const engine = await openEngine(join(folder.path, 'database'));
  engine.execute(simpleQuery(narrowTable));
  const message = (type: string, body: Buffer) => {
    const head = Buffer.alloc(5);
    head.write(type, 0, 'latin1');
    head.writeInt32BE(body.length + 4, 1);
    return Buffer.concat([head, body]);
  };
  return {
    copy: async (batch) => {
      const parts = [simpleQuery(copyNarrow), message('d', Buffer.from(batch)), message('c', Buffer.alloc(0))];
      const answer = Buffer.from(engine.execute(Buffer.concat(parts))).toString('latin1');
      if (!answer.includes('COPY ')) throw new Error(`COPY failed: ${answer}`);
    },
    bytes: async () => {
      const answer = Buffer.from(
        engine.execute(simpleQuery("select 'bytes=' || pg_total_relation_size('bench_narrow')")),
      );
      return Number(/bytes=(\d+)/.exec(answer.toString('latin1'))?.[1] ?? 0);
    },
    [Symbol.asyncDispose]: async () => {
      await engine.close();
      folder[Symbol.dispose]();
    },
  };
}

/** CPU seconds of this process and of a database server with all its children, dead ones included. */
function cpuSeconds(serverPid: number): number {
  const own = process.cpuUsage();
  let ticks = 0;
  if (serverPid > 0)
    for (const entry of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
      try {
        const fields = readFileSync(`/proc/${entry}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
        if (Number(entry) === serverPid) ticks += [11, 12, 13, 14].reduce((sum, at) => sum + Number(fields[at]), 0);
        else if (Number(fields[1]) === serverPid) ticks += Number(fields[11]) + Number(fields[12]);
      } catch {
        // It ended between the list and the look; the postmaster has its time.
      }
    }
  return (own.user + own.system) / 1e6 + ticks / 100;
}

async function timed(serverPid: number, work: () => Promise<unknown>): Promise<{ seconds: number; cpu: number }> {
  const cpu = cpuSeconds(serverPid);
  const started = performance.now();
  await work();
  return { seconds: (performance.now() - started) / 1_000, cpu: cpuSeconds(serverPid) - cpu };
}

const median = (values: readonly number[]) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);

/** Runs baseline and ingest in turn on one engine and measures both. */
async function benchIngestStore(options: IngestBenchOptions): Promise<IngestBenchResult> {
  using folder = temporaryFolder();
  await using server =
    options.engine === 'postgresql' ? await startPostgres(['shared_buffers=1GB', 'max_wal_size=4GB']) : undefined;
  const databaseUrl = await server?.createDatabase('edufleet');
  await using store = await openStore({
    databaseUrl,
    dataDir: server ? tmpdir() : folder.path,
    clock: systemClock,
    log: silentLog,
  });
  await using baseline = server ? await postgresBaseline(store) : await embeddedBaseline();
  const fleet = await createFleet(store);
  const devices = await makeDevices(fleet, options);
  const telemetry = createTelemetry({ store, clock: systemClock, log: silentLog });
  const commands = { applyResults: async () => {} };
  await using ingest = createIngest({ ...fleet, telemetry, commands, log: silentLog });
  const pid = server?.pid ?? 0;
  const copies: { seconds: number; cpu: number }[] = [];
  const ingests: { seconds: number; cpu: number }[] = [];
  let samples = 0;
  for (let round = 0; round < options.rounds; round++) {
    const plan = buildPayloads(options, devices, round);
    samples = plan.samples;
    const batches = [...narrowBatches(options, round)];
    copies.push(
      await timed(pid, async () => {
        for (const batch of batches) await baseline.copy(batch);
      }),
    );
    ingests.push(await timed(pid, () => Promise.all([...plan.payloads].map(([agent, list]) => sendAll(agent, list)))));
  }
  async function sendAll(agent: string, payloads: readonly Uint8Array[]): Promise<void> {
    for (let at = 0; at < payloads.length; at += options.window)
      await Promise.all(payloads.slice(at, at + options.window).map((payload) => ingest.submit(agent, payload)));
  }
  const all = samples * options.rounds;
  const bytesFrame = (await store.tableBytes('telemetry_frame')) / all;
  const compaction = await timed(pid, () => telemetry.compact(0));
  const layers = await Promise.all(
    (['telemetry_chunk', 'telemetry_five_minute', 'telemetry_hourly'] as const).map((table) => store.tableBytes(table)),
  );
  const copySpeed = samples / median(copies.map(({ seconds }) => seconds));
  const ingestSpeed = samples / median(ingests.map(({ seconds }) => seconds));
  const perMillion = (cpu: number) => (cpu / all) * 1e6;
  return {
    engine: options.engine,
    samples: all,
    copyNarrow: copySpeed,
    ingest: ingestSpeed,
    ratio: ingestSpeed / copySpeed,
    bytesNarrow: (await baseline.bytes()) / all,
    bytesFrame,
    bytesChunk: (layers[0] ?? 0) / all,
    bytesRollups: ((layers[1] ?? 0) + (layers[2] ?? 0)) / all,
    chunkToNarrow96: (layers[0] ?? 0) / all / 96,
    cpuCopy: perMillion(sum(copies.map(({ cpu }) => cpu))),
    cpuIngest: perMillion(sum(ingests.map(({ cpu }) => cpu))),
    cpuCompaction: perMillion(compaction.cpu),
    compactionPerSecond: all / compaction.seconds,
    dayMs: await timeOfDay(fleet, telemetry),
  };
}

async function makeDevices(fleet: Awaited<ReturnType<typeof createFleet>>, options: IngestBenchOptions) {
  const devices = new Map<string, string[]>();
  for (let index = 0; index < options.agents; index++) {
    const id = `bench-${index}`;
    const first = await fleet.addAgent(id);
    const template = await fleet.store.db
      .selectFrom('device')
      .selectAll()
      .where('id', '=', first)
      .executeTakeFirstOrThrow();
    const more = Array.from({ length: options.devicesPerAgent - 1 }, (_, number) => `bench-${index}-${number}`);
    if (more.length > 0)
      await fleet.store.db
        .insertInto('device')
        .values(
          more.map((device) => ({
            id: device,
            agent_id: id,
            unit_id: template.unit_id,
            family: 'x',
            name: device,
            name_folded: device,
            name_sort: device,
            search: device,
            adopted_by: 'bench',
          })),
        )
        .execute();
    devices.set(id, [first, ...more]);
  }
  await fleet.registry.load();
  return devices;
}

async function timeOfDay(
  fleet: Awaited<ReturnType<typeof createFleet>>,
  telemetry: ReturnType<typeof createTelemetry>,
) {
  const times: number[] = [];
  const range = { from: new Date(startMs).toISOString(), to: new Date(startMs + 86_400_000).toISOString() };
  for (const device of [...fleet.registry.devices()].slice(1, 201)) {
    const started = performance.now();
    await telemetry.series(device, { metric: 'temperature.celsius', ...range, step: '5m' });
    times.push(performance.now() - started);
  }
  times.sort((a, b) => a - b);
  return { p50: times[Math.floor(times.length / 2)] ?? 0, p99: times[Math.floor(times.length * 0.99)] ?? 0 };
}

if (import.meta.main) {
  for (const engine of ['postgresql', 'embedded'] as const) {
    const result = await benchIngestStore({ ...usualIngestBench, engine });
    console.log(
      JSON.stringify(result, (_key, value) => (typeof value === 'number' ? Number(value.toPrecision(4)) : value), 2),
    );
  }
}
