import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sql } from 'kysely';
import { Pool } from 'pg';
import { openEmbedded } from '../../hub/store/embedded/open.ts';
import { openStore } from '../../hub/store/index.ts';
import { createTelemetry } from '../../hub/telemetry/index.ts';
import type { RecordBody } from '../../protocols/fleet/record.ts';
import { silentLog } from '../../protocols/ports.ts';
import { systemClock } from '../../provisioning/platform/clock.ts';
import { startHub } from '../demo/hub.ts';
import { admin } from '../support/live-school.ts';
import { postgresPrograms, startPostgres } from '../support/postgres.ts';
import { copyNarrow, type NarrowSample } from './copy-narrow.ts';
import { enrolLoadFleet, type LoadMember } from './load-fleet.ts';
import { machineFacts } from './machine.ts';
import { cpuSecondsOf } from './process-cpu.ts';

/** Ten agents of 50 devices, five numbers a device and tick, one tick a minute. */
const size = { agents: 10, devicesEach: 50, window: 4 } as const;
/** A backlog comes in full frames; live, a frame holds one tick of the school. */
const shapes = { backlog: { ticks: 400, recordsPerFrame: 500 }, live: { ticks: 200, recordsPerFrame: 50 } } as const;
const ticksInAll = shapes.backlog.ticks + shapes.live.ticks;
const metrics = [
  'host.cpuUsed',
  'host.memoryUsed',
  'storage.used',
  'temperature.celsius',
  'reachability.latency',
] as const;
const samplesOf = (ticks: number) => size.agents * size.devicesEach * ticks * metrics.length;
const samplesInAll = samplesOf(ticksInAll);
/** A narrow row in PostgreSQL, table and index (measured elsewhere): the yardstick of the design. */
const narrowRowBytes = 96;

export interface IngestFigures {
  readonly engine: 'embedded' | 'postgresql';
  readonly samples: number;
  readonly durableSamplesPerSecond: number;
  /** The same in live frames, of one tick each. */
  readonly liveSamplesPerSecond: number;
  readonly narrowCopyPerSecond: number;
  readonly ratioToNarrowCopy: number;
  readonly liveRatioToNarrowCopy: number;
  readonly hubCpuMicrosecondsPerSample: number;
  readonly databaseCpuMicrosecondsPerSample: number | undefined;
  readonly loadCpuMicrosecondsPerSample: number;
  readonly wireBytesPerSample: number;
  readonly frameBytesPerSample: number;
  readonly chunkBytesPerSample: number;
  readonly rollupBytesPerSample: number;
  readonly compactionSamplesPerSecond: number;
  readonly ratioToNarrowRow: number;
}

/** Through mTLS and MQTT into the database and acknowledged, beside COPY of narrow rows into the same database. */
export async function ingest(): Promise<{ readonly machine: object; readonly figures: readonly IngestFigures[] }> {
  const figures = [await measure('embedded')];
  if (postgresPrograms()) figures.push(await measure('postgresql'));
  else console.error('skipped: postgresql (no server programs under /usr/lib/postgresql)');
  const machine = machineFacts();
  console.error(`\n${JSON.stringify(machine)}\n`);
  console.error(tableOf(figures));
  return { machine, figures };
}

async function measure(engine: IngestFigures['engine']): Promise<IngestFigures> {
  await using stack = new AsyncDisposableStack();
  const dataDir = mkdtempSync(join(tmpdir(), 'edufleet-bench-'));
  stack.defer(() => rmSync(dataDir, { recursive: true, force: true }));
  const server = engine === 'postgresql' ? stack.use(await startPostgres()) : undefined;
  const databaseUrl = await server?.createDatabase('edufleet');
  const load = await loadHub(dataDir, databaseUrl);
  const stored = await lookAtStore(join(dataDir, 'hub'), databaseUrl);
  if (stored.samples !== samplesInAll)
    throw new Error(`${stored.samples} samples are stored, ${samplesInAll} were acknowledged`);
  const narrow = await measureNarrow(dataDir, databaseUrl);
  return {
    engine,
    samples: samplesInAll,
    durableSamplesPerSecond: load.backlogPerSecond,
    liveSamplesPerSecond: load.livePerSecond,
    narrowCopyPerSecond: narrow,
    ratioToNarrowCopy: load.backlogPerSecond / narrow,
    liveRatioToNarrowCopy: load.livePerSecond / narrow,
    hubCpuMicrosecondsPerSample: load.hubCpu,
    databaseCpuMicrosecondsPerSample: load.databaseCpu,
    loadCpuMicrosecondsPerSample: load.ownCpu,
    wireBytesPerSample: load.wireBytes,
    frameBytesPerSample: stored.frameBytes,
    chunkBytesPerSample: stored.chunkBytes,
    rollupBytesPerSample: stored.rollupBytes,
    compactionSamplesPerSecond: stored.compactionPerSecond,
    ratioToNarrowRow: stored.chunkBytes / narrowRowBytes,
  };
}

