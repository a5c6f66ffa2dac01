import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DesiredDevice } from '../../protocols/fleet/messages.ts';
import { lanes } from '../../protocols/fleet/record.ts';
import { systemClock } from '../../provisioning/platform/clock.ts';
import { type StandInHub, startStandInHub } from '../support/stand-in-hub.ts';
import { enrolIntoFolder, until } from '../support/test-agent.ts';
import type { IdleReport } from './agent-idle.ts';
import type { AgentReport, Poll } from './agent-process.ts';
import type { SchoolDevice, SchoolOrder } from './agent-school.ts';
import { type BundledChild, startBundled } from './bundled-child.ts';
import type { LoopDelay } from './loop-delay.ts';
import { machineFacts } from './machine.ts';

/** Long enough that each unchanged number is told again once, which happens every five minutes. */
const measuredSeconds = Number(process.env['EDUFLEET_BENCH_SECONDS'] ?? 300);
/** Until each device was met and described. */
const settleSeconds = 45;
/** Silent devices of the second half: every twentieth. */
const stuckEvery = 20;
const daySeconds = 86_400;
/** What a school line of 1 Mbit/s carries in a day, and a LAN of 100 Mbit/s. */
const lineBytesADay = (1e6 / 8) * daySeconds;
const lanBytesADay = 100 * lineBytesADay;

interface Spread {
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
}

export interface AgentFigures {
  readonly devices: number;
  readonly seconds: number;
  readonly rssBytes: number;
  readonly rssRatioToEmptyNode: number;
  readonly cpuPercentOfACore: number;
  readonly loopMs: LoopDelay;
  readonly emptyLoopMs: LoopDelay;
  readonly lanBytesADay: number;
  readonly lanBytesADayByFamily: Readonly<Record<string, number>>;
  readonly hubBytesADay: { readonly up: number; readonly down: number };
  readonly recordsADay: number;
  /** The part of them that is samples; the rest is states and events. */
  readonly sampleShare: number;
  readonly stuck: number;
  /** Of the devices that are never stuck: how late their polls begin, and how long they take. */
  readonly lateMs: { readonly before: Spread; readonly stuck: Spread };
  readonly tookMs: { readonly before: Spread; readonly stuck: Spread };
  readonly pollsASecond: { readonly before: number; readonly stuck: number };
}

/** 200 devices of mixed families on one agent: what it costs, and what ten silent ones do to the others. */
export async function agent(): Promise<{ readonly machine: object; readonly figures: AgentFigures }> {
  await using stack = new AsyncDisposableStack();
  const folder = mkdtempSync(join(tmpdir(), 'edufleet-bench-'));
  stack.defer(() => rmSync(folder, { recursive: true, force: true }));
  const hub = stack.use(await startStandInHub());
  const line = stack.use(await startCountedLine(Number(new URL(hub.mqttUrl).port)));
  const enrolled = stack.use(await enrolIntoFolder(hub, `mqtts://127.0.0.1:${line.port}`));
  const school = stack.use(await startBundled('tests/bench/agent-school.ts', folder));
  const devices = await school.next<SchoolDevice[]>();
  const idle = stack.use(await startBundled('tests/bench/agent-idle.ts', folder));
  await idle.next();
  const child = stack.use(await startBundled('tests/bench/agent-process.ts', folder, [enrolled.path]));
  await child.next();
  await until('the agent says hello', () => hub.ledger(agentId).hellos.length > 0, 60_000);
  console.error(`${devices.length} devices; ${settleSeconds} s to meet them, ${measuredSeconds} s measured ...`);
  await hub.send(agentId, 'down/desired', desiredOf(devices));
  await systemClock.wait(settleSeconds * 1_000);
  const before = await measure(hub, line, child, idle, measuredSeconds);
  const stuck = devices.flatMap((_, place) => (place % stuckEvery === stuckEvery - 1 ? [place] : []));
  console.error(`${stuck.length} devices fall silent; another ${Math.round(measuredSeconds / 2)} s ...`);
  await school.ask({ silence: stuck } satisfies SchoolOrder);
  await systemClock.wait(15_000);
  await child.ask('report');
  const during = await measure(hub, line, child, idle, measuredSeconds / 2);
  const figures = figuresOf(devices, new Set(stuck.map(idOf)), before, during);
  const machine = machineFacts();
  console.error(`\n${JSON.stringify(machine)}\n`);
  console.error(tableOf(figures));
  return { machine, figures };
}

