import { ProtocolError } from '../../../protocols/bytes/error.ts';
import type { Clock, Log } from '../../../protocols/ports.ts';
import {
  createMessageFramer,
  decodeMessage,
  encodeMessage,
  fieldOf,
  type Sip2Message,
} from '../../../protocols/sip2/message.ts';
import {
  itemInformation,
  login,
  resendRequest,
  type Sip2Request,
  terminalStatus,
} from '../../../protocols/sip2/requests.ts';
import { type ItemStatus, readItemStatus, readLogin, readSystemStatus } from '../../../protocols/sip2/responses.ts';
import type { TcpConnection, TcpPort } from '../driver.ts';
import { DeviceError, toDeviceError } from '../error.ts';
import { untilAborted } from './abort.ts';
import type { Settings } from './settings.ts';

export interface LibraryConnectionOptions {
  readonly library: NonNullable<Settings['library']>;
  /** Signs in when given; a system that knows terminals by their address wants none. */
  readonly credentials: { readonly username: string; readonly password: string } | undefined;
  readonly tcp: TcpPort;
  readonly clock: Clock;
  readonly log: Log;
}

const connectTimeoutMs = 3_000;
/** How often a damaged message is asked for again, or ours sent again, for one question [3M SIP2 2.00, error detection]. */
const maxResends = 3;
/** Late answers and stray lines before we give up on an answer. */
const maxStrayMessages = 16;
const sequences = 10;

/** One connection to a library system: one question at a time, each with its sequence number and checksum. */
export class LibraryConnection implements AsyncDisposable {
  readonly #options: LibraryConnectionOptions;
  readonly #connection: TcpConnection;
  readonly #framer = createMessageFramer();
  /** Messages that nobody has taken yet; more than a few were never asked for. */
  readonly #frames: Uint8Array[] = [];
  readonly #end = new AbortController();
  readonly #stop = new AbortController();
  #arrival = Promise.withResolvers<void>();
  #running: Promise<void> | undefined;
  #sequence = 0;
  #institution: string;
  /** Once the system has sent a checksum, a message without one is a damaged message. */
  #sendsChecksums = false;

  private constructor(options: LibraryConnectionOptions, connection: TcpConnection) {
    this.#options = options;
    this.#connection = connection;
    this.#institution = options.library.institution;
  }

  /**
   * Connects, signs in and asks what the system can do. Throws DeviceError: `authentication` when it refuses our name,
   * `unsupported` when it answers no questions for items, `unavailable` when it says that it is off line.
   */
  static async open(options: LibraryConnectionOptions, signal: AbortSignal): Promise<LibraryConnection> {
    const { host, port } = options.library;
    let connection: TcpConnection;
    try {
      connection = await options.tcp.connect({ host, port }, { timeoutMs: connectTimeoutMs, signal });
    } catch (thrown) {
      throw toDeviceError(thrown, 'connect to the library system', 'connect');
    }
    const opened = new LibraryConnection(options, connection);
    opened.#running = opened.#run();
    try {
      await opened.#signIn(signal);
      await opened.checkStatus(signal);
      return opened;
    } catch (thrown) {
      await opened[Symbol.asyncDispose]();
      throw thrown;
    }
  }

  /** Aborts with the reason as soon as the connection has ended, also while nothing is asked. */
  get ended(): AbortSignal {
    return this.#end.signal;
  }