async function loadHub(dataDir: string, databaseUrl: string | undefined) {
  await using hub = await startHub({
    dataDir,
    port: 0,
    admin,
    logLevel: 'warn',
    ...(databaseUrl ? { databaseUrl } : {}),
  });
  using fleet = await enrolLoadFleet(hub.address, size);
  const backlog = framesOf(fleet.members, shapes.backlog, 0);
  const postmaster = databaseUrl ? await postmasterOf(databaseUrl) : undefined;
  const before = {
    hub: cpuSecondsOf(hub.child.pid),
    database: postmaster ? cpuSecondsOf(postmaster) : 0,
    own: process.cpuUsage(),
    sent: sentBy(fleet.members),
  };
  const backlogSeconds = await sendAll(backlog);
  const paused = process.cpuUsage();
  const live = framesOf(fleet.members, shapes.live, shapes.backlog.ticks);
  const making = process.cpuUsage(paused);
  const liveSeconds = await sendAll(live);
  const own = process.cpuUsage(before.own);
  const perSample = (cpuSeconds: number) => (cpuSeconds * 1e6) / samplesInAll;
  return {
    backlogPerSecond: samplesOf(shapes.backlog.ticks) / backlogSeconds,
    livePerSecond: samplesOf(shapes.live.ticks) / liveSeconds,
    hubCpu: perSample(cpuSecondsOf(hub.child.pid) - before.hub),
    databaseCpu: postmaster ? perSample(cpuSecondsOf(postmaster) - before.database) : undefined,
    ownCpu: perSample((own.user + own.system - making.user - making.system) / 1e6),
    wireBytes: (sentBy(fleet.members) - before.sent) / samplesInAll,
  };
}

interface Sending {
  readonly member: LoadMember;
  readonly frames: readonly Buffer[];
}

function framesOf(
  members: readonly LoadMember[],
  shape: (typeof shapes)[keyof typeof shapes],
  firstTick: number,
): readonly Sending[] {
  return members.map((member, index) => ({
    member,
    frames: member.agent.prepare('samples', ticksOf(member, index, firstTick, shape.ticks), shape.recordsPerFrame),
  }));
}

/** Sends everything and waits for the last acknowledgement; seconds. */
async function sendAll(sendings: readonly Sending[]): Promise<number> {
  const began = performance.now();
  await Promise.all(sendings.map(({ member, frames }) => member.agent.sendPrepared('samples', frames, size.window)));
  return (performance.now() - began) / 1_000;
}

function sentBy(members: readonly LoadMember[]): number {
  return members.reduce((sum, { agent }) => sum + agent.bytesSent, 0);
}

async function postmasterOf(databaseUrl: string): Promise<number> {
  const pool = new Pool({ connectionString: databaseUrl, max: 1 });
  const { rows } = await pool.query<{ pid: number }>(
    "select (regexp_match(pg_read_file('postmaster.pid'), '^\\d+'))[1]::int as pid",
  );
  await pool.end();
  return rows[0]?.pid ?? 0;
}

/** Numbers that move as real ones do: slow walks with one decimal. */
function* walkOf(seed: number): Generator<number> {
  let state = seed >>> 0;
  let value = 30 + (seed % 40);
  for (;;) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    value = Math.min(99, Math.max(1, value + ((state >>> 16) % 31) / 10 - 1.5));
    yield Math.round(value * 10) / 10;
  }
}

const firstTickMs = Date.now() - ticksInAll * 60_000;

function ticksOf({ devices }: LoadMember, member: number, firstTick: number, ticks: number): readonly RecordBody[] {
  const walks = devices.map((_, device) =>
    metrics.map((_metric, metric) => walkOf(member * 10_000 + device * 10 + metric)),
  );
  const records: RecordBody[] = [];
  for (let tick = firstTick; tick < firstTick + ticks; tick++) {
    for (const [index, device] of devices.entries()) {
      const values = Object.fromEntries(metrics.map((metric, at) => [metric, walks[index]?.[at]?.next().value ?? 0]));
      records.push({
        kind: 'samples',
        at: firstTickMs + tick * 60_000 + index * 7,
        mono: tick * 60_000 + index * 7,
        device,
        values,
      });
    }
  }
  return records;
}

