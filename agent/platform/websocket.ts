import type { Socket } from 'node:net';
import { WebSocket } from 'ws';
import { FatalError, RecoverableError, toError } from '../../protocols/errors.ts';
import type { Clock } from '../../protocols/ports.ts';
import { Arrivals } from './arrivals.ts';
import { type DialObserver, dial, networkError, type Resolve, resolveAllowed, untilAborted } from './dial.ts';
import type { Address, WebSocketConnection, WebSocketOptions, WebSocketPort } from './network.ts';
import type { AddressFilter } from './network-policy.ts';

/** Unread characters at which the connection is paused, so that a talkative peer waits instead of filling the memory. */
const pauseAtLength = 256 * 1024;

/** WebSocket as a client (RFC 6455, without compression or redirects) over sockets that the network policy has checked. */
export function createWebSocketPort(
  filter: AddressFilter,
  resolve: Resolve,
  clock: Clock,
  observe?: DialObserver,
): WebSocketPort {
  return {
    connect: async (address, options) => {
      using deadline = clock.deadline(options.timeoutMs, options.signal);
      const ip = await resolveAllowed(filter, resolve, address, deadline.signal, observe);
      const socket = await dial(ip, address, deadline.signal, observe);
      const client = createClient(socket, address, options);
      const connection = new MessageStream(client);
      try {
        await untilAborted(opened(client), deadline.signal);
        return connection;
      } catch (thrown) {
        await connection[Symbol.asyncDispose]();
        socket.destroy();
        options.signal?.throwIfAborted();
        if (deadline.signal.aborted) {
          // Someone took the connection: that is a silent peer, not an absent one.
          throw new RecoverableError('handshake-timeout', `connected, but no WebSocket within ${options.timeoutMs} ms`);
        }
        throw webSocketError(thrown, `no WebSocket at ${address.host} port ${address.port}`);
      }
    },
  };
}

function createClient(socket: Socket, { host, port }: Address, options: WebSocketOptions): WebSocket {
  const authority = host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
  return new WebSocket(`ws://${authority}${options.path ?? '/'}`, options.protocol, {
    // The address was resolved and checked once; the library never dials by itself.
    createConnection: () => socket,
    maxPayload: options.maxBytes,
    perMessageDeflate: false,
    followRedirects: false,
  });
}

function opened(client: WebSocket): Promise<void> {
  return new Promise((resolve, reject) => {
    client.once('open', resolve);
    client.once('error', reject);
    client.once('close', () => reject(new RecoverableError('connection-lost', 'closed during the handshake')));
  });
}

/** What the library calls an error of framing or of HTTP is a peer that speaks something else. */
function webSocketError(thrown: unknown, what: string): RecoverableError | FatalError {
  if (thrown instanceof RecoverableError || thrown instanceof FatalError) return thrown;
  const error = toError(thrown);
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  const options = { cause: error };
  if (code === 'WS_ERR_UNSUPPORTED_MESSAGE_LENGTH') {
    return new RecoverableError('response-too-large', `${what}: ${error.message}`, options);
  }
  const isForeign =
    /^(WS_ERR|HPE)_/.test(code) || /^(Unexpected server response|Invalid|Server sent)/.test(error.message);
  return isForeign
    ? new RecoverableError('malformed', `${what}: ${error.message}`, options)
    : networkError(error, what);
}

class MessageStream implements WebSocketConnection {
  readonly #client: WebSocket;
  readonly #arrivals = new Arrivals<string>();
  #unreadLength = 0;

  constructor(client: WebSocket) {
    this.#client = client;
    client.on('message', (data, isBinary) => {
      if (isBinary) {
        this.#arrivals.end(new RecoverableError('malformed', 'the peer sends binary messages where text was agreed'));
        client.terminate();
        return;
      }
      const text = data.toString();
      this.#unreadLength += text.length;
      this.#arrivals.push(text);
      if (this.#unreadLength >= pauseAtLength) client.pause();
    });
    client.on('error', (error) => this.#arrivals.end(webSocketError(error, 'the connection broke')));
    client.on('close', (closeCode, reason) => {
      const why = reason.toString().slice(0, 200);
      this.#arrivals.end(
        new RecoverableError('connection-lost', `the peer has closed the connection (${closeCode} ${why})`, {
          details: { closeCode, reason: why },
        }),
      );
    });
  }

  async send(text: string, signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted();
    if (this.#arrivals.ended) throw new RecoverableError('connection-lost', 'the peer has closed the connection');
    const sent = new Promise<void>((resolve, reject) => {
      this.#client.send(text, (error) => (error ? reject(networkError(error, 'cannot send')) : resolve()));
    });
    await (signal ? untilAborted(sent, signal) : sent);
  }

  async receive(signal?: AbortSignal): Promise<string> {
    const text = await this.#arrivals.next(signal);
    if (text === undefined) throw new RecoverableError('connection-lost', 'the connection is closed');
    this.#unreadLength -= text.length;
    if (this.#client.isPaused && this.#unreadLength < pauseAtLength) this.#client.resume();
    return text;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#client.readyState === WebSocket.CLOSED) return;
    const closed = new Promise<void>((resolve) => this.#client.once('close', () => resolve()));
    this.#client.terminate();
    await closed;
  }
}
