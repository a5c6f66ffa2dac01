import type { Socket } from 'node:net';
import { FatalError, RecoverableError } from '../../protocols/errors.ts';
import type { Clock } from '../../protocols/ports.ts';
import { Arrivals } from './arrivals.ts';
import { type DialObserver, dial, networkError, type Resolve, resolveAllowed, untilAborted } from './dial.ts';
import type { Address, TcpConnection, TcpPort, TlsOptions } from './network.ts';
import type { AddressFilter } from './network-policy.ts';
import { readGreeting, secured } from './secure-socket.ts';

/** Unread bytes at which the socket is paused, so that a talkative device waits instead of filling the memory. */
const pauseAtBytes = 256 * 1024;

/** TCP under the agent's network policy. */
export function createTcpPort(filter: AddressFilter, resolve: Resolve, clock: Clock, observe?: DialObserver): TcpPort {
  return {
    connect: async (address, options) => {
      using deadline = clock.deadline(options.timeoutMs, options.signal);
      const ip = await resolveAllowed(filter, resolve, address, deadline.signal, observe);
      const plain = await dial(ip, address, deadline.signal, observe);
      if (!options.tls) return new TcpStream(plain);
      try {
        return new TcpStream(await upgrade(plain, address, options.tls, deadline.signal));
      } catch (thrown) {
        plain.destroy();
        options.signal?.throwIfAborted();
        if (deadline.signal.aborted) {
          throw new RecoverableError('tls-timeout', `connected, but no TLS within ${options.timeoutMs} ms`);
        }
        throw thrown instanceof FatalError || thrown instanceof RecoverableError
          ? thrown
          : networkError(thrown, `no TLS with ${address.host} port ${address.port}`);
      }
    },
  };
}

async function upgrade(plain: Socket, address: Address, tls: TlsOptions, signal: AbortSignal): Promise<Socket> {
  if (tls.greeting) await readGreeting(plain, tls.greeting, signal);
  return await secured(plain, address, tls.pinnedCertificate, signal);
}

class TcpStream implements TcpConnection {
  readonly #socket: Socket;
  readonly #arrivals = new Arrivals<Uint8Array>();
  #unreadBytes = 0;

  constructor(socket: Socket) {
    this.#socket = socket;
    socket.on('data', (chunk: Uint8Array) => {
      this.#unreadBytes += chunk.length;
      this.#arrivals.push(chunk);
      if (this.#unreadBytes >= pauseAtBytes) socket.pause();
    });
    socket.on('end', () => this.#arrivals.end());
    socket.on('error', (error) => this.#arrivals.end(networkError(error, 'the connection broke')));
    socket.on('close', () => this.#arrivals.end());
  }

  async write(bytes: Uint8Array, signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted();
    if (this.#arrivals.ended) throw new RecoverableError('connection-lost', 'the peer has closed the connection');
    const written = new Promise<void>((resolve, reject) => {
      this.#socket.write(bytes, (error) => (error ? reject(networkError(error, 'cannot write')) : resolve()));
    });
    await (signal ? untilAborted(written, signal) : written);
  }

  async read(signal?: AbortSignal): Promise<Uint8Array | undefined> {
    const chunk = await this.#arrivals.next(signal);
    if (chunk) this.#unreadBytes -= chunk.length;
    if (this.#socket.isPaused() && this.#unreadBytes < pauseAtBytes) this.#socket.resume();
    return chunk;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#socket.closed) return;
    const closed = new Promise<void>((resolve) => this.#socket.once('close', () => resolve()));
    this.#socket.destroy();
    await closed;
  }
}
