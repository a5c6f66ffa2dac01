import { ProtocolError } from '../../../protocols/bytes/error.ts';
import { type DigestAlgorithm, digestPassword } from '../../../protocols/pjlink/authentication.ts';
import {
  createLineFramer,
  decodeLine,
  encodeCommand,
  type Line,
  type PjlinkFailure,
} from '../../../protocols/pjlink/line.ts';
import { type Query, queries } from '../../../protocols/pjlink/queries.ts';
import type { PjlinkPower } from '../../../protocols/pjlink/values.ts';
import type { Clock, Deadline, Log } from '../../../protocols/ports.ts';
import type { Address, TcpConnection, TcpPort } from '../driver.ts';
import { DeviceError, toDeviceError } from '../error.ts';

/** What a projector says to one command. */
export type Answer<T> =
  | { readonly kind: 'value'; readonly value: T }
  | { readonly kind: 'failure'; readonly failure: PjlinkFailure }
  /** A well-formed line whose value makes no sense. */
  | { readonly kind: 'unreadable'; readonly problem: ProtocolError };

export interface ConversationOptions {
  readonly address: Address;
  readonly password: string | undefined;
  /** Go on with a projector that asks for no password although we have one. */
  readonly allowUnauthenticated: boolean;
  readonly digest: DigestAlgorithm;
  readonly tcp: TcpPort;
  readonly clock: Clock;
  readonly log: Log;
  readonly signal: AbortSignal;
  /** 4 s unless given. */
  readonly connectTimeoutMs?: number;
  /** For the greeting and for each answer; 5 s unless given. */
  readonly answerTimeoutMs?: number;
}

/** A connection that has signed in, with the power state that it read while doing so. */
export interface OpenConversation {
  readonly conversation: Conversation;
  readonly power: Answer<PjlinkPower>;
}

const defaultConnectTimeoutMs = 4_000;
/** Projectors may take 2 s for an answer. */
const defaultAnswerTimeoutMs = 5_000;
/** Faster commands are lost by some projectors. */
const pauseMs = 50;
/** Lines that belong to nothing we asked (notices, stray ones) before we give up on an answer. */
const maxStrayLines = 8;

/**
 * One connection: greeting, authentication, then one command at a time. It lives as long as one poll or one command,
 * because many projectors serve one connection only and other controllers of the school want it too.
 */
export class Conversation implements AsyncDisposable {
  readonly #options: ConversationOptions;
  readonly #connection: TcpConnection;
  readonly #framer = createLineFramer();
  readonly #lines: Uint8Array[] = [];
  #digest = '';
  #lastAnswerAt = Number.NEGATIVE_INFINITY;

  private constructor(options: ConversationOptions, connection: TcpConnection) {
    this.#options = options;
    this.#connection = connection;
  }

  /**
   * Connects and signs in. The question for power is the first command, which carries the digest and so proves the
   * password; every projector knows it. Throws DeviceError, or the signal's reason.
   */
  static async open(options: ConversationOptions): Promise<OpenConversation> {
    const connection = await connect(options);
    const conversation = new Conversation(options, connection);
    try {
      await conversation.#greet();
      return { conversation, power: await conversation.ask(queries.power) };
    } catch (thrown) {
      await conversation[Symbol.asyncDispose]();
      throw thrown;
    }
  }

  /** Asks. `suffix` names what is asked about, as the input in `INNM ?31`. Throws DeviceError. */
  async ask<T>(query: Query<T>, suffix = ''): Promise<Answer<T>> {
    const line = await this.#exchange(query, `?${suffix}`);
    if (line.kind === 'failure') return line;
    try {
      return { kind: 'value', value: query.parse(line.parameter) };
    } catch (thrown) {
      if (thrown instanceof ProtocolError) return { kind: 'unreadable', problem: thrown };
      throw thrown;
    }
  }

