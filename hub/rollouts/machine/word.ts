import type { DeploymentRecord } from '../../../protocols/fleet/record.ts';
import { advance, type ExecutionState, isTerminal } from '../../../protocols/fleet/rollout/execution.ts';
import type { Execution } from './model.ts';

type Word = Pick<DeploymentRecord, 'state' | 'revision'> & { readonly code?: string | undefined };

const ofBegun: readonly ExecutionState[] = ['applying', 'verifying', 'succeeded', 'failed', 'rolled_back'];

/**
 * The execution after a word of its agent. A word about an offer that was withdrawn or replaced counts only where it tells
 * that the change had begun before the withdrawal arrived: what runs is followed, whatever was wished. `succeeded` begins
 * the hub's own soak.
 */
export function heard(execution: Execution, word: Word, now: number): Execution {
  const isOld = word.revision < execution.revision || execution.state === 'planned';
  if (word.revision > execution.revision || (isOld && !ofBegun.includes(word.state))) return execution;
  if (word.state === 'succeeded') return confirmed(execution, now);
  const state = next(execution.state, word.state);
  if (state === execution.state && state !== word.state) return execution;
  const isOver = isTerminal(state);
  const { confirmedAt: _, code: __, ...rest } = execution;
  return {
    ...rest,
    state,
    heardAt: now,
    ...(execution.acceptedAt === undefined && !isOver ? { acceptedAt: now } : {}),
    ...(execution.confirmedAt !== undefined && !isOver ? { confirmedAt: execution.confirmedAt } : {}),
    ...(word.code === undefined ? {} : { code: word.code }),
  };
}

function next(from: ExecutionState, to: ExecutionState): ExecutionState {
  // A word that overtook the withdrawal: the offer stood when the agent began.
  return advance(from === 'planned' ? 'offered' : from, to) === to ? to : from;
}

function confirmed(execution: Execution, now: number): Execution {
  const { state, confirmedAt } = execution;
  if (confirmedAt !== undefined && state === 'verifying') return execution;
  if (isTerminal(state) && state !== 'lost') return execution;
  const { code: _, ...rest } = execution;
  return { ...rest, state: 'verifying', acceptedAt: execution.acceptedAt ?? now, heardAt: now, confirmedAt: now };
}
