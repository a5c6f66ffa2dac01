import type { Problem } from '../../protocols/fleet/problem.ts';
import { backoffMs } from './backoff.ts';
import { nextVerdict, statusOf, type Verdict } from './verdict.ts';

type Phase = 'idle' | 'connecting' | 'polling' | 'commanding' | 'waiting' | 'backing-off' | 'stopping' | 'stopped';

/** Where one device stands. */
export interface DeviceState {
  readonly phase: Phase;
  readonly hasSession: boolean;
  /** Attempts that failed since the last one that did not. */
  readonly failures: number;
  /** Undefined until there is evidence. */
  readonly verdict: Verdict | undefined;
}

export type DeviceInput =
  /** `delayMs` spreads the start of many devices. */
  | { readonly kind: 'start'; readonly delayMs: number }
  | { readonly kind: 'connected' }
  | { readonly kind: 'connect-failed'; readonly problem: Problem }
  | { readonly kind: 'polled' }
  | { readonly kind: 'poll-failed'; readonly problem: Problem }
  | { readonly kind: 'commanded' }
  /** A wait is over, or something wants the device now: a command, a person who asks to look again. */
  | { readonly kind: 'wake' }
  | { readonly kind: 'stop' }
  /** The session has let go, or was given up. */
  | { readonly kind: 'closed' };

export type DeviceEffect =
  | { readonly kind: 'connect' }
  | { readonly kind: 'poll' }
  /** Carry out the oldest waiting command. */
  | { readonly kind: 'command' }
  /** Tell those who wait for a command that the device cannot be had. */
  | { readonly kind: 'refuse-commands'; readonly problem: Problem }
  | { readonly kind: 'wait'; readonly delayMs: number }
  | { readonly kind: 'close' }
  | { readonly kind: 'verdict'; readonly verdict: Verdict };

export interface Surroundings {
  /** Wall clock in milliseconds. */
  readonly nowMs: number;
  /** In [0, 1). */
  readonly random: number;
  readonly pollIntervalMs: number;
  readonly hasCommands: boolean;
}

export interface Transition {
  readonly state: DeviceState;
  readonly effects: readonly DeviceEffect[];
}

/** A refused password is not tried quickly again: many devices lock the account. Counts as that many failures. */
const refusedFailures = 5;
/** A device that is there but busy is asked again within 16 s. */
const busyFailures = 4;

export const initialDeviceState: DeviceState = { phase: 'idle', hasSession: false, failures: 0, verdict: undefined };

/**
 * The life of one device. The executor runs the effects in order and answers the last one, when it takes time (connect,
 * poll, command, wait, close), with one input. Inputs that do not fit the phase change nothing. `stopped` is final.
 */
export function advance(state: DeviceState, input: DeviceInput, around: Surroundings): Transition {
  return input.kind === 'stop' ? stop(state) : phases[state.phase](state, input, around);
}

type Step = (state: DeviceState, input: DeviceInput, around: Surroundings) => Transition;

const phases: Readonly<Record<Phase, Step>> = {
  idle: (state, input) => (input.kind === 'start' ? begin(state, input.delayMs) : stay(state)),
  connecting: (state, input, around) => {
    if (input.kind === 'connected') return use({ ...state, hasSession: true }, around);
    return input.kind === 'connect-failed' ? fail(state, input.problem, around) : stay(state);
  },
  polling: (state, input, around) => {
    if (input.kind === 'polled') return succeed(state, around);
    return input.kind === 'poll-failed' ? fail(state, input.problem, around) : stay(state);
  },
  // A look after each command: it may have changed more than it says, or have cost us the session.
  commanding: (state, input, around) => (input.kind === 'commanded' ? use(state, around) : stay(state)),
  waiting: (state, input, around) => (input.kind === 'wake' ? use(state, around) : stay(state)),
  'backing-off': (state, input) =>
    input.kind === 'wake' ? enter({ ...state, phase: 'connecting' }, { kind: 'connect' }) : stay(state),
  stopping: (state, input) => stopping(state, input),
  stopped: (state) => stay(state),
};

