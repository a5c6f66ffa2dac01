import type { Problem } from '../../protocols/fleet/problem.ts';
import type { CommandState, ResultRecord } from '../../protocols/fleet/record.ts';

/** The part of a command that its machine reads and changes. */
export interface CommandProgress {
  readonly state: CommandState;
  readonly notAfterMs: number;
  readonly problem?: Problem;
  readonly output?: Readonly<Record<string, unknown>>;
}

export type CommandInput =
  /** The hub is about to hand it to the agent's connection: from here on the agent may have it. */
  | { readonly type: 'sent' }
  | { readonly type: 'report'; readonly report: Pick<ResultRecord, 'state' | 'problem' | 'output'> }
  | { readonly type: 'time'; readonly nowMs: number };

/** How long after `notAfter` the hub still waits for word of a command that was sent, and of one that began. */
export const patienceMs = { sent: 60_000, begun: 600_000 } as const;

const order: Readonly<Record<CommandState, number>> = {
  queued: 0,
  sent: 1,
  received: 2,
  running: 3,
  unknown: 4,
  expired: 5,
  failed: 5,
  succeeded: 5,
};

/** States in which the agent may still act or speak. */
export const openStates = ['queued', 'sent', 'received', 'running'] as const satisfies readonly CommandState[];

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
    case 'time':
      return overdue(command, input.nowMs);
  }
}

function report(
  command: CommandProgress,
  { state, problem, output }: Pick<ResultRecord, 'state' | 'problem' | 'output'>,
): CommandProgress {
  if (order[state] <= order[command.state]) return command;
  const { problem: _problem, output: _output, ...rest } = command;
  return { ...rest, state, ...(problem ? { problem } : {}), ...(output ? { output } : {}) };
}

/** Only what was never sent can be called expired by the hub; of the rest the hub does not know, and says so. */
function overdue(command: CommandProgress, nowMs: number): CommandProgress {
  const lateMs = nowMs - command.notAfterMs;
  if (command.state === 'queued' && lateMs > 0)
    return ended(
      command,
      'expired',
      'not-sent',
      'the agent was not connected before the command expired; it did not run',
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