/** What lies in the tables after the load, before and after compaction. The hub has stopped. */
async function lookAtStore(dataDir: string, databaseUrl: string | undefined) {
  await using store = await openStore({ databaseUrl, dataDir, clock: systemClock, log: silentLog });
  const telemetry = createTelemetry({ store, clock: systemClock, log: silentLog });
  await telemetry.load();
  const { rows } = await sql<{
    waiting: number;
  }>`select coalesce(sum(samples), 0)::int as waiting from telemetry_frame`.execute(store.db);
  const frames = await store.tableBytes('telemetry_frame');
  const waiting = rows[0]?.waiting ?? 0;
  const began = performance.now();
  const compacted = await telemetry.compact(-24 * 3_600_000);
  const compactionPerSecond = compacted.samples / ((performance.now() - began) / 1_000);
  const counted = await sql<{
    samples: number;
  }>`select coalesce(sum(samples), 0)::int as samples from telemetry_chunk`.execute(store.db);
  const rollups = (await store.tableBytes('telemetry_five_minute')) + (await store.tableBytes('telemetry_hourly'));
  return {
    samples: counted.rows[0]?.samples ?? 0,
    frameBytes: waiting > 0 ? frames / waiting : Number.NaN,
    chunkBytes: (await store.tableBytes('telemetry_chunk')) / samplesInAll,
    rollupBytes: rollups / samplesInAll,
    compactionPerSecond,
  };
}

async function measureNarrow(dataDir: string, databaseUrl: string | undefined): Promise<number> {
  const samples = Array.from(
    { length: 300_000 },
    (_, n): NarrowSample => ({
      device: n % 500,
      metric: n % metrics.length,
      atMs: 1_700_000_000_000 + Math.floor(n / 500) * 60_000,
      value: (n % 1_000) / 10,
    }),
  );
  if (databaseUrl) {
    const pool = new Pool({ connectionString: databaseUrl, max: 1 });
    const { seconds } = await copyNarrow({ pool }, samples, 1_000);
    await pool.end();
    return samples.length / seconds;
  }
  const folder = join(dataDir, 'narrow');
  await using database = await openEmbedded(folder, systemClock, silentLog);
  const { seconds } = await copyNarrow({ pool: database.pool, folder: join(folder, 'database') }, samples, 1_000);
  return samples.length / seconds;
}

function tableOf(figures: readonly IngestFigures[]): string {
  const rows: readonly [string, (figure: IngestFigures) => string][] = [
    [
      'durable samples/s, mTLS MQTT to database: backlog',
      (f) => Math.round(f.durableSamplesPerSecond).toLocaleString('en'),
    ],
    ['the same, live: one tick of a school a frame', (f) => Math.round(f.liveSamplesPerSecond).toLocaleString('en')],
    ['COPY of narrow rows, rows/s', (f) => Math.round(f.narrowCopyPerSecond).toLocaleString('en')],
    ['  ratio, backlog (goal >= 1.5)', (f) => f.ratioToNarrowCopy.toFixed(2)],
    ['  ratio, live', (f) => f.liveRatioToNarrowCopy.toFixed(2)],
    ['bytes a sample stored: frames as received', (f) => f.frameBytesPerSample.toFixed(2)],
    ['bytes a sample stored: raw chunks', (f) => f.chunkBytesPerSample.toFixed(2)],
    ['  ratio to a narrow row of 96 B (goal <= 0.15)', (f) => f.ratioToNarrowRow.toFixed(3)],
    ['bytes a sample stored: both roll-ups', (f) => f.rollupBytesPerSample.toFixed(2)],
    ['bytes a sample on the wire', (f) => f.wireBytesPerSample.toFixed(2)],
    ['CPU a sample, µs: hub', (f) => f.hubCpuMicrosecondsPerSample.toFixed(2)],
    ['CPU a sample, µs: database server', (f) => f.databaseCpuMicrosecondsPerSample?.toFixed(2) ?? 'in the hub'],
    ['CPU a sample, µs: load generator', (f) => f.loadCpuMicrosecondsPerSample.toFixed(2)],
    ['compaction, samples/s', (f) => Math.round(f.compactionSamplesPerSecond).toLocaleString('en')],
  ];
  const line = (cells: readonly string[]) =>
    cells.map((cell, index) => (index === 0 ? cell.padEnd(50) : cell.padStart(14))).join('');
  return [
    line(['ingest', ...figures.map(({ engine }) => engine)]),
    ...rows.map(([label, cell]) => line([label, ...figures.map(cell)])),
  ].join('\n');
}
