import type { RolloutState, RolloutStrategy, WaveState } from '../../../protocols/api/operation/rollouts.ts';
import { type ExecutionState, executionStates, isTerminal } from '../../../protocols/fleet/rollout/execution.ts';

/** One artifact for one subject (a device, or an agent itself), as the machine sees it. Moments are milliseconds of the hub's clock. */
export interface Execution {
  readonly id: string;
  readonly wave: number;
  readonly state: ExecutionState;
  readonly revision: number;
  readonly agentId: string;
  /** School, for the limit at once; the agent's own unit where there is none. */
  readonly school: number;
  /** Of those that share it, one at a time is under way. */
  readonly apart?: string;
  readonly offeredAt?: number;
  /** When the agent accepted it. */
  readonly acceptedAt?: number;
  /** Last word of the agent about it. */
  readonly heardAt?: number;
  /** When the agent said that its own check passed; the hub's soak counts from here. */
  readonly confirmedAt?: number;
  readonly code?: string;
}

export type Counts = Readonly<Record<ExecutionState, number>>;

export interface Wave {
  readonly number: number;
  readonly kind: 'canary' | 'wave' | 'catch-up';
  readonly state: WaveState;
  /** Failures that a person decided to leave behind. */
  readonly forgiven: number;
  /** Every execution of the wave, by state; the open ones too. */
  readonly counts: Counts;
}

/** A rollout as the machine needs it. `open` holds what is not at its end, of waves that have begun. */
export interface RolloutView {
  readonly state: RolloutState;
  readonly strategy: RolloutStrategy;
  readonly canGoBack: boolean;
  readonly waves: readonly Wave[];
  readonly open: readonly Execution[];
  /** Expired ones that might be taken into the catch-up wave, those that were tried least first; a page of them. */
  readonly late: readonly Execution[];
  /** Offers of the catch-up wave in the last hour. */
  readonly offeredLastHour: number;
  /** Until then late arrivers are taken. */
  readonly catchUpUntil: number;
}

/** What the machine asks of its neighbours about one execution. */
export interface Facts {
  readonly now: number;
  /** The subject's health by the hub: `unknown` while nothing fresh is known. */
  wellbeing(execution: Execution): 'well' | 'unwell' | 'unknown';
  /** Its agent is connected now. */
  isPresent(execution: Execution): boolean;
  /** Another rollout is changing the same subject, or the agent's order is full. */
  isTaken(execution: Execution): boolean;
}

/** What shall be written; applied in order. */
export type Change =
  | {
      readonly kind: 'execution';
      readonly id: string;
      readonly wave: number;
      readonly from: ExecutionState;
      readonly next: Execution;
    }
  | { readonly kind: 'wave'; readonly number: number; readonly to: WaveState }
  | { readonly kind: 'rollout'; readonly to: RolloutState; readonly reason?: PauseReason };

export type PauseReason = 'tripped' | 'unproven' | 'person';

const none = Object.fromEntries(executionStates.map((state) => [state, 0])) as Record<ExecutionState, number>;

export function countsOf(states: Iterable<ExecutionState>): Counts {
  const counts = { ...none };
  for (const state of states) counts[state]++;
  return counts;
}

export function sum(all: readonly Counts[]): Counts {
  const counts = { ...none };
  for (const one of all) for (const state of executionStates) counts[state] += one[state];
  return counts;
}

/** The counts after one execution went from a state to another. */
export function moved(counts: Counts, from: ExecutionState, to: ExecutionState): Counts {
  if (from === to) return counts;
  return { ...counts, [from]: counts[from] - 1, [to]: counts[to] + 1 };
}

export function countsTotal(counts: Counts): number {
  return Object.values(counts).reduce((total, count) => total + count, 0);
}

/** How many are not at their end. */
export function opensOf(counts: Counts): number {
  return executionStates.reduce((total, state) => total + (isTerminal(state) ? 0 : counts[state]), 0);
}