  /** Sets; undefined means that the projector acknowledged. Throws DeviceError. */
  async set(command: Pick<Query<unknown>, 'class' | 'code'>, parameter: string): Promise<PjlinkFailure | undefined> {
    const line = await this.#exchange(command, parameter);
    if (line.kind === 'failure') return line.failure;
    if (line.parameter.toUpperCase() === 'OK') return undefined;
    throw new DeviceError('protocol', `the projector answered neither OK nor an error to ${command.code}`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#connection[Symbol.asyncDispose]();
  }

  async #greet(): Promise<void> {
    const { password, allowUnauthenticated, digest, log } = this.#options;
    using deadline = this.#deadline();
    const line = await this.#guard('wait for the greeting', () => this.#nextLine(deadline.signal));
    // Some projectors refuse at once when another controller is connected or the address is blocked.
    if (line.kind === 'authentication-failed') throw refusedPassword();
    if (line.kind !== 'greeting')
      throw new DeviceError('protocol', 'the device does not greet as a PJLink projector does');
    if (line.token !== undefined) {
      if (password === undefined)
        throw new DeviceError('authentication', 'the projector asks for a password; none is configured');
      this.#digest = digestPassword(line.token, password, digest);
      return;
    }
    if (password === undefined) return;
    log.warn('projector asks for no password although one is configured', { allowed: allowUnauthenticated });
    if (allowUnauthenticated) return;
    throw new DeviceError(
      'authentication',
      'the projector asks for no password although one is configured: set its password again, or allow this in the settings',
    );
  }

  async #exchange(
    command: Pick<Query<unknown>, 'class' | 'code'>,
    parameter: string,
  ): Promise<Extract<Line, { kind: 'answer' | 'failure' }>> {
    const { clock, signal } = this.#options;
    const bytes = encodeCommand({ class: command.class, code: command.code, parameter }, this.#digest);
    this.#digest = '';
    const restMs = this.#lastAnswerAt + pauseMs - clock.mono();
    if (restMs > 0) await clock.wait(restMs, signal);
    using deadline = this.#deadline();
    return await this.#guard(`ask ${command.code}`, async () => {
      await this.#connection.write(bytes, deadline.signal);
      const line = await this.#answerTo(command.code, deadline.signal);
      this.#lastAnswerAt = clock.mono();
      return line;
    });
  }

  async #answerTo(code: string, signal: AbortSignal): Promise<Extract<Line, { kind: 'answer' | 'failure' }>> {
    for (let stray = 0; stray <= maxStrayLines; stray++) {
      const line = await this.#nextLine(signal);
      if (line.kind === 'authentication-failed') throw refusedPassword();
      if (line.kind !== 'greeting' && line.code === code) return line;
    }
    throw new DeviceError('protocol', `the projector answers other questions than ${code}`);
  }

  async #nextLine(signal: AbortSignal): Promise<Line> {
    for (;;) {
      const frame = this.#lines.shift();
      if (frame) return decodeLine(frame);
      const chunk = await this.#connection.read(signal);
      if (!chunk) throw new DeviceError('connection-lost', 'the projector closed the connection');
      for (const line of this.#framer.push(chunk)) this.#lines.push(line);
      // A projector answers one line to one command; a flood is not one.
      if (this.#lines.length > maxStrayLines * 2)
        throw new DeviceError('protocol', 'the projector floods the connection');
    }
  }

  #deadline(): Deadline {
    const { clock, signal, answerTimeoutMs = defaultAnswerTimeoutMs } = this.#options;
    return clock.deadline(answerTimeoutMs, signal);
  }

  async #guard<T>(doing: string, work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (thrown) {
      this.#options.signal.throwIfAborted();
      throw toDeviceError(thrown, doing);
    }
  }
}

async function connect(options: ConversationOptions): Promise<TcpConnection> {
  const { tcp, address, signal } = options;
  signal.throwIfAborted();
  try {
    return await tcp.connect(address, { timeoutMs: options.connectTimeoutMs ?? defaultConnectTimeoutMs, signal });
  } catch (thrown) {
    signal.throwIfAborted();
    throw toDeviceError(thrown, 'connect to the projector', 'connect');
  }
}

function refusedPassword(): DeviceError {
  return new DeviceError('authentication', 'the projector refuses the password', { details: { refused: 'digest' } });
}