/** The stand-in hub counts its agents from 1. */
const agentId = 'agent-1';
const idOf = (place: number) => `device-${place}`;

function desiredOf(devices: readonly SchoolDevice[]) {
  const wanted = devices.map(
    ({ ports: _ports, ...device }, place): DesiredDevice => ({ ...device, id: idOf(place), name: idOf(place) }),
  );
  return { generation: 1, issuedAt: Date.now(), devices: wanted, refused: [] };
}

interface Measured {
  readonly report: AgentReport;
  readonly idle: IdleReport;
  readonly up: number;
  readonly down: number;
  readonly records: number;
  readonly samples: number;
}

async function measure(
  hub: StandInHub,
  line: CountedLine,
  child: BundledChild,
  idle: BundledChild,
  seconds: number,
): Promise<Measured> {
  const { stored } = hub.ledger(agentId);
  const recordsSoFar = () => lanes.reduce((sum, lane) => sum + stored[lane].length, 0);
  await Promise.all([child.ask('report'), idle.ask('report')]);
  const from = { up: line.up, down: line.down, records: recordsSoFar(), samples: stored.samples.length };
  await systemClock.wait(seconds * 1_000);
  const [report, told] = await Promise.all([child.ask<AgentReport>('report'), idle.ask<IdleReport>('report')]);
  return {
    report,
    idle: told,
    up: line.up - from.up,
    down: line.down - from.down,
    records: recordsSoFar() - from.records,
    samples: stored.samples.length - from.samples,
  };
}

function figuresOf(
  devices: readonly SchoolDevice[],
  stuck: ReadonlySet<string>,
  before: Measured,
  during: Measured,
): AgentFigures {
  const { report } = before;
  const aDay = (count: number) => (count / report.seconds) * daySeconds;
  const healthy = (measured: Measured) =>
    Object.entries(measured.report.polls).flatMap(([id, polls]) => (stuck.has(id) ? [] : polls));
  const lateOf = (polls: readonly Poll[]) => spreadOf(polls.map(([lateMs]) => lateMs));
  const tookOf = (polls: readonly Poll[]) => spreadOf(polls.map(([, tookMs]) => tookMs));
  const [polls, pollsBeside] = [healthy(before), healthy(during)];
  const byFamily = new Map<string, number>();
  for (const { family, ports } of devices) {
    const bytes = ports.reduce((sum, port) => sum + (report.lanBytes[port] ?? 0), 0);
    byFamily.set(family, (byFamily.get(family) ?? 0) + aDay(bytes));
  }
  return {
    devices: devices.length,
    seconds: report.seconds,
    rssBytes: report.rssBytes,
    rssRatioToEmptyNode: report.rssBytes / before.idle.rssBytes,
    cpuPercentOfACore: (report.cpuSeconds / report.seconds) * 100,
    loopMs: report.loopMs,
    emptyLoopMs: before.idle.loopMs,
    lanBytesADay: [...byFamily.values()].reduce((sum, bytes) => sum + bytes, 0),
    lanBytesADayByFamily: Object.fromEntries(byFamily),
    hubBytesADay: { up: aDay(before.up), down: aDay(before.down) },
    recordsADay: aDay(before.records),
    sampleShare: before.samples / before.records,
    stuck: stuck.size,
    lateMs: { before: lateOf(polls), stuck: lateOf(pollsBeside) },
    tookMs: { before: tookOf(polls), stuck: tookOf(pollsBeside) },
    pollsASecond: { before: polls.length / report.seconds, stuck: pollsBeside.length / during.report.seconds },
  };
}

function spreadOf(values: readonly number[]): Spread {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
  return { p50: at(0.5), p99: at(0.99), max: at(1) };
}