function begin(state: DeviceState, delayMs: number): Transition {
  if (delayMs <= 0) return enter({ ...state, phase: 'connecting' }, { kind: 'connect' });
  return enter({ ...state, phase: 'backing-off' }, { kind: 'wait', delayMs });
}

/** With a session: commands go before polls. */
function use(state: DeviceState, around: Surroundings): Transition {
  if (around.hasCommands) return enter({ ...state, phase: 'commanding' }, { kind: 'command' });
  return enter({ ...state, phase: 'polling' }, { kind: 'poll' });
}

function succeed(state: DeviceState, around: Surroundings): Transition {
  const verdict = nextVerdict(state.verdict, 'up', undefined, around.nowMs);
  const next = { ...state, failures: 0, verdict };
  const told: DeviceEffect = { kind: 'verdict', verdict };
  if (around.hasCommands) return enter({ ...next, phase: 'commanding' }, told, { kind: 'command' });
  return enter({ ...next, phase: 'waiting' }, told, { kind: 'wait', delayMs: around.pollIntervalMs });
}

/**
 * One lost poll of a device that was up is tried again at once before it counts; an answer, even a refusal, is evidence
 * by itself. A device that says "not now" keeps its session; every other failure costs it.
 */
function fail(state: DeviceState, problem: Problem, around: Surroundings): Transition {
  const status = statusOf(problem);
  const failures = state.failures + 1;
  const isEvidence = failures > 1 || status === 'up' || status === 'up-without-authentication';
  const verdict = isEvidence ? nextVerdict(state.verdict, status, problem, around.nowMs) : state.verdict;
  const told: DeviceEffect[] = isEvidence && verdict ? [{ kind: 'verdict', verdict }] : [];
  if (status === 'up' && state.hasSession) {
    const next: DeviceState = { ...state, failures: 0, verdict, phase: 'waiting' };
    if (around.hasCommands) return enter({ ...next, phase: 'commanding' }, ...told, { kind: 'command' });
    return enter(next, ...told, { kind: 'wait', delayMs: around.pollIntervalMs });
  }
  const refused: DeviceEffect[] = around.hasCommands && isEvidence ? [{ kind: 'refuse-commands', problem }] : [];
  const closed: DeviceEffect[] = state.hasSession ? [{ kind: 'close' }] : [];
  return enter(
    { ...state, phase: 'backing-off', hasSession: false, failures, verdict },
    ...told,
    ...refused,
    ...closed,
    { kind: 'wait', delayMs: backoffMs(countedFailures(status, failures), around.random) },
  );
}

function countedFailures(status: Verdict['status'], failures: number): number {
  if (status === 'up-without-authentication') return failures + refusedFailures;
  // It is there and will be ready soon.
  return status === 'up' ? Math.min(failures, busyFailures) : failures;
}

function stop(state: DeviceState): Transition {
  if (state.phase === 'stopped' || state.phase === 'stopping') return stay(state);
  const isAsking = state.phase === 'connecting' || state.phase === 'polling' || state.phase === 'commanding';
  if (isAsking) return { state: { ...state, phase: 'stopping' }, effects: [] };
  if (state.hasSession) return enter({ ...state, phase: 'stopping' }, { kind: 'close' });
  return { state: { ...state, phase: 'stopped' }, effects: [] };
}

/** What was under way when the stop came has ended; the session goes, if there is one. */
function stopping(state: DeviceState, input: DeviceInput): Transition {
  switch (input.kind) {
    case 'closed':
    case 'connect-failed':
      return { state: { ...state, phase: 'stopped', hasSession: false }, effects: [] };
    case 'connected':
    case 'polled':
    case 'poll-failed':
    case 'commanded':
      return enter({ ...state, hasSession: true }, { kind: 'close' });
    default:
      return stay(state);
  }
}

function enter(state: DeviceState, ...effects: DeviceEffect[]): Transition {
  return { state, effects };
}

function stay(state: DeviceState): Transition {
  return { state, effects: [] };
}
