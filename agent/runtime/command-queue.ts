import type { DriverCommand } from '../devices/driver.ts';
import { DeviceError } from '../devices/error.ts';

export type CommandOutput = Readonly<Record<string, unknown>>;

export interface WaitingCommand {
  readonly command: DriverCommand;
  /** Runs right before the driver gets the command; throws to prevent that. */
  readonly onStart: () => void;
  /** The device is asked for its state before `onStart`, which judges by it. */
  readonly isGuarded: boolean;
  readonly resolve: (output: CommandOutput) => void;
  readonly reject: (reason: unknown) => void;
}

const maxWaiting = 16;

/** Commands of one device that wait for their turn: at most 16, oldest first; one more is refused with DeviceError `busy`. */
export class CommandQueue {
  readonly #waiting: WaitingCommand[] = [];

  get size(): number {
    return this.#waiting.length;
  }

  /** Settles when the command has been carried out or refused. */
  add(command: DriverCommand, onStart: () => void, isGuarded = false): Promise<CommandOutput> {
    if (this.#waiting.length >= maxWaiting) {
      return Promise.reject(new DeviceError('busy', `${maxWaiting} commands already wait for this device`));
    }
    const { promise, resolve, reject } = Promise.withResolvers<CommandOutput>();
    this.#waiting.push({ command, onStart, isGuarded, resolve, reject });
    return promise;
  }

  take(): WaitingCommand | undefined {
    return this.#waiting.shift();
  }

  /** Gives all of them the same answer. */
  refuse(reason: Error): void {
    for (const { reject } of this.#waiting.splice(0)) reject(reason);
  }
}