interface CountedLine extends AsyncDisposable {
  readonly port: number;
  /** Bytes from and to the agent so far, TLS included, headers of TCP and IP not. */
  readonly up: number;
  readonly down: number;
}

/** The way to the hub, on which bytes are counted. */
async function startCountedLine(target: number): Promise<CountedLine> {
  const counted = { up: 0, down: 0 };
  const server = createServer((near) => {
    const far = connect(target, '127.0.0.1');
    near.on('data', (bytes) => {
      counted.up += bytes.length;
    });
    far.on('data', (bytes) => {
      counted.down += bytes.length;
    });
    near.pipe(far).pipe(near);
    for (const socket of [near, far]) {
      socket.on('error', () => {});
      socket.on('close', () => {
        near.destroy();
        far.destroy();
      });
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    get up() {
      return counted.up;
    },
    get down() {
      return counted.down;
    },
    [Symbol.asyncDispose]: async () => void server.close(),
  };
}

function tableOf(figures: AgentFigures): string {
  const { loopMs, emptyLoopMs, lateMs, tookMs, hubBytesADay, pollsASecond } = figures;
  const mebibytes = (bytes: number) => `${(bytes / 2 ** 20).toFixed(1)} MiB`;
  const spread = ({ p50, p99, max }: Spread) => [p50, p99, max].map((ms) => ms.toFixed(1)).join(' / ');
  const ratio = (a: number, b: number) => (a / Math.max(b, 0.1)).toFixed(2);
  const hubBytes = hubBytesADay.up + hubBytesADay.down;
  const rows: readonly (readonly [string, string])[] = [
    [`agent with ${figures.devices} devices, ${Math.round(figures.seconds)} s`, ''],
    ['RSS', mebibytes(figures.rssBytes)],
    ['  ratio to an empty Node', figures.rssRatioToEmptyNode.toFixed(2)],
    ['CPU, % of a core', figures.cpuPercentOfACore.toFixed(1)],
    ['event loop delay, ms: p50 / p99 / max', spread(loopMs)],
    ['  of an empty Node beside it', spread(emptyLoopMs)],
    ['bytes a day on the LAN (payload, extrapolated)', mebibytes(figures.lanBytesADay)],
    ['  share of a LAN of 100 Mbit/s', `${((figures.lanBytesADay / lanBytesADay) * 100).toFixed(3)} %`],
    ...Object.entries(figures.lanBytesADayByFamily)
      .filter(([, bytes]) => bytes > 0)
      .map(([family, bytes]) => [`  of ${family}`, mebibytes(bytes)] as const),
    ['bytes a day to the hub (TLS, extrapolated): up', mebibytes(hubBytesADay.up)],
    ['bytes a day from the hub: down', mebibytes(hubBytesADay.down)],
    ['  share of a line of 1 Mbit/s', `${((hubBytes / lineBytesADay) * 100).toFixed(2)} %`],
    ['records a day', Math.round(figures.recordsADay).toLocaleString('en')],
    ['  of them samples', `${(figures.sampleShare * 100).toFixed(1)} %`],
    ['  bytes to the hub a record', (hubBytesADay.up / figures.recordsADay).toFixed(1)],
    [`polls a second of the ${figures.devices - figures.stuck} others`, pollsASecond.before.toFixed(2)],
    [`  with ${figures.stuck} devices stuck, ratio`, ratio(pollsASecond.stuck, pollsASecond.before)],
    ['a poll begins late by, ms: p50 / p99 / max', spread(lateMs.before)],
    [`  with ${figures.stuck} devices stuck`, spread(lateMs.stuck)],
    ['  ratio of p99', ratio(lateMs.stuck.p99, lateMs.before.p99)],
    ['a poll takes, ms: p50 / p99 / max', spread(tookMs.before)],
    [`  with ${figures.stuck} devices stuck`, spread(tookMs.stuck)],
    ['  ratio of p50', ratio(tookMs.stuck.p50, tookMs.before.p50)],
  ];
  return rows.map(([label, cell]) => `${label.padEnd(52)}${cell.padStart(24)}`).join('\n');
}
