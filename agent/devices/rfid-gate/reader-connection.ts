import { ProtocolError } from '../../../protocols/bytes/error.ts';
import {
  createMessageFramer,
  decodeMessage,
  encodeMessage,
  type LlrpVersion,
  type Message,
  type MessageBody,
  type MessageKind,
  type MessageOf,
} from '../../../protocols/llrp/messages.ts';
import { type ReaderStatus, readEvents, readStatus } from '../../../protocols/llrp/reports.ts';
import type { Clock, Log } from '../../../protocols/ports.ts';
import type { Address, TcpConnection, TcpPort } from '../driver.ts';
import { DeviceError, toDeviceError } from '../error.ts';
import { untilAborted } from './abort.ts';

export interface ReaderConnectionOptions {
  readonly address: Address;
  readonly tcp: TcpPort;
  readonly clock: Clock;
  readonly log: Log;
  readonly signal: AbortSignal;
  /** How often the reader will be told to send a keepalive. */
  readonly keepaliveMs: number;
}

/** A request that the reader refused; the connection lives on. */
export interface Refusal {
  readonly refused: ReaderStatus;
}

type Request = Extract<MessageBody, { kind: MessageKind }>;
type ResponseKind = Extract<MessageKind, `${string}-response`>;

interface Waiting {
  readonly resolve: (message: Message) => void;
  readonly reject: (reason: unknown) => void;
}

const connectTimeoutMs = 4_000;
/** For the first word of the reader, and for each answer. */
const answerTimeoutMs = 5_000;
/** The longest that saying farewell may take. */
const farewellMs = 1_000;
/** Silence for this many keepalives ends the connection. */
const silentKeepalives = 2.5;
/** Messages in a row that make no sense before the whole stream makes none. */
const maxUnreadable = 10;
/** Requests under way; the session asks one after another, and the siren beside it. */
const maxWaiting = 16;
const largestId = 0xffff_ffff;

/**
 * One connection to a reader. The reader speaks first: until it has said that the connection is ours, nothing is sent
 * [LLRP 1.0.1 section 18.1]. Every keepalive is acknowledged as it comes.
 */
export class ReaderConnection implements AsyncDisposable {
  readonly #options: ReaderConnectionOptions;
  readonly #connection: TcpConnection;
  readonly #framer = createMessageFramer();
  readonly #waiting = new Map<number, Waiting>();
  readonly #stop = new AbortController();
  readonly #accepted = Promise.withResolvers<void>();
  #running: Promise<void> | undefined;
  #failure: unknown;
  #listener: (message: Message) => void = () => {};
  #isAccepted = false;
  #unreadable = 0;
  #lastId = 0;
  #version: LlrpVersion = 1;

  private constructor(options: ReaderConnectionOptions, connection: TcpConnection) {
    this.#options = options;
    this.#connection = connection;
    // Nobody may wait for it when the connection ends early.
    this.#accepted.promise.catch(() => undefined);
  }

  /** Connects and waits until the reader accepts us. Throws DeviceError, or the signal's reason. */
  static async open(options: ReaderConnectionOptions): Promise<ReaderConnection> {
    const { tcp, address, signal, clock } = options;
    signal.throwIfAborted();
    let connection: TcpConnection;
    try {
      connection = await tcp.connect(address, { timeoutMs: connectTimeoutMs, signal });
    } catch (thrown) {
      signal.throwIfAborted();
      throw toDeviceError(thrown, 'connect to the reader', 'connect');
    }
    const opened = new ReaderConnection(options, connection);
    opened.#running = opened.#run();
    try {
      using deadline = clock.deadline(answerTimeoutMs, signal);
      await opened.#until(opened.#accepted.promise, deadline.signal, 'wait for the reader to accept us');
      return opened;
    } catch (thrown) {
      await opened.#close();
      throw thrown;
    }
  }

  /** Why the connection has ended; undefined while it stands. */
  get failure(): unknown {
    return this.#failure;
  }

  /** From now on `listener` is given each report and event, in the order of the reader. It must return at once. */
  listen(listener: (message: Message) => void): void {
    this.#listener = listener;
  }

  /** From now on messages say that they are of this version. */
  setVersion(version: LlrpVersion): void {
    this.#version = version;
  }

