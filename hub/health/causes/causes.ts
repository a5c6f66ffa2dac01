import { hidesDevices, type Verdict } from '../judgement/assess.ts';
import { type CauseKind, kindOf } from '../judgement/codes.ts';
import { type CausePlan, keyOf, type OpenCause, type WantedCause } from './cause.ts';
import { type HintName, hintOfAgent, noFacts, type SchoolFacts } from './hints.ts';
import { reconcile } from './reconcile.ts';

/** One cause, one row: pure grouping of what is wrong behind one agent into the problems that people see. */

/** A device in service and its verdict. */
export interface JudgedDevice {
  readonly id: string;
  readonly unitId: number;
  readonly verdict: Verdict;
  /** The device through which it reaches the network, as far as one of the same agent told. */
  readonly via?: string | undefined;
}

/** An agent with all its devices in service. */
export interface JudgedAgent {
  readonly id: string;
  readonly unitId: number;
  readonly verdict: Verdict;
  readonly devices: readonly JudgedDevice[];
  /** A cause of its school or area tells its silence. */
  readonly isCovered?: boolean;
  readonly facts?: SchoolFacts;
  /** Another agent of its school is heard. */
  readonly othersLive?: boolean;
}

/** From how many devices on, and from which part of the agent's devices, silence is one cause; and where it ends to be one. */
const together = { least: 3, part: 0.5, keep: 2 } as const;

/**
 * What must be opened, changed and resolved so that every wrong device is under exactly one open cause and no cause
 * stands twice. The order of devices and of open causes does not matter.
 */
export function planCauses(agent: JudgedAgent, open: readonly OpenCause[]): CausePlan {
  return reconcile(wantedCauses(agent, open), open, isPartOf);
}

/** One device that fell silent may turn out to have been the first of many. */
function isPartOf(cause: OpenCause, wanted: WantedCause): boolean {
  if (cause.kind !== 'device-unreachable' || cause.deviceId === undefined) return false;
  const isWider = wanted.kind === 'switch-down' || (wanted.kind === 'device-unreachable' && !wanted.deviceId);
  return isWider && wanted.members.includes(cause.deviceId);
}

function wantedCauses(agent: JudgedAgent, open: readonly OpenCause[]): WantedCause[] {
  const devices = [...agent.devices].sort(byId);
  const agentKind = kindOf(agent.verdict.code);
  if (agent.verdict.code && agentKind && hidesDevices(agent.verdict)) {
    if (agent.isCovered) return [];
    const hint =
      agentKind === 'agent-silent' ? hintOfAgent(agent.facts ?? noFacts, agent.othersLive ?? false) : undefined;
    const { code, sinceMs } = agent.verdict;
    return [causeOf(agent, { kind: agentKind, code, openedAtMs: sinceMs, hint }, devices)];
  }
  const wrong = devices.filter(({ verdict }) => kindOf(verdict.code) !== undefined);
  const silent = wrong.filter(isSilent);
  const awake = devices.filter(({ verdict }) => verdict.state !== 'expected-off').length;
  return [
    ...silentCauses(agent, silent, awake, open),
    ...wrong.filter((device) => !isSilent(device)).flatMap((device) => single(agent, device)),
  ];
}

/** Devices that do not answer: all together, under the switch that they hang on, or each alone. */
function silentCauses(
  agent: JudgedAgent,
  silent: readonly JudgedDevice[],
  awake: number,
  open: readonly OpenCause[],
): WantedCause[] {
  const hint = agent.facts?.upsOnBattery ? 'school-mains' : undefined;
  const { groups, rest } = bySwitch(silent);
  if (rest.length > 0 && silencedTogether(rest, silent, awake, open)) {
    const fields = { kind: 'device-unreachable', code: 'EF-2102', openedAtMs: earliest(silent) } as const;
    return [causeOf(agent, { ...fields, hint: hint ?? 'all-behind-agent' }, silent)];
  }
  const switches = [...groups].map(([deviceId, members]) => {
    const fields = { kind: 'switch-down', code: 'EF-2105', openedAtMs: earliest(members) } as const;
    const unitId = members.find(({ id }) => id === deviceId)?.unitId ?? agent.unitId;
    return causeOf({ id: agent.id, unitId }, { ...fields, deviceId, hint: hint ?? 'switch-dead' }, members);
  });
  return [...switches, ...rest.flatMap((device) => single(agent, device))];
}

