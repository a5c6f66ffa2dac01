import { FatalError } from '../../protocols/errors.ts';
import {
  type CapabilityCommand,
  type CapabilityName,
  obstaclesOf,
  type ReportedStates,
  requireCommand,
} from '../../protocols/fleet/capabilities/index.ts';
import type { Command } from '../../protocols/fleet/messages.ts';
import { type Problem, toProblem } from '../../protocols/fleet/problem.ts';
import type { ResultRecord } from '../../protocols/fleet/record.ts';
import type { Clock, Log } from '../../protocols/ports.ts';
import type { DriverCommand } from '../devices/driver.ts';
import type { CommandOutput } from './command-queue.ts';
import type { RecordSink } from './reporter.ts';

/** How a command ended. */
export interface CommandResult {
  readonly state: 'succeeded' | 'failed' | 'expired' | 'unknown' | 'cancelled';
  readonly problem?: Problem;
  readonly output?: CommandOutput;
}

/** What the journal holds of a command; without a result it was running when the agent died. */
export interface JournaledCommand {
  readonly id: string;
  readonly idempotent: boolean;
  readonly result?: CommandResult;
}

/**
 * The agent's memory of commands: an id runs once, whatever the network repeats. Every call is durable when it returns;
 * entries are kept for at least as long as the hub may repeat a command.
 */
export interface CommandInbox {
  seen(id: string): JournaledCommand | undefined;
  /** Before the action starts. An id that is known already, because an idempotent command runs again, starts anew. */
  begin(id: string, facts: { readonly idempotent: boolean; readonly atMs: number }): void;
  /** Also for a command that never began: expired, refused. */
  finish(id: string, result: CommandResult): void;
  /** Commands that began and did not finish, from an earlier life of the agent. */
  unfinished(): readonly JournaledCommand[];
  /** The newest that have ended, at most `limit`; a journal whose word cannot be lost has no need of it. */
  lately?(limit: number): readonly JournaledCommand[];
}

/** Who carries commands out for one device. */
export interface CommandTarget {
  /** `isGuarded`: the device is asked for its state right before, unless that is fresh. */
  execute(command: DriverCommand, onStart: () => void, isGuarded?: boolean): Promise<CommandOutput>;
  probe(): void;
  /** What the device reported last. */
  reported(): ReportedStates;
}

export interface RouterOptions {
  readonly inbox: CommandInbox;
  readonly target: (device: string) => CommandTarget | undefined;
  readonly sink: RecordSink;
  readonly clock: Clock;
  readonly log: Log;
  /** The hub's wall clock as far as the agent knows it; deadlines are told by it. The agent's own unless given. */
  readonly hubNow?: () => number;
}

/** The longest output that is told, as JSON: the newest part of a device's log fits. Results ride in the lane that is never shed. */
const maxOutputBytes = 20 * 1024;
/** As many as can have been under way when a life ended. */
const retold = 200;
/** Commands under way at once; the hub sends at most 100 in one message. */
const maxRunning = 200;

/**
 * Takes commands from the hub to the devices and tells truthfully what became of each. A command that is not idempotent
 * is journaled before it acts; if the agent dies in between, the answer is `unknown`, and it is never run again.
 */
export class CommandRouter implements AsyncDisposable {
  readonly #options: RouterOptions;
  readonly #running = new Map<string, Promise<void>>();
  /** Under way and begun: too late to take back. */
  readonly #begun = new Set<string>();
  /** Taken back and answered for while they waited for their turn. */
  readonly #cancelled = new Set<string>();

  constructor(options: RouterOptions) {
    this.#options = options;
  }

  /**
   * Answers for what an earlier life of the agent left open, and says again how the last ones ended: that word may have been
   * lost with that life, between the journal and the outbox. Call once, before the first `accept`.
   */
  recover(): void {
    for (const { id, result } of this.#options.inbox.lately?.(retold) ?? []) if (result) this.#tell(id, result);
    for (const { id } of this.#options.inbox.unfinished()) this.#settle(id, interrupted);
  }

  /** Takes commands, oldest first; returns at once. Repeated ones are answered again and not run again. */
  accept(commands: readonly Command[]): void {
    for (const command of commands) {
      if (this.#running.has(command.id)) continue;
      const work = this.#take(command).finally(() => {
        this.#running.delete(command.id);
        this.#begun.delete(command.id);
        this.#cancelled.delete(command.id);
      });
      this.#running.set(command.id, work);
    }
  }

  /**
   * Takes commands back that have not begun, also such as never came: they are journaled, so that a late copy is not run.
   * What has begun goes on, and is answered by how it stands. Never throws.
   */
  cancel(ids: readonly string[]): void {
    for (const id of ids) {
      try {
        this.#cancel(id);
      } catch (thrown) {
        this.#options.log.error('a command could not be taken back', { command: id, error: thrown });
      }
    }
  }

  /** Resolves when nothing is under way any more; the devices are stopped first. */
  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#running.values());
  }

  #cancel(id: string): void {
    const journaled = this.#options.inbox.seen(id);
    if (journaled || this.#begun.has(id)) {
      this.#tell(id, journaled?.result ?? { state: 'running' });
      return;
    }
    this.#options.inbox.finish(id, takenBack);
    if (this.#running.has(id)) this.#cancelled.add(id);
    this.#tell(id, takenBack);
  }

