import { randomInt } from 'node:crypto';
import type { CapabilityState } from '../../../protocols/fleet/capabilities/index.ts';
import { DeviceError } from '../error.ts';
import { untilAborted } from './abort.ts';
import { LibraryConnection, type LibraryConnectionOptions } from './library-connection.ts';
import { judgeItem, type Verdict } from './policy.ts';

export type LibraryStatus = NonNullable<CapabilityState<'gate'>['lookup']>;

export interface LibraryOptions extends LibraryConnectionOptions {
  /** Called on each change, also from within `judge`. */
  readonly onStatus: (from: LibraryStatus, to: LibraryStatus) => void;
}

/** Everything together from the first packet to a connection that may be asked. */
const openLimitMs = 10_000;
/** A connection that nobody uses is asked this often, because many systems close an idle one. */
const idleMs = 60_000;
const checkLimitMs = 5_000;
/** Items that may wait for their turn; those beyond pass undecided at once. */
const maxWaiting = 16;
/** Questions without an answer in a row before the connection is taken for dead. */
const maxSilent = 3;
const firstPauseMs = 1_000;
const longestPauseMs = 60_000;
/** Systems lock an account after a few refusals. */
const refusedPauseMs = 300_000;

/**
 * Asks one library system over one connection, one question at a time. The connection is made and kept beside the gate's
 * work: an item never waits for it. Whatever goes wrong, an item is judged within `answerMs`, at worst as undecided.
 */
export class Library implements AsyncDisposable {
  readonly #options: LibraryOptions;
  readonly #stop = new AbortController();
  #running: Promise<void> | undefined;
  #connection: LibraryConnection | undefined;
  /** Aborts when the connection of the moment is to be given up. */
  #lost = new AbortController();
  #status: LibraryStatus = 'connecting';
  #turn: Promise<void> = Promise.resolve();
  #waiting = 0;
  #silent = 0;

  constructor(options: LibraryOptions) {
    this.#options = options;
  }

  get status(): LibraryStatus {
    return this.#status;
  }

  /** Begins to connect; returns at once. Call it once. */
  start(): void {
    this.#running = this.#run(this.#stop.signal);
  }

  /** Never throws, and never takes longer than `answerMs`. */
  async judge(item: string): Promise<Verdict> {
    const { clock, library, log } = this.#options;
    if (!this.#connection) return { kind: 'undecided', reason: `library-${this.#status}` };
    if (this.#waiting >= maxWaiting) return { kind: 'undecided', reason: 'library-busy' };
    using deadline = clock.deadline(library.answerMs, this.#stop.signal);
    this.#waiting++;
    try {
      return judgeItem(await this.#ask((connection) => connection.askItem(item, deadline.signal), deadline.signal));
    } catch (thrown) {
      log.debug('library system did not answer for an item', { reason: String(thrown) });
      return { kind: 'undecided', reason: isTimeout(thrown) ? 'library-slow' : 'library-unavailable' };
    } finally {
      this.#waiting--;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort(new DeviceError('connection-lost', 'the session has ended'));
    await this.#running;
    await this.#turn;
  }

  /** Runs `work` when its turn has come, on the connection of that moment; gives up when `signal` aborts before. */
  async #ask<T>(work: (connection: LibraryConnection) => Promise<T>, signal: AbortSignal): Promise<T> {
    const before = this.#turn;
    const { promise: done, resolve } = Promise.withResolvers<void>();
    // Whoever leaves the queue early does not let the next one pass the one before.
    this.#turn = before.then(() => done);
    try {
      await untilAborted(before, signal);
      const connection = this.#connection;
      if (!connection) throw new DeviceError('connection-lost', 'the library system is gone');
      return await this.#talk(() => work(connection));
    } finally {
      resolve();
    }
  }

  async #talk<T>(work: () => Promise<T>): Promise<T> {
    try {
      const result = await work();
      this.#silent = 0;
      this.#setStatus('ready');
      return result;
    } catch (thrown) {
      this.#noteFailure(thrown);
      throw thrown;
    }
  }

  #noteFailure(thrown: unknown): void {
    if (this.#stop.signal.aborted || !this.#connection) return;
    this.#setStatus('unavailable');
    if (isTimeout(thrown) && ++this.#silent < maxSilent) return;
    this.#lost.abort(thrown);
  }

  async #run(signal: AbortSignal): Promise<void> {
    const { clock, log } = this.#options;
    for (let failures = 0; !signal.aborted; failures++) {
      try {
        await using connection = await this.#open(signal);
        failures = 0;
        await this.#serve(connection, signal);
      } catch (thrown) {
        this.#connection = undefined;
        if (signal.aborted) return;
        log.info('library system cannot be asked', { reason: String(thrown) });
        this.#setStatus(statusOf(thrown));
        await clock.wait(pauseAfter(thrown, failures), signal).catch(() => undefined);
      }
    }
  }

  async #open(signal: AbortSignal): Promise<LibraryConnection> {
    using deadline = this.#options.clock.deadline(openLimitMs, signal);
    return await LibraryConnection.open(this.#options, deadline.signal);
  }

  /** Keeps the connection warm until it fails. */
  async #serve(connection: LibraryConnection, signal: AbortSignal): Promise<never> {
    const { clock } = this.#options;
    this.#lost = new AbortController();
    this.#silent = 0;
    this.#connection = connection;
    this.#setStatus('ready');
    const until = AbortSignal.any([signal, this.#lost.signal, connection.ended]);
    for (;;) {
      await clock.wait(idleMs, until);
      using deadline = clock.deadline(checkLimitMs, until);
      await this.#ask((current) => current.checkStatus(deadline.signal), deadline.signal);
    }
  }

  #setStatus(to: LibraryStatus): void {
    const from = this.#status;
    this.#status = to;
    if (from !== to) this.#options.onStatus(from, to);
  }
}

function isTimeout(thrown: unknown): boolean {
  return thrown instanceof Error && 'code' in thrown && thrown.code === 'timeout';
}

function statusOf(thrown: unknown): LibraryStatus {
  if (!(thrown instanceof DeviceError)) return 'unavailable';
  if (thrown.code === 'authentication') return 'refused';
  return thrown.code === 'unsupported' ? 'unsupported' : 'unavailable';
}

/** Doubles from 1 s to a minute, with a quarter of it at random. */
function pauseAfter(thrown: unknown, failures: number): number {
  const status = statusOf(thrown);
  const pauseMs =
    status === 'unavailable' ? Math.min(longestPauseMs, firstPauseMs * 2 ** Math.min(failures, 20)) : refusedPauseMs;
  return pauseMs + randomInt(Math.ceil(pauseMs / 4));
}
