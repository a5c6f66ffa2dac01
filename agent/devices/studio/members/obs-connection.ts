import { FleetError } from '../../../../protocols/errors.ts';
import { authenticationString } from '../../../../protocols/obs-websocket/authentication.ts';
import {
  type Challenge,
  closedByAuthentication,
  decodeMessage,
  encodeIdentify,
  encodeRequest,
  jsonProtocol,
  type ObsMessage,
  type ObsResponse,
  requestStatus,
} from '../../../../protocols/obs-websocket/message.ts';
import type { WebSocketConnection } from '../../driver.ts';
import { DeviceError, type DeviceErrorCode, toDeviceError } from '../../error.ts';
import type { MemberContext } from '../member.ts';

type Document = Readonly<Record<string, unknown>>;

export interface ObsConnectionOptions {
  readonly context: MemberContext;
  readonly allowUnauthenticated: boolean;
  readonly onEvent: (type: string, data: Document) => void;
  readonly signal: AbortSignal;
}

interface Waiting {
  readonly resolve: (response: ObsResponse) => void;
  readonly reject: (reason: unknown) => void;
}

const connectTimeoutMs = 5_000;
const helloTimeoutMs = 5_000;
const answerTimeoutMs = 5_000;
/** The list of scenes and inputs of a large collection, or a still in base64. */
const maxMessageBytes = 2 * 1_024 * 1_024;
/** Requests under way; one more is refused with `busy`. */
const maxWaiting = 32;

/** A signed-in conversation with OBS: requests find their answers by id, because answers overtake each other. */
export class ObsConnection implements AsyncDisposable {
  readonly #options: ObsConnectionOptions;
  readonly #socket: WebSocketConnection;
  readonly #waiting = new Map<string, Waiting>();
  readonly #closing = new AbortController();
  #listening: Promise<void> = Promise.resolve();
  #count = 0;
  #failure: unknown;

  private constructor(options: ObsConnectionOptions, socket: WebSocketConnection) {
    this.#options = options;
    this.#socket = socket;
  }

  /** Connects and signs in. Throws DeviceError. */
  static async open(options: ObsConnectionOptions): Promise<ObsConnection> {
    const { context, signal } = options;
    let connection: ObsConnection | undefined;
    try {
      const socket = await context.websocket.connect(context.address, {
        protocol: jsonProtocol,
        timeoutMs: connectTimeoutMs,
        maxBytes: maxMessageBytes,
        signal,
      });
      connection = new ObsConnection(options, socket);
      await connection.#signIn();
      connection.#listening = connection.#listen();
      return connection;
    } catch (thrown) {
      await connection?.[Symbol.asyncDispose]();
      signal.throwIfAborted();
      throw named(thrown, 'connect to OBS', 'connect');
    }
  }

  /** Asks, and returns what OBS answers, a refusal too. Throws DeviceError when there is no answer. */
  async request(type: string, data: Document | undefined, signal: AbortSignal): Promise<ObsResponse> {
    signal.throwIfAborted();
    if (this.#failure !== undefined) throw this.#failure;
    if (this.#waiting.size >= maxWaiting) throw new DeviceError('busy', 'OBS has not answered earlier requests yet');
    const id = String(++this.#count);
    const { promise, resolve, reject } = Promise.withResolvers<ObsResponse>();
    using deadline = this.#options.context.clock.deadline(answerTimeoutMs, signal);
    const onAbort = () => reject(deadline.signal.reason);
    deadline.signal.addEventListener('abort', onAbort, { once: true });
    this.#waiting.set(id, { resolve, reject });
    try {
      const [response] = await Promise.all([
        promise,
        this.#socket.send(encodeRequest(id, type, data), deadline.signal),
      ]);
      return response;
    } catch (thrown) {
      signal.throwIfAborted();
      throw named(thrown, `ask OBS for ${type}`);
    } finally {
      deadline.signal.removeEventListener('abort', onAbort);
      this.#waiting.delete(id);
    }
  }

  /** Asks, and returns the data of the answer. Throws DeviceError, also for a refusal. */
  async call(type: string, data: Document | undefined, signal: AbortSignal): Promise<Document> {
    const response = await this.request(type, data, signal);
    if (response.code !== requestStatus.success) throw refusalOf(response);
    return response.data;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing.abort(new DeviceError('connection-lost', 'the connection is closed'));
    await this.#socket[Symbol.asyncDispose]();
    await this.#listening;
  }

  /** Hello, identify, identified [protocol.md, Connection steps]. */
  async #signIn(): Promise<void> {
    const { context, signal } = this.#options;
    using deadline = context.clock.deadline(helloTimeoutMs, signal);
    const hello = decodeMessage(await this.#socket.receive(deadline.signal));
    if (hello.kind !== 'hello') throw new DeviceError('protocol', 'OBS does not begin with its hello');
    await this.#socket.send(encodeIdentify(this.#proof(hello.authentication)), deadline.signal);
    const answer = decodeMessage(await this.#socket.receive(deadline.signal));
    if (answer.kind !== 'identified') throw new DeviceError('protocol', 'OBS does not say that we are identified');
  }

  #proof(challenge: Challenge | undefined): string | undefined {
    const { context, allowUnauthenticated } = this.#options;
    if (challenge === undefined) {
      if (context.password === undefined || allowUnauthenticated) return undefined;
      throw new DeviceError(
        'authentication',
        'OBS asks for no password although one is configured; turn its password on',
      );
    }
    if (context.password === undefined)
      throw new DeviceError('authentication', 'OBS asks for a password, and none is configured');
    return authenticationString(context.password, challenge.salt, challenge.challenge);
  }

  async #listen(): Promise<void> {
    try {
      for (;;) this.#take(decodeMessage(await this.#socket.receive(this.#closing.signal)));
    } catch (thrown) {
      const failure = this.#closing.signal.aborted ? this.#closing.signal.reason : named(thrown, 'listen to OBS');
      this.#failure = failure;
      for (const { reject } of this.#waiting.values()) reject(failure);
      if (!this.#closing.signal.aborted) this.#options.context.onLost(failure);
    }
  }

  #take(message: ObsMessage): void {
    if (message.kind === 'event') this.#options.onEvent(message.type, message.data);
    if (message.kind === 'response') this.#waiting.get(message.id)?.resolve(message);
  }
}

/** What OBS refuses, as a DeviceError. */
export function refusalOf({ type, code, comment }: ObsResponse): DeviceError {
  const kind = codeOfStatus[code] ?? 'unsupported';
  return new DeviceError(kind, `OBS refuses ${type}: ${comment ?? code}`, { details: { status: code } });
}

const codeOfStatus: Readonly<Record<number, DeviceErrorCode>> = {
  [requestStatus.notReady]: 'unavailable',
  205: 'device-fault',
  [requestStatus.outputRunning]: 'unavailable',
  [requestStatus.outputNotRunning]: 'unavailable',
  502: 'unavailable',
  [requestStatus.outputNotPaused]: 'unavailable',
  504: 'unavailable',
  505: 'unavailable',
  506: 'unavailable',
  [requestStatus.invalidResourceState]: 'unavailable',
  700: 'device-fault',
  702: 'device-fault',
};

function named(thrown: unknown, doing: string, phase?: 'connect'): unknown {
  const isRefused = thrown instanceof FleetError && thrown.details['closeCode'] === closedByAuthentication;
  if (isRefused) return new DeviceError('authentication', 'OBS refuses the password', { cause: thrown });
  return toDeviceError(thrown, doing, phase);
}