  async #take(command: Command): Promise<void> {
    try {
      const journaled = this.#options.inbox.seen(command.id);
      if (journaled && !mayRunAgain(journaled)) {
        this.#repeat(journaled);
        return;
      }
      await this.#run(command, journaled);
    } catch (thrown) {
      this.#options.log.error('a command could not be handled', { command: command.id, error: thrown });
    }
  }

  async #run(command: Command, before: JournaledCommand | undefined): Promise<void> {
    let hasStarted = false;
    let result: CommandResult;
    try {
      const output = await this.#execute(command, () => {
        hasStarted = true;
      });
      result = { state: 'succeeded', ...boundedOutput(output) };
    } catch (thrown) {
      // It has its answer already.
      if (!hasStarted && this.#cancelled.has(command.id)) return;
      // A second run that did not begin says nothing of the first, which did.
      if (!hasStarted && before) {
        this.#repeat(before);
        return;
      }
      result = failureOf(thrown, hasStarted);
    }
    this.#settle(command.id, result);
  }

  async #execute(command: Command, onBegun: () => void): Promise<CommandOutput> {
    this.#requireTime(command);
    if (this.#running.size > maxRunning) throw new FatalError('too-many-commands', 'too many commands at once');
    const target = this.#options.target(command.device);
    if (!target) throw new FatalError('unknown-device', `this agent has no device ${command.device}`);
    const { driverCommand, known } = parseCommand(command);
    this.#tell(command.id, { state: 'received' });
    if (command.capability === 'reachability') {
      target.probe();
      return {};
    }
    const onStart = () => {
      if (this.#cancelled.has(command.id)) throw new FatalError('cancelled', 'the command was taken back');
      // It may have waited behind a slow poll.
      this.#requireTime(command);
      requireNoObstacle(known, command, target.reported());
      this.#options.inbox.begin(command.id, { idempotent: known.idempotent, atMs: this.#now() });
      this.#begun.add(command.id);
      onBegun();
      this.#tell(command.id, { state: 'running' });
    };
    return await target.execute(driverCommand, onStart, known.requires.length > 0);
  }

  /** Throws FatalError `command-expired` when the command's time is over. */
  #requireTime({ notAfter }: Command): void {
    const { hubNow, clock } = this.#options;
    if ((hubNow ?? clock.now)() <= notAfter) return;
    throw new FatalError('command-expired', 'the command came or got its turn too late');
  }

  #repeat(journaled: JournaledCommand): void {
    if (journaled.result) this.#tell(journaled.id, journaled.result);
    else this.#settle(journaled.id, interrupted);
  }

  #settle(id: string, result: CommandResult): void {
    try {
      this.#options.inbox.finish(id, result);
    } finally {
      // What happened is told even when it cannot be remembered.
      this.#tell(id, result);
    }
  }

  #tell(id: string, result: Progress): void {
    const { sink, clock } = this.#options;
    const { state, problem, output } = result;
    sink('urgent', {
      kind: 'result',
      command: id,
      state,
      at: this.#now(),
      mono: Math.max(0, Math.round(clock.mono())),
      ...(problem ? { problem } : {}),
      ...(output ? { output: { ...output } } : {}),
    });
  }

  #now(): number {
    return Math.round(this.#options.clock.now());
  }
}

type Progress = Pick<ResultRecord, 'state'> & Omit<CommandResult, 'state'>;

const interrupted: CommandResult = {
  state: 'unknown',
  problem: {
    code: 'interrupted',
    message: 'the agent was interrupted while the command ran; look at the device before you repeat it',
    retryable: false,
  },
};

const takenBack: CommandResult = {
  state: 'cancelled',
  problem: {
    code: 'cancelled',
    message: 'the command was taken back before it began; it did not run',
    retryable: true,
  },
};

/** Throws FatalError with the code of the first precondition that does not hold and that no person has overruled. */
function requireNoObstacle(known: CapabilityCommand, { forced = [] }: Command, states: ReportedStates): void {
  const obstacle = obstaclesOf(known.requires, states).find(
    ({ code, mayForce }) => !mayForce || !forced.includes(code),
  );
  if (obstacle) throw new FatalError(obstacle.code, `${obstacle.label.en} ${obstacle.remedy.en}`);
}

/** Only an idempotent command whose end nobody knows is worth a second run, and only because the hub asks again. */
function mayRunAgain({ idempotent, result }: JournaledCommand): boolean {
  return idempotent && (result === undefined || result.state === 'unknown');
}

function parseCommand(command: Command): { driverCommand: DriverCommand; known: CapabilityCommand } {
  const known = requireCommand(command.capability, command.name);
  const args = known.args.safeParse(command.args);
  if (!args.success) {
    const issue = args.error.issues[0];
    const where = issue?.path.join('.') || 'arguments';
    throw new FatalError('invalid-arguments', `${command.capability}.${command.name}: ${where}: ${issue?.message}`);
  }
  return {
    driverCommand: {
      id: command.id,
      // `requireCommand` has found it.
      capability: command.capability as CapabilityName,
      name: command.name,
      args: args.data,
    },
    known,
  };
}

function failureOf(thrown: unknown, hasStarted: boolean): CommandResult {
  const problem = toProblem(thrown);
  if (problem.code === 'command-expired' && !hasStarted) return { state: 'expired', problem };
  // The agent stopped while the device was doing it: nobody has seen the end.
  if (problem.code === 'device-removed' && hasStarted) return { state: 'unknown', problem };
  return { state: 'failed', problem };
}

function boundedOutput(output: CommandOutput): { output?: CommandOutput } {
  if (Object.keys(output).length === 0) return {};
  return Buffer.byteLength(JSON.stringify(output)) > maxOutputBytes ? { output: { truncated: true } } : { output };
}
