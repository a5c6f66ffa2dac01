import { RecoverableError, toError } from '../../protocols/errors.ts';
import type { Lane, RecordBody } from '../../protocols/fleet/record.ts';
import type { Clock, Log } from '../../protocols/ports.ts';
import type { Outbox } from './outbox.ts';

export interface OutboxSinkOptions {
  readonly outbox: Outbox;
  readonly clock: Clock;
  readonly log: Log;
  /** Called once when the outbox can take nothing more until the agent starts again. */
  readonly onFatal: (error: Error) => void;
}

/** Records that wait in memory while the disk is full. Beyond, the oldest is given up. */
const maxWaiting = 2_000;
const retryMs = 5_000;

interface Waiting {
  readonly lane: Lane;
  readonly body: RecordBody;
}

/**
 * Takes records from whoever has some, who neither waits nor fails. What the disk cannot take now is tried again, in order;
 * samples are not worth that. What is given up here never got a number, and is counted in the log.
 */
export class OutboxSink implements AsyncDisposable {
  readonly #options: OutboxSinkOptions;
  readonly #stop = new AbortController();
  #waiting: Waiting[] = [];
  #retrying: Promise<void> | undefined;
  #givenUp = 0;

  constructor(options: OutboxSinkOptions) {
    this.#options = options;
  }

  /** Records that wait for the disk. */
  get waiting(): number {
    return this.#waiting.length;
  }

  take(lane: Lane, body: RecordBody): void {
    if (this.#waiting.length > 0 && lane !== 'samples') {
      this.#keep({ lane, body });
      return;
    }
    this.#options.outbox.enqueue(lane, [body]).catch((thrown: unknown) => this.#failed({ lane, body }, thrown));
  }

  /** One last try for what waits. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort(new Error('the agent stops'));
    await this.#retrying;
    await this.#retry();
    if (this.#waiting.length > 0) {
      this.#options.log.error('records were lost: the disk took none', { records: this.#waiting.length });
    }
  }

  #failed(record: Waiting, thrown: unknown): void {
    const { log, onFatal } = this.#options;
    const error = toError(thrown);
    if (!(error instanceof RecoverableError)) {
      log.error('a record was refused', { lane: record.lane, kind: record.body.kind, error });
      if ('code' in error && error.code === 'outbox-corrupt') onFatal(error);
      return;
    }
    if (record.lane === 'samples') this.#giveUp(error.message);
    else this.#keep(record);
  }

  #keep(record: Waiting): void {
    this.#waiting.push(record);
    if (this.#waiting.length > maxWaiting) {
      this.#waiting.shift();
      this.#giveUp('too many records wait for the disk');
    }
    this.#retrying ??= this.#retryUntilEmpty().finally(() => {
      this.#retrying = undefined;
    });
  }

  async #retryUntilEmpty(): Promise<void> {
    const { signal } = this.#stop;
    while (this.#waiting.length > 0 && !signal.aborted) {
      await this.#options.clock.wait(retryMs, signal).catch(() => undefined);
      if (!signal.aborted) await this.#retry();
    }
  }

  /** Oldest first; ends at the first one that is not taken. */
  async #retry(): Promise<void> {
    for (let record = this.#waiting[0]; record; record = this.#waiting[0]) {
      try {
        await this.#options.outbox.enqueue(record.lane, [record.body]);
      } catch (thrown) {
        if (thrown instanceof RecoverableError) return;
        this.#options.log.error('a record was refused', { lane: record.lane, error: toError(thrown) });
      }
      // It may have been given up meanwhile.
      if (this.#waiting[0] === record) this.#waiting.shift();
    }
  }

  /** Logged at the first, and then at each doubling. */
  #giveUp(reason: string): void {
    this.#givenUp++;
    if ((this.#givenUp & (this.#givenUp - 1)) === 0) {
      this.#options.log.error('records were given up before they were stored', { records: this.#givenUp, reason });
    }
  }
}