/** Silent devices by the outermost silent one that they hang on, and those that hang on none and carry none. */
function bySwitch(silent: readonly JudgedDevice[]) {
  const byIds = new Map(silent.map((device) => [device.id, device]));
  const outermost = (device: JudgedDevice): string => {
    const seen = new Set([device.id]);
    let at = device;
    for (let next = at.via; next !== undefined && !seen.has(next); next = at.via) {
      const parent = byIds.get(next);
      if (!parent) break;
      seen.add(next);
      at = parent;
    }
    return cycleOf(at, byIds)?.sort()[0] ?? at.id;
  };
  const groups = new Map<string, JudgedDevice[]>();
  for (const device of silent) {
    const root = outermost(device);
    groups.set(root, [...(groups.get(root) ?? []), device]);
  }
  const rest = [...groups.values()].filter((members) => members.length === 1).flat();
  for (const [root, members] of groups) if (members.length === 1) groups.delete(root);
  return { groups, rest };
}

/** Devices that claim to hang on each other, where this is one of them: the first by name speaks for all. */
function cycleOf(device: JudgedDevice, byIds: ReadonlyMap<string, JudgedDevice>): string[] | undefined {
  const cycle = [device.id];
  for (let next = device.via; next !== undefined && byIds.has(next); next = byIds.get(next)?.via) {
    if (next === device.id) return cycle;
    cycle.push(next);
    if (cycle.length > byIds.size) return undefined;
  }
  return undefined;
}

/** Whether most devices are silent, and more than hang behind known switches. */
function silencedTogether(
  rest: readonly JudgedDevice[],
  silent: readonly JudgedDevice[],
  awake: number,
  open: readonly OpenCause[],
): boolean {
  if (rest.length >= together.least && silent.length >= awake * together.part) return true;
  const stands = open.some(({ kind, deviceId }) => kind === 'device-unreachable' && deviceId === undefined);
  return stands && rest.length >= together.keep;
}

const singleHints: Readonly<Partial<Record<CauseKind, HintName>>> = {
  'device-unreachable': 'device-alone',
  credentials: 'wrong-password',
};

function single(agent: JudgedAgent, device: JudgedDevice): WantedCause[] {
  const { id, unitId, verdict } = device;
  const kind = kindOf(verdict.code);
  if (!kind || !verdict.code) return [];
  const isClock = kind === 'credentials' && agent.facts?.clockWrong;
  const hint = isClock ? 'wrong-clock' : singleHints[kind];
  const { code, sinceMs } = verdict;
  return [causeOf({ id: agent.id, unitId }, { kind, code, deviceId: id, openedAtMs: sinceMs, hint }, [device])];
}

function causeOf(
  { id, unitId }: Pick<JudgedAgent, 'id' | 'unitId'>,
  fields: Pick<WantedCause, 'kind' | 'code' | 'openedAtMs' | 'hint'> & { readonly deviceId?: string },
  devices: readonly JudgedDevice[],
): WantedCause {
  const cause = { ...fields, deviceId: fields.deviceId, agentId: id, unitId };
  return { key: keyOf(cause), ...cause, members: devices.map((device) => device.id) };
}

function isSilent({ verdict }: JudgedDevice): boolean {
  return verdict.code === 'EF-2101';
}

function earliest(devices: readonly JudgedDevice[]): number {
  return devices.reduce((least, { verdict }) => Math.min(least, verdict.sinceMs), Number.POSITIVE_INFINITY);
}

function byId(a: JudgedDevice, b: JudgedDevice): number {
  return a.id < b.id ? -1 : 1;
}
