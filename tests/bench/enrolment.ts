import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { agentsPage } from '../../protocols/api/agents.ts';
import { voucherBatchSchema } from '../../protocols/api/enrolment/vouchers.ts';
import { unitsPage } from '../../protocols/api/units.ts';
import { enrol } from '../../provisioning/enrolment/enrol.ts';
import { systemClock } from '../../provisioning/platform/clock.ts';
import { startHub } from '../demo/hub.ts';
import { createApi, signIn } from '../support/api.ts';
import { admin } from '../support/live-school.ts';
import { machineFacts } from './machine.ts';
import { cpuSecondsOf } from './process-cpu.ts';

const machines = 1_000;

export interface EnrolmentFigures {
  readonly machines: number;
  readonly perSecond: number;
  readonly medianSeconds: number;
  readonly p99Seconds: number;
  readonly duplicates: number;
  readonly hubCpuMillisecondsEach: number;
  /** Enrolments one after another, of the same machine and hub, in the same run. */
  readonly onePerSecond: number;
  readonly ratioToOneByOne: number;
}

/** A delivery of a thousand machines is switched on at one time, each with its voucher; beside them one after another. */
export async function enrolment(): Promise<{ readonly machine: object; readonly figures: EnrolmentFigures }> {
  await using stack = new AsyncDisposableStack();
  const dataDir = mkdtempSync(join(tmpdir(), 'edufleet-bench-'));
  stack.defer(() => rmSync(dataDir, { recursive: true, force: true }));
  const hub = stack.use(await startHub({ dataDir, port: 0, admin, logLevel: 'warn' }));
  const { url, gatewayUrl } = hub.address;
  const { pid } = hub.child;
  const api = createApi(url, await signIn(url, admin.email, admin.password));
  const unit = (await api.get('/api/v1/units?kind=province&limit=1', unitsPage)).rows[0]?.id;
  const vouchersOf = async (count: number) =>
    (await api.post('/api/v1/vouchers/batch', { unit, label: 'Bench', count, hours: 1 }, voucherBatchSchema)).vouchers;
  const enrolOne = (voucher: string, n: string) =>
    enrol({
      hubUrl: gatewayUrl,
      voucher,
      clock: systemClock,
      fingerprint: { boardSerial: `bench-${n}`, macs: [], diskSerials: [] },
      agentVersion: 'bench',
      hostname: `bench-${n}`,
      hostFamily: 'bench',
    });

  const few = await vouchersOf(30);
  const oneStarted = performance.now();
  for (const [n, { code }] of few.entries()) await enrolOne(code, `one-${n}`);
  const onePerSecond = few.length / ((performance.now() - oneStarted) / 1_000);

  const vouchers = await vouchersOf(machines);
  const cpuBefore = cpuSecondsOf(pid);
  const started = performance.now();
  const times = await Promise.all(
    vouchers.map(async ({ code }, n) => {
      const { agentId } = await enrolOne(code, `all-${n}`);
      return { agentId, seconds: (performance.now() - started) / 1_000 };
    }),
  );
  const seconds = (performance.now() - started) / 1_000;
  const cpuSeconds = cpuSecondsOf(pid) - cpuBefore;
  const sorted = times.map((time) => time.seconds).sort((a, b) => a - b);
  const at = (part: number) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? 0;
  const { total } = await api.get('/api/v1/agents?limit=1', agentsPage);
  const distinct = new Set(times.map(({ agentId }) => agentId)).size;
  const figures: EnrolmentFigures = {
    machines,
    perSecond: machines / seconds,
    medianSeconds: at(0.5),
    p99Seconds: at(0.99),
    duplicates: machines - distinct + (total - machines - few.length),
    hubCpuMillisecondsEach: (cpuSeconds / machines) * 1_000,
    onePerSecond,
    ratioToOneByOne: machines / seconds / onePerSecond,
  };
  const machine = machineFacts();
  console.error(`\n${JSON.stringify(machine)}\n\n${tableOf(figures)}`);
  return { machine, figures };
}

function tableOf(figures: EnrolmentFigures): string {
  const { perSecond, medianSeconds, p99Seconds, duplicates, hubCpuMillisecondsEach, onePerSecond, ratioToOneByOne } =
    figures;
  return [
    `machines at once                 ${machines}`,
    `enrolled a second                ${perSecond.toFixed(1)}`,
    `one after another, a second      ${onePerSecond.toFixed(1)}  (ratio ${ratioToOneByOne.toFixed(2)})`,
    `certificate after, median        ${medianSeconds.toFixed(1)} s`,
    `certificate after, p99           ${p99Seconds.toFixed(1)} s`,
    `hub CPU each                     ${hubCpuMillisecondsEach.toFixed(1)} ms`,
    `twice or too many                ${duplicates}`,
  ].join('\n');
}
