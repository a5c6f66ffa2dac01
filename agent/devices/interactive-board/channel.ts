import type { Framer } from '../../../protocols/bytes/framer.ts';
import { FleetError } from '../../../protocols/errors.ts';
import type { Clock } from '../../../protocols/ports.ts';
import type { Address, TcpConnection, TcpPort, TlsOptions } from '../driver.ts';
import { DeviceError, toDeviceError } from '../error.ts';

export interface ChannelOptions {
  readonly tcp: TcpPort;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly address: Address;
  readonly framer: Framer;
  readonly paceMs: number;
  readonly answerTimeoutMs: number;
  readonly tls?: TlsOptions | undefined;
}

/** TLS of a panel's small processor takes its time. */
const connectTimeoutMs = 5_000;
/** Frames that answer nothing we asked (notices, late answers) before we give up. */
const maxStrayFrames = 8;

/** Reads a frame as the answer; undefined when it answers something else. May throw ProtocolError or DeviceError. */
export type ReadFrame<T> = (frame: Uint8Array) => T | undefined;

/**
 * One connection to one panel: a request, its answer, the next request. It lives as long as one poll or one command,
 * because most panels serve one client at a time and other controllers of the school want it too.
 */
export class Channel implements AsyncDisposable {
  readonly #options: ChannelOptions;
  readonly #connection: TcpConnection;
  readonly #frames: Uint8Array[] = [];
  #framer: Framer;
  #lastAnswerAt = Number.NEGATIVE_INFINITY;

  private constructor(options: ChannelOptions, connection: TcpConnection) {
    this.#options = options;
    this.#connection = connection;
    this.#framer = options.framer;
  }

  /** Throws DeviceError, FatalError for a certificate that is not the board's, or the signal's reason. */
  static async open(options: ChannelOptions): Promise<Channel> {
    const { tcp, address, signal, tls } = options;
    signal.throwIfAborted();
    try {
      const connection = await tcp.connect(address, { timeoutMs: connectTimeoutMs, signal, ...(tls ? { tls } : {}) });
      return new Channel(options, connection);
    } catch (thrown) {
      signal.throwIfAborted();
      throw unsecured(thrown) ?? toDeviceError(thrown, 'connect to the board', 'connect');
    }
  }

  /** Sends a request and waits for its answer. Throws DeviceError, or the signal's reason. */
  async ask<T>(request: Uint8Array, read: ReadFrame<T>): Promise<T> {
    const { clock, signal, paceMs } = this.#options;
    const restMs = this.#lastAnswerAt + paceMs - clock.mono();
    if (restMs > 0) await clock.wait(restMs, signal);
    return await this.#guard(async (deadline) => {
      await this.#connection.write(request, deadline);
      return await this.#answer(read, deadline);
    });
  }

  /** Waits for one more frame without asking. Throws DeviceError, or the signal's reason. */
  async next<T>(read: ReadFrame<T>): Promise<T> {
    return await this.#guard((deadline) => this.#answer(read, deadline));
  }

  /** Reads what follows with another framer; for wires that begin in another form than they go on. */
  switchFramer(framer: Framer): void {
    this.#framer = framer;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#connection[Symbol.asyncDispose]();
  }

  async #answer<T>(read: ReadFrame<T>, signal: AbortSignal): Promise<T> {
    for (let stray = 0; stray <= maxStrayFrames; stray++) {
      const value = read(await this.#nextFrame(signal));
      if (value === undefined) continue;
      this.#lastAnswerAt = this.#options.clock.mono();
      return value;
    }
    throw new DeviceError('protocol', 'the board answers other questions than those it is asked');
  }

  async #nextFrame(signal: AbortSignal): Promise<Uint8Array> {
    for (;;) {
      const frame = this.#frames.shift();
      if (frame) return frame;
      const chunk = await this.#connection.read(signal);
      if (!chunk) throw new DeviceError('connection-lost', 'the board closed the connection');
      for (const one of this.#framer.push(chunk)) {
        this.#frames.push(one);
        // A board answers one frame to one request; a flood is not one.
        if (this.#frames.length > maxStrayFrames * 4) {
          throw new DeviceError('protocol', 'the board floods the connection');
        }
      }
    }
  }

  async #guard<T>(work: (deadline: AbortSignal) => Promise<T>): Promise<T> {
    const { clock, signal, answerTimeoutMs } = this.#options;
    using deadline = clock.deadline(answerTimeoutMs, signal);
    try {
      return await work(deadline.signal);
    } catch (thrown) {
      signal.throwIfAborted();
      throw toDeviceError(thrown, 'talk to the board');
    }
  }
}

/** What went wrong after the board had taken the connection, before it was secured: it is there, unlike one that nobody reaches. */
function unsecured(thrown: unknown): DeviceError | undefined {
  if (!(thrown instanceof FleetError)) return undefined;
  const { message, code } = thrown;
  if (code === 'tls-timeout') {
    const hint = 'switch on its secured protocol, or remove the PIN from its credentials';
    return new DeviceError('timeout', `the board does not begin its secured mode; ${hint}`, { cause: thrown });
  }
  return code === 'unexpected-greeting' ? new DeviceError('protocol', message, { cause: thrown }) : undefined;
}
