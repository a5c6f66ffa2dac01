import type { HealthVerdict } from '../../../protocols/api/health.ts';
import type { Label } from '../../../protocols/fleet/capabilities/index.ts';
import { type DeviceSignals, errorsOf, type Verdict } from './assess.ts';
import { type HealthCode, healthCodes } from './codes.ts';
import { wakeMs } from './expectation.ts';
import { wordsOfError } from './light-path.ts';

/** What is known of an agent beyond its verdict, for the words. */
export interface AgentFacts {
  readonly name: string;
  readonly verdict: Verdict | undefined;
  readonly connected: boolean;
  readonly heardAtMs: number | undefined;
  readonly clockSkewMs: number | undefined;
}

/** What is known of a device beyond its verdict. */
export interface DeviceFacts {
  readonly signals: DeviceSignals;
  /** What the probe said, in its own words, and when it was stored. */
  readonly probe: { readonly message: string | undefined; readonly atMs: number } | undefined;
  readonly reportedAtMs: number | undefined;
  /** The switch that a silent device hangs on. */
  readonly behind?: { readonly name: string; readonly port: string; readonly isSilent: boolean } | undefined;
}

type Evidence = HealthVerdict['evidence'][number];

/** The chain of facts behind a device's verdict, from the agent inwards: "Vì sao?". */
export function explainDevice(
  verdict: Verdict,
  agent: AgentFacts,
  device: DeviceFacts,
  cause: string | undefined,
): HealthVerdict {
  const evidence = [...agentEvidence(agent)];
  if (!isHidden(verdict, agent)) evidence.push(...deviceEvidence(verdict, device));
  else
    evidence.push(
      line(undefined, {
        vi: 'Trạng thái của thiết bị chưa rõ cho đến khi bộ thu thập trở lại',
        en: 'Nothing is known of the device until its agent is back',
      }),
    );
  return told(verdict, evidence, cause);
}

/** The chain of facts behind an agent's verdict. */
export function explainAgent(verdict: Verdict, agent: AgentFacts, cause: string | undefined): HealthVerdict {
  return told(verdict, agentEvidence(agent), cause);
}

function isHidden(verdict: Verdict, agent: AgentFacts): boolean {
  return verdict.state === 'unknown' && verdict.code !== undefined && verdict.code === agent.verdict?.code;
}

function told(verdict: Verdict, evidence: Evidence[], cause: string | undefined): HealthVerdict {
  const code: HealthCode | undefined = verdict.code && healthCodes[verdict.code];
  return {
    state: verdict.state,
    since: new Date(verdict.sinceMs).toISOString(),
    evidence,
    ...(verdict.code ? { code: verdict.code } : {}),
    ...(cause === undefined ? {} : { cause }),
    ...(code ? { next: code.next } : {}),
  };
}

function agentEvidence(agent: AgentFacts): Evidence[] {
  const { name, verdict, connected, heardAtMs, clockSkewMs } = agent;
  const silent = verdict?.code === 'EF-1001';
  const lines = [
    line(
      !silent,
      silent
        ? { vi: `Bộ thu thập ${name} im lặng`, en: `Agent ${name} is silent` }
        : { vi: `Bộ thu thập ${name} có nhịp đều`, en: `Agent ${name} gives signs of life` },
      heardAtMs,
    ),
    line(
      connected,
      connected
        ? { vi: 'Phiên kết nối của bộ thu thập đang mở', en: "The agent's session is open" }
        : { vi: 'Bộ thu thập không có phiên kết nối', en: 'The agent has no session' },
    ),
  ];
  if (verdict?.code === 'EF-1002') {
    const minutes = Math.round(Math.abs(clockSkewMs ?? 0) / 60_000);
    lines.push(line(false, { vi: `Đồng hồ lệch ${minutes} phút`, en: `Its clock is ${minutes} minutes off` }));
  }
  if (verdict?.code && ['EF-1003', 'EF-1004', 'EF-1005'].includes(verdict.code))
    lines.push(line(false, healthCodes[verdict.code].title));
  return lines;
}

const probeWords: Readonly<Record<NonNullable<DeviceSignals['reachability']>, Label>> = {
  up: { vi: 'Thiết bị trả lời', en: 'The device answers' },
  'up-without-authentication': {
    vi: 'Thiết bị trả lời nhưng không nhận mật khẩu',
    en: 'The device answers, but refuses our credentials',
  },
  reachable: { vi: 'Cổng mạng mở nhưng dịch vụ không trả lời', en: 'A port is open, the service does not answer' },
  unreachable: { vi: 'Thiết bị không trả lời', en: 'The device does not answer' },
};

