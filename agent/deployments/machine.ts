import { mayFollow } from '../../protocols/fleet/rollout/execution.ts';
import type { OrderExecution } from '../../protocols/fleet/rollout/order.ts';

/** States of an execution as this agent may report them. */
export type HeldState =
  | 'accepted'
  | 'downloading'
  | 'staged'
  | 'waiting_window'
  | 'applying'
  | 'verifying'
  | 'succeeded'
  | 'failed'
  | 'rejected'
  | 'expired'
  | 'cancelled'
  | 'rolled_back';

/** What is written down about one execution before anything is done for it. */
export interface Entry {
  readonly execution: OrderExecution;
  readonly state: HeldState;
  readonly code?: string;
  readonly message?: string;
  readonly waitsFor?: string;
  /** What the artifact's signature calls its version; known once it is verified. */
  readonly wanted?: string;
  /** What the device told last, in this execution. */
  readonly version?: string;
  /** When the watch over what was applied ends, by the hub's clock. */
  readonly soakUntilMs?: number;
}

/** What the agent knows of one execution's surroundings now. */
export interface Facts {
  /** The device is among those that this agent runs. The agent itself always is. */
  readonly isKnown: boolean;
  /** It answers and accepts us; for the agent: the hub has answered since this start. */
  readonly isUp: boolean;
  /** What it runs, by its own word. */
  readonly version?: string;
  /** What holds up the window; undefined when it is open. */
  readonly waitsFor?: string;
  /** An earlier life of this agent began to apply it, and nobody here knows how that ended. */
  readonly isCutOff: boolean;
  /** The agent came back on its own to what it ran before. */
  readonly wentBack?: boolean;
}

export type EffectKind = 'download' | 'apply' | 'confirm' | 'go-back';

/** What is next for one execution: what to write down, then what to do. */
export interface Step {
  readonly entry: Entry;
  readonly effect?: EffectKind;
}

/** How an effect ended. */
export type Outcome =
  | { readonly kind: 'downloaded'; readonly wanted: string }
  | { readonly kind: 'applied'; readonly version?: string }
  /** Try again later; `waitsFor` names what for. */
  | { readonly kind: 'held-up'; readonly waitsFor: string }
  | { readonly kind: 'refused'; readonly code: string; readonly message: string }
  | { readonly kind: 'failed'; readonly code: string; readonly message: string };

/** How long after the soak a silent device may take to come back before that is a failure. */
const patienceMs = 30 * 60_000;

const ends: readonly HeldState[] = ['succeeded', 'failed', 'rejected', 'expired', 'cancelled', 'rolled_back'];

export function hasEnded({ state }: Pick<Entry, 'state'>): boolean {
  return ends.includes(state);
}

/** Whether the device is being changed: nothing takes the execution back from here on. */
export function isBegun({ state }: Pick<Entry, 'state'>): boolean {
  return state === 'applying' || state === 'verifying';
}

/**
 * Takes an order over: what is new is accepted, what it no longer names and has not begun is cancelled, a higher revision of
 * what has not begun starts again. What has begun or ended under the same revision stays as it is.
 */
export function takeOrder(entries: readonly Entry[], executions: readonly OrderExecution[]): readonly Entry[] {
  const ordered = new Map(executions.map((execution) => [execution.id, execution]));
  const kept = entries.flatMap((entry): readonly Entry[] => {
    const wish = ordered.get(entry.execution.id);
    if (!wish) return hasEnded(entry) || isBegun(entry) ? [] : [end(entry, 'cancelled', 'withdrawn')];
    if (wish.revision <= entry.execution.revision || isBegun(entry)) return [];
    return [{ execution: wish, state: 'accepted' }];
  });
  const known = new Set(entries.map(({ execution }) => execution.id));
  const fresh = executions.filter(({ id }) => !known.has(id));
  return [...kept, ...fresh.map((execution): Entry => ({ execution, state: 'accepted' }))];
}

/**
 * The next step of an execution for which nothing is under way; undefined when there is none now, and then it has ended or
 * `waitsFor` names what it waits for. Pure. The caller writes `entry` down before it begins `effect`.
 */