  /** Asks and gives the answer, or the reader's refusal. `signal` bounds it beside the deadline of 5 s. Throws DeviceError. */
  async request<K extends ResponseKind>(
    body: Request,
    kind: K,
    signal: AbortSignal,
    version = this.#version,
  ): Promise<MessageOf<K> | Refusal> {
    if (this.#failure !== undefined) throw this.#failure;
    if (this.#waiting.size >= maxWaiting) throw new DeviceError('busy', 'too many requests wait for the reader');
    using deadline = this.#options.clock.deadline(answerTimeoutMs, signal);
    const id = this.#nextId();
    const { promise, resolve, reject } = Promise.withResolvers<Message>();
    promise.catch(() => undefined);
    this.#waiting.set(id, { resolve, reject });
    try {
      const doing = `ask the reader to ${body.kind}`;
      await this.#write({ ...body, version, id }, deadline.signal);
      const answer = await this.#until(promise, deadline.signal, doing, signal);
      const status = readStatus(answer);
      if (status && status.code !== 0) return { refused: status };
      if (answer.kind !== kind) throw new DeviceError('protocol', `${doing}: it answers with ${answer.kind}`);
      return answer as MessageOf<K>;
    } finally {
      this.#waiting.delete(id);
    }
  }

  /** Says something that has no answer. Throws DeviceError. */
  async tell(body: Request, signal: AbortSignal): Promise<void> {
    if (this.#failure !== undefined) throw this.#failure;
    using deadline = this.#options.clock.deadline(answerTimeoutMs, signal);
    await this.#write({ ...body, version: this.#version, id: this.#nextId() }, deadline.signal);
  }

  /** Takes leave, so that the reader is free for the next client at once, and closes. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#failure === undefined) {
      using deadline = this.#options.clock.deadline(farewellMs);
      try {
        await this.request({ kind: 'close-connection' }, 'close-connection-response', deadline.signal);
      } catch (thrown) {
        this.#options.log.debug('reader does not answer the farewell', { reason: String(thrown) });
      }
    }
    await this.#close();
  }

  async #close(): Promise<void> {
    this.#stop.abort(new DeviceError('connection-lost', 'the session has ended'));
    await this.#running;
    await this.#connection[Symbol.asyncDispose]();
  }

  async #run(): Promise<void> {
    try {
      await this.#readUntilFailure();
    } catch (thrown) {
      this.#end(toDeviceError(thrown, 'listen to the reader'));
    }
  }

  async #readUntilFailure(): Promise<never> {
    const { clock, keepaliveMs } = this.#options;
    for (;;) {
      using deadline = clock.deadline(keepaliveMs * silentKeepalives, this.#stop.signal);
      const chunk = await this.#connection.read(deadline.signal);
      if (chunk === undefined) throw new DeviceError('connection-lost', 'the reader has closed the connection');
      for (const frame of this.#framer.push(chunk)) await this.#take(frame);
    }
  }

  async #take(frame: Uint8Array): Promise<void> {
    const message = this.#decode(frame);
    if (!message) return;
    if (!this.#isAccepted) {
      this.#accept(message);
      return;
    }
    if (message.kind === 'keepalive') {
      using deadline = this.#options.clock.deadline(answerTimeoutMs, this.#stop.signal);
      // An acknowledgement carries the number of what it acknowledges, as other clients do.
      await this.#write({ kind: 'keepalive-ack', version: this.#version, id: message.id }, deadline.signal);
      return;
    }
    const waiting = this.#waiting.get(message.id);
    if (waiting && isAnswer(message)) {
      waiting.resolve(message);
      return;
    }
    if (readEvents(message).some((event) => event.kind === 'connection-closed')) {
      throw new DeviceError('connection-lost', 'the reader says that it closes the connection');
    }
    this.#listener(message);
  }

  /** The frame's own length holds the rhythm, so one message that makes no sense costs only itself. */
  #decode(frame: Uint8Array): Message | undefined {
    try {
      const message = decodeMessage(frame);
      this.#unreadable = 0;
      return message;
    } catch (thrown) {
      if (!(thrown instanceof ProtocolError) || ++this.#unreadable >= maxUnreadable) throw thrown;
      this.#options.log.debug('reader sends a message that makes no sense', { reason: thrown.message });
      return undefined;
    }
  }

  #accept(message: Message): void {
    const attempt = readEvents(message).find((event) => event.kind === 'connection-attempt');
    if (!attempt) throw new DeviceError('protocol', `the device does not greet as a reader does: ${message.kind}`);
    if (attempt.status === 1 || attempt.status === 2) {
      throw new DeviceError('busy', 'another client holds the reader; it serves one at a time');
    }
    if (attempt.status !== 0) {
      throw new DeviceError('unavailable', `the reader refuses the connection with status ${attempt.status}`);
    }
    this.#isAccepted = true;
    this.#accepted.resolve();
  }

  async #write(message: Message, signal: AbortSignal): Promise<void> {
    try {
      await this.#connection.write(encodeMessage(message), signal);
    } catch (thrown) {
      if (this.#failure !== undefined) throw this.#failure;
      throw toDeviceError(thrown, `send ${message.kind} to the reader`);
    }
  }

  /** Waits for `work` until `signal` aborts; `caller` tells an abort from outside, which is no error of the device. */
  async #until<T>(work: Promise<T>, signal: AbortSignal, doing: string, caller = this.#options.signal): Promise<T> {
    try {
      return await untilAborted(work, signal);
    } catch (thrown) {
      caller.throwIfAborted();
      throw toDeviceError(thrown, doing);
    }
  }

  #end(failure: unknown): void {
    this.#failure = failure;
    this.#accepted.reject(failure);
    for (const { reject } of this.#waiting.values()) reject(failure);
    this.#waiting.clear();
  }

  #nextId(): number {
    this.#lastId = this.#lastId === largestId ? 1 : this.#lastId + 1;
    return this.#lastId;
  }
}

/** Readers number their own reports as they like, also with the number of a request that waits. */
function isAnswer(message: Message): boolean {
  return message.kind.endsWith('-response') || message.kind === 'error-message';
}

export function isRefusal(answer: object): answer is Refusal {
  return 'refused' in answer;
}
