import { hidesDevices, type Verdict } from '../judgement/assess.ts';
import { type CauseKind, type HealthCodeName, kindOf } from '../judgement/codes.ts';

/** One cause, one row: pure grouping of what is wrong behind one agent into the problems that people see. */

/** A device in service and its verdict. */
export interface JudgedDevice {
  readonly id: string;
  readonly unitId: number;
  readonly verdict: Verdict;
}

/** An agent with all its devices in service: no cause ever reaches beyond one agent. */
export interface JudgedAgent {
  readonly id: string;
  readonly unitId: number;
  readonly verdict: Verdict;
  readonly devices: readonly JudgedDevice[];
}

/** A cause that stands open. `deviceId` is absent when it concerns the agent or several of its devices. */
export interface OpenCause {
  readonly id: string;
  readonly kind: CauseKind;
  readonly code: HealthCodeName;
  readonly agentId: string;
  readonly deviceId: string | undefined;
  readonly unitId: number;
  readonly affected: number;
  readonly affectedPeak: number;
  readonly openedAtMs: number;
}

/** A cause as it should stand, with the devices under it. */
export interface WantedCause {
  readonly key: string;
  readonly kind: CauseKind;
  readonly code: HealthCodeName;
  readonly deviceId: string | undefined;
  readonly unitId: number;
  readonly openedAtMs: number;
  /** Sorted by id. */
  readonly members: readonly string[];
}

export interface CausePlan {
  readonly open: readonly WantedCause[];
  readonly update: readonly { readonly cause: OpenCause; readonly wanted: WantedCause }[];
  readonly resolve: readonly OpenCause[];
  /** All causes that stand afterwards, by key. */
  readonly standing: ReadonlyMap<string, WantedCause>;
}

/** From how many devices on, and from which part of the agent's devices, silence is one cause; and where it ends to be one. */
const together = { least: 3, part: 0.5, keep: 2 } as const;

/**
 * What must be opened, changed and resolved so that every wrong device is under exactly one open cause and no cause
 * stands twice. The order of devices and of open causes does not matter.
 */
export function planCauses(agent: JudgedAgent, open: readonly OpenCause[]): CausePlan {
  const standing = new Map(wantedCauses(agent, open).map((cause) => [cause.key, cause]));
  const kept = new Map<string, OpenCause>();
  const resolve: OpenCause[] = [];
  for (const cause of [...open].sort(byAge)) {
    const key = keyOf(cause);
    if (standing.has(key) && !kept.has(key)) kept.set(key, cause);
    else resolve.push(cause);
  }
  const update = [...kept].flatMap(([key, cause]) => {
    const wanted = standing.get(key);
    return wanted && differs(cause, wanted) ? [{ cause, wanted }] : [];
  });
  return { open: [...standing.values()].filter(({ key }) => !kept.has(key)), update, resolve, standing };
}

/** Names the one thing that a cause is about, within its agent. */
export function keyOf({ kind, deviceId }: Pick<OpenCause, 'kind' | 'deviceId'>): string {
  return `${kind} ${deviceId ?? '*'}`;
}

function wantedCauses(agent: JudgedAgent, open: readonly OpenCause[]): WantedCause[] {
  const devices = [...agent.devices].sort((a, b) => (a.id < b.id ? -1 : 1));
  const agentKind = kindOf(agent.verdict.code);
  if (agent.verdict.code && agentKind && hidesDevices(agent.verdict))
    return [shared(agent, agentKind, agent.verdict.code, agent.verdict.sinceMs, devices)];
  const wrong = devices.filter(({ verdict }) => kindOf(verdict.code) !== undefined);
  const silent = wrong.filter(({ verdict }) => verdict.code === 'EF-2101');
  const isOne = silencedTogether(silent.length, devices.length, open);
  const alone = isOne ? wrong.filter(({ verdict }) => verdict.code !== 'EF-2101') : wrong;
  const causes = alone.flatMap(single);
  if (isOne) {
    const since = Math.min(...silent.map(({ verdict }) => verdict.sinceMs));
    causes.push(shared(agent, 'device-unreachable', 'EF-2102', since, silent));
  }
  return causes;
}

function silencedTogether(silent: number, total: number, open: readonly OpenCause[]): boolean {
  if (silent >= together.least && silent >= total * together.part) return true;
  const stands = open.some(({ kind, deviceId }) => kind === 'device-unreachable' && deviceId === undefined);
  return stands && silent >= together.keep;
}

function single({ id, unitId, verdict }: JudgedDevice): WantedCause[] {
  const kind = kindOf(verdict.code);
  if (!kind || !verdict.code) return [];
  const cause = { kind, code: verdict.code, deviceId: id, unitId, openedAtMs: verdict.sinceMs, members: [id] };
  return [{ key: keyOf(cause), ...cause }];
}

function shared(
  agent: JudgedAgent,
  kind: CauseKind,
  code: HealthCodeName,
  openedAtMs: number,
  devices: readonly JudgedDevice[],
): WantedCause {
  const cause = { kind, code, deviceId: undefined, unitId: agent.unitId, openedAtMs };
  return { key: keyOf(cause), ...cause, members: devices.map(({ id }) => id) };
}

function differs(cause: OpenCause, wanted: WantedCause): boolean {
  return cause.affected !== wanted.members.length || cause.code !== wanted.code || cause.unitId !== wanted.unitId;
}

function byAge(a: OpenCause, b: OpenCause): number {
  return a.openedAtMs - b.openedAtMs || (a.id < b.id ? -1 : 1);
}
