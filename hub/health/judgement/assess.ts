import type { HealthState } from '../../../protocols/api/health.ts';
import type { CapabilityState } from '../../../protocols/fleet/capabilities/index.ts';
import { type HealthCodeName, healthCodes } from './codes.ts';
import type { Condition } from './conditions.ts';
import { type PowerExpectation, wakeMs } from './expectation.ts';
import { codeOfErrors, type PartError } from './light-path.ts';

/** The heart of health: pure decisions from three signals that are never blended (design section 6). */

/**
 * Silence after which an agent counts as unreachable: two missed heartbeats and grace. It is looked at every 5 s, so that
 * before 90 s are full it is told.
 */
export const agentSilentMs = 85_000;
/**
 * How long an agent may take to come back when the hub could not be reached: the longest pause between two attempts
 * (5 min), and the time to greet.
 */
export const agentReturnMs = 330_000;
/** Three times the longest interval in which an agent reports each device at least once. */
export const deviceStaleMs = 900_000;
/** Clock error of an agent that is worth a word. */
const clockSkewLimitMs = 300_000;
/** Storage in use: at which percentage it is told, and below which it is well again. */
const storageFull = { tell: 95, clear: 93 } as const;
/** Charge of a battery without a charger: below which percentage it is told, and from which on it is well again. */
const batteryLow = { tell: 15, clear: 20 } as const;

/** A decision: what it is, why by its code, and since when. */
export interface Verdict {
  readonly state: HealthState;
  readonly code: HealthCodeName | undefined;
  readonly sinceMs: number;
}

export interface AgentSignals {
  readonly status: 'active' | 'quarantined' | 'revoked';
  /** It was heard after the last verdict was made. */
  readonly heardSince: boolean;
  /** How much of its patience it has used while this hub was listening, by the monotonic clock. */
  readonly quietMs: number;
  /** How long it has been silent; the same where it needs no time to come back. */
  readonly silentMs?: number;
  readonly clockSkewMs: number | undefined;
  /** It gives up records just now. */
  readonly shedding: boolean;
}

/** Verdict on an agent. `before` is the last one, of this hub or from the database after a restart. */
export function assessAgent(signals: AgentSignals, before: Verdict | undefined, nowMs: number): Verdict {
  const code = agentCode(signals, before);
  if (code === 'EF-1001' && before?.code !== code)
    return verdict(code, undefined, nowMs - (signals.silentMs ?? signals.quietMs));
  return verdict(code, before, nowMs);
}

function agentCode(signals: AgentSignals, before: Verdict | undefined): HealthCodeName | undefined {
  if (signals.status === 'revoked') return 'EF-1005';
  if (signals.status === 'quarantined') return 'EF-1004';
  // A restart of the hub flips nobody: who was silent stays so until it is heard, whoever was not gets the whole time again.
  if (before?.code === 'EF-1001' && !signals.heardSince) return 'EF-1001';
  if (signals.quietMs > agentSilentMs) return 'EF-1001';
  if (Math.abs(signals.clockSkewMs ?? 0) > clockSkewLimitMs) return 'EF-1002';
  return signals.shedding ? 'EF-1003' : undefined;
}

/** Findings of an agent that hide its devices: nothing is known of them until it is back. */
const hiding: ReadonlySet<HealthCodeName | undefined> = new Set<HealthCodeName>(['EF-1001', 'EF-1004', 'EF-1005']);

/** Whether devices behind an agent with this verdict can be seen. */
export function hidesDevices(agent: Verdict | undefined): boolean {
  return hiding.has(agent?.code);
}

export interface DeviceSignals {
  readonly agent: Verdict | undefined;
  readonly reachability: CapabilityState<'reachability'>['status'] | undefined;
  readonly lamp: Pick<CapabilityState<'lamp'>, 'errors'> | undefined;
  readonly temperature: CapabilityState<'temperature'>['level'] | undefined;
  /** Use of the fullest volume. */
  readonly storagePercent: number | undefined;
  /** What the device finds wrong with its parts. */
  readonly faults: readonly PartError[];
  /** What its other capabilities mean. */
  readonly conditions: readonly Condition[];
  /** Charge of a battery that no charger fills now. */
  readonly batteryPercent: number | undefined;
  /** What it told of its power. */
  readonly power?: CapabilityState<'power'>['state'] | undefined;
  /** Of a device that people switch daily, where it is known what is expected. */
  readonly expectation?: PowerExpectation | undefined;
  /** How long ago it was last seen off at a time when it could be. */
  readonly leftOffMs?: number | undefined;
  /** A report of it came after the last verdict was made. */
  readonly heardSince: boolean;
  /** Time without a report while hub and agent were listening, by the monotonic clock. */
  readonly quietMs: number;
}

