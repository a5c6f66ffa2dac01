import { z } from 'zod';

/** How one artifact for one device goes, in the order in which it happens; the last eight are ends. */
export const executionStates = [
  'planned',
  'offered',
  'accepted',
  'downloading',
  'staged',
  'waiting_window',
  'applying',
  'verifying',
  'succeeded',
  'failed',
  'rejected',
  /** Silent after it began to apply: a failure. */
  'lost',
  /** Never answered, or not begun in time: counted apart, never a failure. */
  'expired',
  'superseded',
  'cancelled',
  'rolled_back',
] as const;
export const executionStateSchema = z.enum(executionStates);
export type ExecutionState = z.infer<typeof executionStateSchema>;

/** Given by the hub, unique in it. */
export const executionIdSchema = z.string().regex(/^[a-z0-9-]{1,40}$/);

const rank: Readonly<Record<ExecutionState, number>> = {
  planned: 0,
  offered: 1,
  accepted: 2,
  downloading: 3,
  staged: 4,
  waiting_window: 5,
  applying: 6,
  verifying: 7,
  succeeded: 8,
  failed: 8,
  rejected: 8,
  lost: 8,
  expired: 8,
  superseded: 8,
  cancelled: 8,
  rolled_back: 8,
};

export function isTerminal(state: ExecutionState): boolean {
  return rank[state] === 8;
}

/** From here on the device is being changed: nothing takes the execution back any more. */
export function hasBegun(state: ExecutionState): boolean {
  return state === 'applying' || state === 'verifying';
}

const onlyBefore: readonly ExecutionState[] = ['rejected', 'expired', 'superseded', 'cancelled'];

/**
 * Whether `to` may follow `from`. Progress only goes forward and may leap over states whose word was lost. What has begun
 * cannot be withdrawn, what never began cannot be lost, and an end stays, save that a late word settles `lost`, and that
 * what was applied can be rolled back.
 */
export function mayFollow(from: ExecutionState, to: ExecutionState): boolean {
  if (from === 'lost') return to === 'succeeded' || to === 'failed' || to === 'rolled_back' || to === 'verifying';
  if (from === 'succeeded' || from === 'failed') return to === 'rolled_back';
  if (isTerminal(from)) return false;
  if (!isTerminal(to)) return rank[to] > rank[from];
  if (onlyBefore.includes(to)) return !hasBegun(from);
  if (to === 'lost') return hasBegun(from);
  return from !== 'planned';
}

/** The state after a word about it: the new one where it may follow, else the one that stands. */
export function advance(from: ExecutionState, to: ExecutionState): ExecutionState {
  return mayFollow(from, to) ? to : from;
}
