import type { Framer } from '../../../../protocols/bytes/framer.ts';
import type { Clock } from '../../../../protocols/ports.ts';
import type { TcpConnection } from '../../driver.ts';
import { DeviceError, toDeviceError } from '../../error.ts';

export interface ConversationOptions<T> {
  readonly connection: TcpConnection;
  readonly framer: Framer;
  /** Throws ProtocolError; the conversation then ends. */
  readonly decode: (frame: Uint8Array) => T;
  /** True for what is said unasked: it is no answer. */
  readonly isNotice: (message: T) => boolean;
  readonly onNotice: (message: T) => void;
  /** Told once, unless we close it ourselves. */
  readonly onLost: (reason: unknown) => void;
  readonly clock: Clock;
  readonly answerTimeoutMs: number;
}

interface Question<T> {
  readonly isAnswer: (message: T) => boolean;
  readonly resolve: (message: T) => void;
  readonly reject: (reason: unknown) => void;
}

const givenUp = new DeviceError('connection-lost', 'a question was given up, and with it the connection');

/** Waiting for the next message of the peer, whatever it is. */
const anyMessage = () => true;

/** A TCP connection on which one question is asked at a time and things are said unasked in between. */
export class Conversation<T> implements AsyncDisposable {
  readonly #options: ConversationOptions<T>;
  readonly #closing = new AbortController();
  readonly #listening: Promise<void>;
  #question: Question<T> | undefined;
  #turn: Promise<unknown> = Promise.resolve();
  /** The last answer that came before anyone waited for it: a greeting. */
  #early: T | undefined;
  #failure: unknown;

  constructor(options: ConversationOptions<T>) {
    this.#options = options;
    this.#listening = this.#listen();
  }

  /** Sends `bytes` and takes the next message that is an answer. Throws DeviceError. */
  async ask(bytes: Uint8Array, signal: AbortSignal, isAnswer: (message: T) => boolean = anyMessage): Promise<T> {
    return await this.#inTurn(() => this.#converse(bytes, signal, isAnswer));
  }

  /** What the peer says first. Throws DeviceError. */
  async greeting(signal: AbortSignal): Promise<T> {
    return await this.#inTurn(() => this.#converse(undefined, signal, anyMessage));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing.abort(new DeviceError('connection-lost', 'the connection is closed'));
    await this.#options.connection[Symbol.asyncDispose]();
    await this.#listening;
  }

  /** One after another: an answer belongs to the question before it. */
  async #inTurn(work: () => Promise<T>): Promise<T> {
    const before = this.#turn;
    const { promise: over, resolve: end } = Promise.withResolvers<void>();
    this.#turn = over;
    await before;
    try {
      return await work();
    } finally {
      end();
    }
  }

  async #converse(bytes: Uint8Array | undefined, signal: AbortSignal, isAnswer: (message: T) => boolean): Promise<T> {
    signal.throwIfAborted();
    if (this.#failure !== undefined) throw this.#failure;
    using deadline = this.#options.clock.deadline(this.#options.answerTimeoutMs, signal);
    const { promise: answer, resolve, reject } = Promise.withResolvers<T>();
    const onAbort = () => reject(deadline.signal.reason);
    deadline.signal.addEventListener('abort', onAbort, { once: true });
    this.#question = { isAnswer, resolve, reject };
    const early = this.#early;
    this.#early = undefined;
    if (bytes === undefined && early !== undefined) this.#take(early);
    try {
      await Promise.all([bytes && this.#options.connection.write(bytes, deadline.signal), answer]);
      return await answer;
    } catch (thrown) {
      // An answer that comes later would be taken for that of the next question: this connection has lost its rhythm.
      const failure = signal.aborted ? givenUp : toDeviceError(thrown, 'wait for an answer');
      this.#fail(failure);
      signal.throwIfAborted();
      throw failure;
    } finally {
      deadline.signal.removeEventListener('abort', onAbort);
      this.#question = undefined;
    }
  }

  async #listen(): Promise<void> {
    const { connection, framer } = this.#options;
    try {
      for (;;) {
        const chunk = await connection.read(this.#closing.signal);
        if (!chunk) throw new DeviceError('connection-lost', 'the device has closed the connection');
        for (const frame of framer.push(chunk)) this.#take(this.#options.decode(frame));
      }
    } catch (thrown) {
      this.#fail(toDeviceError(thrown, 'listen'));
    }
  }

  #take(message: T): void {
    const question = this.#question;
    if (this.#options.isNotice(message)) this.#options.onNotice(message);
    else if (!question) this.#early = message;
    else if (question.isAnswer(message)) question.resolve(message);
  }

  #fail(failure: unknown): void {
    if (this.#failure !== undefined) return;
    this.#failure = failure;
    this.#question?.reject(failure);
    if (!this.#closing.signal.aborted) this.#options.onLost(failure);
  }
}