function deviceEvidence(verdict: Verdict, { signals, probe, reportedAtMs, behind }: DeviceFacts): Evidence[] {
  const { reachability } = signals;
  const isExpected = verdict.code === 'EF-2104';
  const lines = behind ? [behindEvidence(behind)] : [];
  lines.push(...expectationEvidence(verdict, signals));
  if (reachability) {
    const words = probeWords[reachability];
    // What it says although it is well is told by its conditions, in both languages.
    const said = probe?.message && reachability !== 'up' ? `: ${probe.message}` : '';
    // Silence that is expected is no failure.
    const ok = isExpected && reachability !== 'up' ? undefined : reachability === 'up';
    lines.push(line(ok, { vi: words.vi + said, en: words.en + said }, probe?.atMs));
  } else lines.push(line(undefined, { vi: 'Thiết bị chưa được kiểm tra', en: 'The device has not been probed yet' }));
  lines.push(...conditionEvidence(signals));
  if (reportedAtMs !== undefined)
    lines.push(
      line(undefined, { vi: 'Số liệu mới nhất của thiết bị', en: 'Latest report of the device' }, reportedAtMs),
    );
  return lines;
}

function behindEvidence({ name, port, isSilent }: NonNullable<DeviceFacts['behind']>): Evidence {
  return isSilent
    ? line(false, {
        vi: `Thiết bị nối qua ${name}, cổng ${port}: thiết bị đó cũng không trả lời`,
        en: `The device hangs on ${name}, port ${port}, which does not answer either`,
      })
    : line(true, {
        vi: `Thiết bị nối qua ${name}, cổng ${port}: thiết bị đó vẫn trả lời`,
        en: `The device hangs on ${name}, port ${port}, which answers`,
      });
}

/** What the calendar or a power schedule expects, where it bears on the verdict. */
function expectationEvidence({ code, state }: Verdict, { expectation, power, leftOffMs }: DeviceSignals): Evidence[] {
  const bears = code === 'EF-2104' || state === 'unreachable' || state === 'stale' || power === 'off';
  if (!bears) return [];
  const lines = expectation ? [line(undefined, expectation.why)] : [];
  if (code === 'EF-2104' && expectation?.expected !== 'off' && leftOffMs !== undefined) {
    const minutes = Math.max(1, Math.ceil((wakeMs - leftOffMs) / 60_000));
    lines.push(
      line(undefined, {
        vi: `Thiết bị còn khoảng ${minutes} phút để bật trước khi bị báo mất kết nối`,
        en: `It has about ${minutes} minutes to come up before it is told missing`,
      }),
    );
  }
  if (power === 'off')
    lines.push(line(undefined, { vi: 'Thiết bị báo đang tắt', en: 'The device says that it is off' }));
  return lines;
}

/** What the device says of itself. */
function conditionEvidence(signals: DeviceSignals): Evidence[] {
  const { temperature, conditions, batteryPercent, storagePercent } = signals;
  const lines: Evidence[] = [];
  const isHot = temperature === 'warning' || temperature === 'error';
  for (const error of errorsOf(signals)) {
    const heat = healthCodes[error.level === 'error' ? 'EF-2303' : 'EF-2304'].title;
    lines.push(line(false, isHot && error.part === 'temperature' ? heat : wordsOfError(error)));
  }
  for (const { code, words } of conditions) lines.push(line(code === undefined ? undefined : false, words));
  if (batteryPercent !== undefined && batteryPercent < 30) {
    const percent = Math.round(batteryPercent);
    lines.push(
      line(percent < 15 ? false : undefined, {
        vi: `Pin còn ${percent} %, không sạc`,
        en: `The battery has ${percent} % and no charger`,
      }),
    );
  }
  if (storagePercent !== undefined) {
    const percent = Math.round(storagePercent);
    lines.push(
      line(percent < 95, { vi: `Ổ đầy nhất dùng ${percent} %`, en: `The fullest volume is ${percent} % used` }),
    );
  }
  return lines;
}

function line(ok: boolean | undefined, words: Label, atMs?: number): Evidence {
  return {
    ...(ok === undefined ? {} : { ok }),
    ...(atMs === undefined ? {} : { at: new Date(atMs).toISOString() }),
    ...words,
  };
}