export function nextStep(entry: Entry, facts: Facts, nowMs: number): Step | undefined {
  if (hasEnded(entry)) return undefined;
  if (entry.state === 'applying') return afterApplying(entry, facts, nowMs);
  if (entry.state === 'verifying') return afterSoak(entry, facts, nowMs);
  const { deadline, window } = entry.execution;
  if (nowMs > Math.min(deadline, window.notAfter ?? deadline)) return { entry: end(entry, 'expired', 'deadline') };
  if (!facts.isKnown) return { entry: end(entry, 'rejected', 'unknown-device') };
  if (entry.wanted === undefined) return { entry: move(entry, 'downloading'), effect: 'download' };
  if (facts.waitsFor !== undefined) return wait(entry, facts.waitsFor);
  if (!facts.isUp) return wait(entry, 'device');
  // Already there: an earlier try that was not told, or a person's hand. It is watched all the same.
  if (facts.version === entry.wanted) return { entry: watch(entry, facts.version, nowMs) };
  return { entry: move(entry, 'applying'), effect: 'apply' };
}

/** What an effect's end makes of the execution. An outcome that does not fit its state changes nothing. */
export function settle(entry: Entry, outcome: Outcome, nowMs: number): Entry {
  if (hasEnded(entry)) return entry;
  switch (outcome.kind) {
    case 'downloaded':
      return entry.state === 'downloading' ? { ...move(entry, 'staged'), wanted: outcome.wanted } : entry;
    case 'applied':
      return entry.state === 'applying' ? watch(entry, outcome.version, nowMs) : entry;
    case 'held-up':
      return { ...entry, waitsFor: outcome.waitsFor };
    case 'refused':
      return isBegun(entry)
        ? end(entry, 'failed', outcome.code, outcome.message)
        : end(entry, 'rejected', outcome.code, outcome.message);
    case 'failed':
      return end(entry, 'failed', outcome.code, outcome.message);
  }
}

/** The effect was cut off by the end of an earlier life: the device itself says what came of it. */
function afterApplying(entry: Entry, facts: Facts, nowMs: number): Step | undefined {
  if (facts.wentBack) return { entry: end(entry, 'rolled_back', 'start-failed') };
  if (!facts.isCutOff) return undefined;
  if (!facts.isKnown) return { entry: end(entry, 'failed', 'device-removed') };
  if (facts.version !== undefined && facts.version === entry.wanted)
    return { entry: watch(entry, facts.version, nowMs) };
  const until = entry.soakUntilMs ?? nowMs + patienceMs;
  if (entry.soakUntilMs === undefined) return { entry: { ...entry, soakUntilMs: until, waitsFor: 'device' } };
  if (nowMs < until) return undefined;
  return { entry: end({ ...entry, ...told(facts.version) }, 'failed', 'interrupted') };
}

function afterSoak(entry: Entry, facts: Facts, nowMs: number): Step | undefined {
  if (facts.wentBack) return { entry: end(entry, 'rolled_back', 'start-failed') };
  const until = entry.soakUntilMs ?? nowMs;
  if (nowMs < until) return undefined;
  const version = facts.version ?? entry.version;
  const runsIt = facts.version === undefined || facts.version === (entry.version ?? entry.wanted);
  if (facts.isUp && runsIt) return { entry: { ...end(entry, 'succeeded'), ...told(version) }, effect: 'confirm' };
  if (nowMs < until + patienceMs) return entry.waitsFor === 'device' ? undefined : wait(entry, 'device');
  const code = facts.isUp ? 'wrong-version' : 'unhealthy';
  // Only the agent has what it ran before at hand; a device keeps what it has, and a person looks.
  if (entry.execution.device === undefined) return { entry: end(entry, 'rolled_back', code), effect: 'go-back' };
  return { entry: { ...end(entry, 'failed', code), ...told(version) } };
}

function wait(entry: Entry, waitsFor: string): Step | undefined {
  const next = isBegun(entry) ? entry : move(entry, 'waiting_window');
  if (next.state === entry.state && entry.waitsFor === waitsFor) return undefined;
  return { entry: { ...next, waitsFor } };
}

function watch(entry: Entry, version: string | undefined, nowMs: number): Entry {
  const begun = entry.state === 'applying' ? entry : move(entry, 'applying');
  return {
    ...move(begun, 'verifying'),
    ...told(version ?? entry.wanted),
    soakUntilMs: nowMs + entry.execution.soakSeconds * 1_000,
  };
}

function move(entry: Entry, state: HeldState): Entry {
  const { waitsFor: _waitsFor, ...rest } = entry;
  return mayFollow(entry.state, state) ? { ...rest, state } : rest;
}

function end(entry: Entry, state: HeldState, code?: string, message?: string): Entry {
  const { waitsFor: _waitsFor, soakUntilMs: _until, ...rest } = entry;
  return {
    ...rest,
    state,
    ...(code === undefined ? {} : { code }),
    ...(message === undefined ? {} : { message: message.slice(0, 500) }),
  };
}

function told(version: string | undefined): Pick<Entry, 'version'> {
  return version === undefined ? {} : { version: version.slice(0, 80) };
}