/** Verdict on a device, worst finding first. */
export function assessDevice(signals: DeviceSignals, before: Verdict | undefined, nowMs: number): Verdict {
  const { agent } = signals;
  if (agent?.code && hidesDevices(agent)) {
    // Under the cause of its agent a device is not known to be anything; its own trouble is told again afterwards.
    if (before?.state === 'unknown' && before.code === agent.code) return before;
    return { state: 'unknown', code: agent.code, sinceMs: agent.sinceMs };
  }
  return verdict(deviceCode(signals, before), before, nowMs);
}

function deviceCode(signals: DeviceSignals, before: Verdict | undefined): HealthCodeName | undefined {
  const { reachability } = signals;
  // What does not answer has nothing to report: only this signal counts for it.
  const dark = darkCode(signals, before);
  if (dark) return mayBeDark(signals, before) ? 'EF-2104' : dark;
  if (reachability === undefined) return 'EF-2001';
  if (reachability === 'up-without-authentication') return 'EF-2201';
  if (reachability === 'reachable') return 'EF-2103';
  const found = conditionCode(signals, before);
  return found === undefined && isOffInTime(signals) ? 'EF-2104' : found;
}

function darkCode(signals: DeviceSignals, before: Verdict | undefined): 'EF-2101' | 'EF-2002' | undefined {
  if (signals.reachability === 'unreachable') return 'EF-2101';
  return isStale(signals, before) ? 'EF-2002' : undefined;
}

/** Whether silence is well now: the device may be off, or has just left the time in which it could be. */
function mayBeDark({ expectation, leftOffMs = 0 }: DeviceSignals, before: Verdict | undefined): boolean {
  if (expectation?.expected === 'off') return true;
  // The bell repairs nothing: what was missed in the lesson stays missed for a while.
  if (expectation?.expected === 'either') return before?.code !== 'EF-2101' && before?.code !== 'EF-2002';
  return before?.code === 'EF-2104' && leftOffMs < wakeMs;
}

/** It answers that it is off, at a time when it may be. */
function isOffInTime({ power, expectation }: DeviceSignals): boolean {
  return power === 'off' && expectation !== undefined && expectation.expected !== 'on';
}

function isStale({ quietMs, heardSince, power }: DeviceSignals, before: Verdict | undefined): boolean {
  if (before?.code === 'EF-2002' && !heardSince) return true;
  // Off as planned because it was quiet: a restart of the hub is no report.
  if (before?.code === 'EF-2104' && power !== 'off' && !heardSince) return true;
  return quietMs > deviceStaleMs;
}

/** The worst finding; of equally bad ones that which is likelier the root of the others. */
function conditionCode(signals: DeviceSignals, before: Verdict | undefined): HealthCodeName | undefined {
  const { conditions, batteryPercent = 100, storagePercent = 0 } = signals;
  const isFull = storagePercent >= (before?.code === 'EF-2305' ? storageFull.clear : storageFull.tell);
  const isEmpty = batteryPercent < (before?.code === 'EF-2432' ? batteryLow.clear : batteryLow.tell);
  const codes = [
    codeOfErrors(errorsOf(signals)),
    ...conditions.map(({ code }) => code),
    ...(isEmpty ? ['EF-2432' as const] : []),
    ...(isFull ? ['EF-2305' as const] : []),
  ].filter((code) => code !== undefined);
  return codes.find((code) => healthCodes[code].state === 'fault') ?? codes[0];
}

/** Each error of a part once, also when the device tells it in several ways. */
export function errorsOf({ lamp, temperature, faults }: DeviceSignals): readonly PartError[] {
  const errors = new Map<string, PartError>();
  const add = (error: PartError) => {
    if (errors.get(error.part)?.level !== 'error') errors.set(error.part, error);
  };
  for (const error of [...(lamp?.errors ?? []), ...faults]) add(error);
  if (temperature === 'error' || temperature === 'warning') add({ part: 'temperature', level: temperature });
  return [...errors.values()];
}

/** The same finding keeps its age. */
function verdict(code: HealthCodeName | undefined, before: Verdict | undefined, nowMs: number): Verdict {
  const state: HealthState = code ? healthCodes[code].state : 'ok';
  if (before && before.code === code && before.state === state) return before;
  return { state, code, sinceMs: nowMs };
}
