import { toError } from '../../../protocols/errors.ts';
import type { CapabilityState } from '../../../protocols/fleet/capabilities/index.ts';
import { type Problem, toProblem } from '../../../protocols/fleet/problem.ts';
import type { Clock, Log } from '../../../protocols/ports.ts';
import { DeviceError } from '../error.ts';
import type { StudioMember } from './member.ts';

export type SeatStatus = CapabilityState<'studio'>['parts'][number]['status'];

export interface SeatOptions {
  readonly name: string;
  readonly member: StudioMember;
  readonly clock: Clock;
  readonly log: Log;
  /** Aborts when the device is removed. */
  readonly signal: AbortSignal;
  /** Its status has changed. */
  onChange(): void;
}

const connectLimitMs = 25_000;
const pollLimitMs = 20_000;
const firstRetryMs = 2_000;
const longestRetryMs = 60_000;

/**
 * The place of one member: connects it, polls it, tries again by itself, and keeps its troubles from the others. Nothing that
 * the member throws leaves it, but in `use`.
 */
export class Seat implements AsyncDisposable {
  readonly name: string;
  readonly member: StudioMember;
  readonly #options: SeatOptions;
  readonly #closing = new AbortController();
  /** Aborts when this seat closes or the device is removed. */
  readonly #end: AbortSignal;
  #status: SeatStatus = 'starting';
  #since: number;
  #failure: unknown;
  #isConnected = false;
  #isInUse = false;
  #isLost = false;
  #failures = 0;
  #nextAttemptAt = Number.NEGATIVE_INFINITY;
  #attempt: Promise<void> | undefined;

  constructor(options: SeatOptions) {
    this.name = options.name;
    this.member = options.member;
    this.#options = options;
    this.#end = AbortSignal.any([this.#closing.signal, options.signal]);
    this.#since = Math.round(options.clock.now());
  }

  get status(): SeatStatus {
    return this.#status;
  }

  /** By the wall clock. */
  get since(): number {
    return this.#since;
  }

  /** Why it is not up. */
  get failure(): unknown {
    return this.#failure;
  }

  get problem(): Problem | undefined {
    return this.#failure === undefined ? undefined : toProblem(this.#failure);
  }

  get #isAway(): boolean {
    return this.#status === 'down' || this.#status === 'refused';
  }

  get isConnected(): boolean {
    return this.#isConnected;
  }

  /** The first connection; returns when it stands or has failed. */
  async open(): Promise<void> {
    await this.#connect();
  }

  /** Polls what is connected. A member that is away is tried again in the background, so that nobody waits for it. */
  async refresh(signal: AbortSignal): Promise<void> {
    if (this.#attempt !== undefined) {
      // One that was there a moment ago is worth the wait; one that is away is not.
      if (!this.#isAway) await this.#attempt;
      return;
    }
    if (!this.#isConnected) {
      if (this.#options.clock.mono() >= this.#nextAttemptAt) void this.#connect();
      return;
    }
    const failure = await this.#tryPoll(signal);
    if (failure === undefined) {
      this.#settle('up', undefined);
      return;
    }
    signal.throwIfAborted();
    if (isSaidByItself(failure)) {
      this.#settle('busy', failure);
      return;
    }
    await this.#letGo();
    // A connection that was lost between two polls says nothing about the device: it is opened again before that counts.
    if (failure instanceof DeviceError && failure.code === 'connection-lost') await this.#connect();
    else this.#fail(failure);
  }

  /** Gives the connected member an order. Throws DeviceError `unavailable` when it is away, and what the order throws. */
  async use<T>(work: (member: StudioMember) => Promise<T>): Promise<T> {
    if (!this.#isAway) await this.#attempt;
    if (!this.#isConnected) {
      const why = this.#failure === undefined ? 'it is not connected yet' : toError(this.#failure).message;
      throw new DeviceError('unavailable', `${this.name} does not answer: ${why}`, { details: { part: this.name } });
    }
    this.#isInUse = true;
    try {
      return await work(this.member);
    } catch (thrown) {
      throw thrown instanceof DeviceError
        ? new DeviceError(thrown.code, `${this.name}: ${thrown.message}`, {
            cause: thrown,
            details: { ...thrown.details, part: this.name },
          })
        : thrown;
    } finally {
      this.#isInUse = false;
      if (this.#isLost) this.lose();
    }
  }

  /** The member's connection is gone: opens it again at once, but not under the hands of an order. */
  lose(): void {
    if (!this.#isConnected || this.#end.aborted) return;
    this.#isLost = this.#isInUse;
    if (!this.#isInUse) void this.#connect();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing.abort(new DeviceError('unavailable', 'the studio is being closed'));
    await this.#attempt;
    await this.#letGo();
  }

  async #tryPoll(signal: AbortSignal): Promise<unknown> {
    using deadline = this.#options.clock.deadline(pollLimitMs, signal);
    try {
      await this.member.poll(deadline.signal);
      return undefined;
    } catch (thrown) {
      return deadline.signal.aborted ? tooLong(pollLimitMs) : thrown;
    }
  }

  /** One attempt at a time; never throws. */
  #connect(): Promise<void> {
    this.#attempt ??= this.#tryToConnect().finally(() => {
      this.#attempt = undefined;
    });
    return this.#attempt;
  }

  async #tryToConnect(): Promise<void> {
    await this.#letGo();
    using deadline = this.#options.clock.deadline(connectLimitMs, this.#end);
    try {
      await this.member.connect(deadline.signal);
      this.#isConnected = true;
      this.#failures = 0;
      this.#settle('up', undefined);
    } catch (thrown) {
      await this.#letGo();
      if (this.#end.aborted) return;
      this.#fail(deadline.signal.aborted ? tooLong(connectLimitMs) : thrown);
    }
  }

  async #letGo(): Promise<void> {
    this.#isConnected = false;
    this.#isLost = false;
    try {
      await this.member.disconnect();
    } catch (thrown) {
      this.#options.log.warn('a part of the studio does not let go', { part: this.name, error: toError(thrown) });
    }
  }

  #fail(failure: unknown): void {
    const isRefused = failure instanceof DeviceError && failure.code === 'authentication';
    // A refused password is not tried quickly again.
    const delayMs = isRefused ? longestRetryMs : Math.min(longestRetryMs, firstRetryMs * 2 ** this.#failures);
    this.#failures += 1;
    this.#nextAttemptAt = this.#options.clock.mono() + delayMs;
    if (!(failure instanceof DeviceError)) {
      this.#options.log.error('a part of the studio failed', { part: this.name, error: failure });
    }
    this.#settle(isRefused ? 'refused' : 'down', failure);
  }

  #settle(status: SeatStatus, failure: unknown): void {
    this.#failure = failure;
    if (this.#status === status) return;
    this.#status = status;
    this.#since = Math.round(this.#options.clock.now());
    this.#options.onChange();
  }
}

/** The device is there and says itself that it cannot now. */
function isSaidByItself(failure: unknown): boolean {
  return failure instanceof DeviceError && (failure.code === 'busy' || failure.code === 'unavailable');
}

function tooLong(limitMs: number): DeviceError {
  return new DeviceError('timeout', `no end after ${limitMs / 1_000} s`);
}
