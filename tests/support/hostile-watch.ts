import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { recordText } from '../../agent/uplink/record-text.ts';
import { FleetError, toError } from '../../protocols/errors.ts';
import type { Descriptor, Lane, RecordBody } from '../../protocols/fleet/record.ts';
import type { Log, LogFields } from '../../protocols/ports.ts';

/** What happened last, for whoever must find out why. */
export interface Story {
  readonly note: (what: string) => void;
  readonly tell: () => string;
}

const storyLength = 12;

export function createStory(mono: () => number): Story {
  const lines: string[] = [];
  return {
    note: (what) => {
      lines.push(`  ${(mono() / 1_000).toFixed(3)} s: ${what}`);
      if (lines.length > storyLength) lines.shift();
    },
    tell: () => lines.join('\n'),
  };
}

/** Collects promises that nobody caught and errors that nobody threw to anyone: each would end the agent. */
export function watchRejections(wrong: (what: string) => void): Disposable {
  const onRejection = (reason: unknown) => wrong(`nobody caught ${textOf(reason)}`);
  const onException = (error: Error) => wrong(`thrown into the event loop: ${textOf(error)}`);
  process.on('unhandledRejection', onRejection);
  process.on('uncaughtException', onException);
  return {
    [Symbol.dispose]: () => {
      process.off('unhandledRejection', onRejection);
      process.off('uncaughtException', onException);
    },
  };
}

/**
 * A device may lie, and a driver may complain of it by an error of ours, which is one that was foreseen. Every other error in
 * the log is a bug: a failure that nobody foresaw, a report that breaks the contract, a step that did not end in its time.
 */
export function createStrictLog(wrong: (what: string) => void): Log {
  const say = (level: string, message: string, fields: LogFields = {}) => {
    const { error, ...rest } = fields;
    wrong(`${level}: ${message} ${JSON.stringify(rest)} ${error === undefined ? '' : textOf(error)}`);
  };
  const strict = (known: LogFields): Log => ({
    debug: () => {},
    info: () => {},
    warn: (message, fields) => {
      if (/abandoned/.test(message)) say('warn', message, { ...known, ...fields });
    },
    error: (message, fields) => {
      if (!(fields?.['error'] instanceof FleetError)) say('error', message, { ...known, ...fields });
    },
    child: (fields) => strict({ ...known, ...fields }),
  });
  return strict({});
}

/** Stands where the outbox is: checks each record as that does, and keeps only what a test asks for. */
export class Ledger {
  records = 0;
  /** Of hostile devices: proof that they were understood now and then. */
  samples = 0;
  readonly #wrong: (what: string) => void;
  readonly #descriptors = new Map<string, Descriptor>();
  readonly #verdicts = new Map<string, Readonly<Record<string, unknown>>>();

  constructor(wrong: (what: string) => void) {
    this.#wrong = wrong;
  }

  take(lane: Lane, body: RecordBody): void {
    this.records++;
    try {
      recordText(body);
    } catch (thrown) {
      this.#wrong(
        `a record of lane ${lane} that the outbox refuses: ${textOf(thrown)} ${JSON.stringify(body).slice(0, 300)}`,
      );
    }
    if (body.kind === 'samples') this.samples++;
    if (body.kind === 'inventory') this.#descriptors.set(body.device, body.descriptor);
    if (body.kind === 'state' && body.capability === 'reachability') this.#verdicts.set(body.device, body.state);
  }

  isUp(device: string): boolean {
    return this.#verdicts.get(device)?.['status'] === 'up';
  }

  verdict(device: string): string {
    return JSON.stringify(this.#verdicts.get(device) ?? {});
  }

  /** What `device` said last that it can be told to do. */
  offers(device: string): readonly (readonly [capability: string, command: string])[] {
    const { capabilities = {} } = this.#descriptors.get(device) ?? {};
    return Object.entries(capabilities).flatMap(([name, { commands }]) =>
      name === 'reachability' ? [] : commands.map((command) => [name, command] as const),
    );
  }
}

/** Heap and buffers in use, after everything that can go has gone. */
export function memoryInUse(): number {
  setFlagsFromString('--expose-gc');
  const collect: unknown = runInNewContext('gc');
  if (typeof collect !== 'function') throw new Error('this Node does not let a test collect garbage');
  for (let times = 0; times < 3; times++) collect();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

/** An error with where it was thrown; of ours, with its code. */
export function textOf(thrown: unknown): string {
  const error = toError(thrown);
  const code = error instanceof FleetError ? ` [${error.code}]` : '';
  return `${error.stack?.split('\n').slice(0, 6).join('\n') ?? error.message}${code}`;
}
