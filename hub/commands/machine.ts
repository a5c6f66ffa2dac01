import type { Problem } from '../../protocols/fleet/problem.ts';
import type { CommandState, ResultRecord } from '../../protocols/fleet/record.ts';

/** The part of a command that its machine reads and changes. */
export interface CommandProgress {
  readonly state: CommandState;
  readonly notAfterMs: number;
  readonly problem?: Problem;
  readonly output?: Readonly<Record<string, unknown>>;
  /** A person took it back after it had left; the agent's answer is awaited. */
  readonly isCancelAsked?: boolean;
}

export type CommandInput =
  /** The hub is about to hand it to the agent's connection: from here on the agent may have it. */
  | { readonly type: 'sent' }
  | { readonly type: 'report'; readonly report: Pick<ResultRecord, 'state' | 'problem' | 'output'> }
  /** A person takes it back. What has left is not ours to end: the agent is asked, and its answer settles it. */
  | { readonly type: 'cancel' }
  /** The second person agreed: from now on it may go, until the given moment. */
  | { readonly type: 'approve'; readonly notAfterMs: number }
  | { readonly type: 'reject' }
  | { readonly type: 'time'; readonly nowMs: number };

/** How long after `notAfter` the hub still waits for word of a command that was sent, and of one that began. */
export const patienceMs = { sent: 60_000, begun: 600_000 } as const;

const order: Readonly<Record<CommandState, number>> = {
  'awaiting-approval': -1,
  queued: 0,
  sent: 1,
  received: 2,
  running: 3,
  unknown: 4,
  cancelled: 5,
  expired: 5,
  failed: 5,
  succeeded: 5,
};

/** States whose end is still to come. */
export const openStates = [
  'awaiting-approval',
  'queued',
  'sent',
  'received',
  'running',
] as const satisfies readonly CommandState[];

/** A settled command never changes again. `unknown` is not settled: a late result still tells the truth. */
export function isSettled(state: CommandState): boolean {
  return order[state] === 5;
}

/**
 * The machine of design section 4. Returns the same object when nothing changes, so that a double or a late report costs
 * nothing. Reports may come twice and in any order; the first one that settles wins.
 */
export function advance(command: CommandProgress, input: CommandInput): CommandProgress {
  if (isSettled(command.state)) return command;
  switch (input.type) {
    case 'sent':
      return command.state === 'queued' ? { ...command, state: 'sent' } : command;
    case 'report':
      return report(command, input.report);
    case 'cancel':
      return cancel(command);
    case 'approve':
      return command.state === 'awaiting-approval'
        ? { ...command, state: 'queued', notAfterMs: input.notAfterMs }
        : command;
    case 'reject':
      return command.state === 'awaiting-approval'
        ? ended(command, 'cancelled', 'not-approved', 'the second person did not agree; it did not run')
        : command;
    case 'time':
      return overdue(command, input.nowMs);
  }
}

function report(
  command: CommandProgress,
  { state, problem, output }: Pick<ResultRecord, 'state' | 'problem' | 'output'>,
): CommandProgress {
  // The agent can have nothing that was never approved; what it never got, it may still answer a cancellation of.
  if (command.state === 'awaiting-approval' || order[state] <= order[command.state]) return command;
  const { problem: _problem, output: _output, ...rest } = command;
  return { ...rest, state, ...(problem ? { problem } : {}), ...(output ? { output } : {}) };
}

function cancel(command: CommandProgress): CommandProgress {
  switch (command.state) {
    case 'awaiting-approval':
    case 'queued':
      return ended(command, 'cancelled', 'cancelled', 'it was taken back before it was sent; it did not run');
    case 'sent':
    case 'received':
    case 'running':
      return command.isCancelAsked ? command : { ...command, isCancelAsked: true };
    default:
      return command;
  }
}

/** Only what was never sent can be called expired by the hub; of the rest the hub does not know, and says so. */
function overdue(command: CommandProgress, nowMs: number): CommandProgress {
  const lateMs = nowMs - command.notAfterMs;
  if (command.state === 'awaiting-approval' && lateMs > 0)
    return ended(command, 'expired', 'approval-expired', 'no second person agreed in time; it did not run');
  if (command.state === 'queued' && lateMs > 0)
    return ended(
      command,
      'expired',
      'not-sent',
      'it could not be sent before it expired (the agent was away, or a lesson was on); it did not run',
    );
  if (command.state === 'sent' && lateMs > patienceMs.sent)
    return ended(
      command,
      'unknown',
      'no-answer',
      'the agent did not answer in time; the command may or may not have run',
    );
  const begun = command.state === 'received' || command.state === 'running';
  if (begun && lateMs > patienceMs.begun)
    return ended(command, 'unknown', 'no-result', 'the agent took the command and never told how it ended');
  return command;
}

function ended(command: CommandProgress, state: CommandState, code: string, message: string): CommandProgress {
  return { ...command, state, problem: { code, message, retryable: true } };
}