  /** Asks what the system can do; also keeps the connection warm. Throws DeviceError as `open` does. */
  async checkStatus(signal: AbortSignal): Promise<void> {
    const answer = await this.#ask(terminalStatus(), '98', () => true, signal);
    const status = this.#read(() => readSystemStatus(answer));
    if (!status.isOnline) throw new DeviceError('unavailable', 'the library system says that it is off line');
    if (status.answersItems !== true) {
      throw new DeviceError('unsupported', 'the library system does not say that it answers questions for items (BX)');
    }
    if (this.#institution === '') this.#institution = status.institution ?? '';
  }

  /** Asks for one item. Throws DeviceError, or the signal's reason as `timeout`. */
  async askItem(item: string, signal: AbortSignal): Promise<ItemStatus> {
    const request = this.#read(() =>
      itemInformation({ institution: this.#institution, item, nowMs: this.#options.clock.now() }),
    );
    const answer = await this.#ask(request, '18', (message) => concerns(message, item), signal);
    return this.#read(() => readItemStatus(answer));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort(new DeviceError('connection-lost', 'the conversation with the library system is over'));
    await this.#running;
    await this.#connection[Symbol.asyncDispose]();
  }

  async #run(): Promise<void> {
    try {
      await this.#readUntilEnd();
    } catch (thrown) {
      this.#end.abort(toDeviceError(thrown, 'listen to the library system'));
    }
  }

  async #readUntilEnd(): Promise<never> {
    for (;;) {
      const chunk = await this.#connection.read(this.#stop.signal);
      if (!chunk) throw new DeviceError('connection-lost', 'the library system has closed the connection');
      for (const frame of this.#framer.push(chunk)) {
        if (this.#frames.length >= maxStrayMessages) throw new ProtocolError('malformed', 'a flood of messages');
        this.#frames.push(frame);
      }
      this.#arrival.resolve();
    }
  }

  async #signIn(signal: AbortSignal): Promise<void> {
    const { credentials, library } = this.#options;
    if (!credentials) return;
    const answer = await this.#ask(login({ ...credentials, location: library.location }), '94', () => true, signal);
    if (this.#read(() => readLogin(answer))) return;
    throw new DeviceError('authentication', 'the library system refuses the name or the password of the gate');
  }

  async #ask(
    request: Sip2Request,
    code: string,
    fits: (message: Sip2Message) => boolean,
    signal: AbortSignal,
  ): Promise<Sip2Message> {
    const { errorDetection } = this.#options.library;
    const sequence = this.#sequence;
    this.#sequence = (sequence + 1) % sequences;
    const message = errorDetection ? { ...request, sequence, isChecked: true } : { ...request, isChecked: false };
    try {
      const question = encodeMessage(message);
      await this.#connection.write(question, signal);
      return await this.#answerTo(question, { code, sequence, fits }, signal);
    } catch (thrown) {
      throw toDeviceError(thrown, `ask the library system ${request.code}`);
    }
  }

  /** Reads until the answer comes: late answers to earlier questions are skipped, damaged ones asked for again. */
  async #answerTo(
    question: Uint8Array,
    wanted: { readonly code: string; readonly sequence: number; readonly fits: (message: Sip2Message) => boolean },
    signal: AbortSignal,
  ): Promise<Sip2Message> {
    let resends = 0;
    for (let strays = 0; strays < maxStrayMessages; strays++) {
      const answer = await this.#nextMessage(signal);
      const isDamaged = answer === 'damaged';
      if (isDamaged || answer.code === '96') {
        if (++resends > maxResends) throw new ProtocolError('checksum', 'messages are damaged again and again');
        await this.#connection.write(isDamaged ? encodeMessage(resendRequest) : question, signal);
        continue;
      }
      // A repeated answer comes with sequence 0 from some systems.
      const isOurs =
        answer.sequence === undefined || answer.sequence === wanted.sequence || (resends > 0 && answer.sequence === 0);
      if (isOurs && answer.code === wanted.code && wanted.fits(answer)) return answer;
      this.#options.log.debug('library system answers something else', { code: answer.code });
    }
    throw new ProtocolError('malformed', `no answer among ${maxStrayMessages} messages`);
  }

  async #nextMessage(signal: AbortSignal): Promise<Sip2Message | 'damaged'> {
    for (;;) {
      const frame = this.#frames.shift();
      const message = frame && this.#decode(frame);
      if (message) return message;
      if (frame) continue;
      this.#arrival = Promise.withResolvers<void>();
      await untilAborted(untilAborted(this.#arrival.promise, signal), this.#end.signal);
    }
  }

  /** Undefined for a line that is no message of ours, such as a banner. */
  #decode(frame: Uint8Array): Sip2Message | 'damaged' | undefined {
    try {
      const message = decodeMessage(frame);
      if (this.#sendsChecksums && !message.isChecked) return 'damaged';
      this.#sendsChecksums = message.isChecked;
      return message;
    } catch (thrown) {
      if (!(thrown instanceof ProtocolError)) throw thrown;
      if (thrown.code === 'checksum') return 'damaged';
      this.#options.log.debug('library system says something that makes no sense', { reason: thrown.message });
      return undefined;
    }
  }

  #read<T>(read: () => T): T {
    try {
      return read();
    } catch (thrown) {
      throw toDeviceError(thrown, 'read what the library system says');
    }
  }
}

/** Whether an answer is about this item: without a sequence number only its id can tell. */
function concerns(message: Sip2Message, item: string): boolean {
  const id = fieldOf(message, 'AB')?.trim();
  if (id === undefined || id === '') return message.sequence !== undefined;
  return id.toUpperCase() === item.trim().toUpperCase();
}
