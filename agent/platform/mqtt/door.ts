import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import { RecoverableError, toError } from '../../../protocols/errors.ts';
import { networkError } from '../dial.ts';
import type { LocalBrokerLimits } from './limits.ts';

export interface DoorOptions {
  readonly host: string;
  readonly port: number;
  readonly limits: Pick<LocalBrokerLimits, 'clients' | 'strangers' | 'strangersPerAddress'>;
  /** Whether something from this address may connect at all. */
  readonly believes: (ip: string) => boolean;
  readonly accept: (socket: Socket) => void;
  readonly refused: (address: string, reason: string) => void;
}

/** Listens, and bounds who may knock before anything is read. */
export class Door implements AsyncDisposable {
  readonly #server: Server;
  readonly #options: DoorOptions;
  readonly #sockets = new Set<Socket>();
  readonly #strangers = new Set<Socket>();

  private constructor(options: DoorOptions) {
    this.#options = options;
    this.#server = createServer({ noDelay: true, keepAlive: true, keepAliveInitialDelay: 60_000 }, (socket) =>
      this.#enter(socket),
    );
    this.#server.maxConnections = options.limits.clients + options.limits.strangers;
  }

  /** Throws RecoverableError `address-in-use`, or another of the network. */
  static async open(options: DoorOptions): Promise<Door> {
    const door = new Door(options);
    try {
      door.#server.listen({ host: options.host, port: options.port });
      await once(door.#server, 'listening');
    } catch (thrown) {
      throw listenError(thrown, options);
    }
    door.#server.on('error', (error) => options.refused('unknown', error.message));
    return door;
  }

  get port(): number {
    const address = this.#server.address();
    return typeof address === 'object' && address !== null ? address.port : this.#options.port;
  }

  /** A socket has signed in: it no longer counts as a stranger. */
  known(socket: object): void {
    this.#strangers.delete(socket as Socket);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }

  #enter(socket: Socket): void {
    const address = socket.remoteAddress ?? 'unknown';
    // Before anyone else listens: an error without a listener would end the process.
    socket.on('error', () => {});
    const reason = this.#reasonAgainst(address);
    if (reason !== undefined) {
      socket.destroy();
      this.#options.refused(address, reason);
      return;
    }
    this.#sockets.add(socket);
    this.#strangers.add(socket);
    socket.once('close', () => {
      this.#sockets.delete(socket);
      this.#strangers.delete(socket);
    });
    this.#options.accept(socket);
  }

  #reasonAgainst(address: string): string | undefined {
    const { believes, limits } = this.#options;
    if (!believes(address)) return 'the network policy does not allow this address';
    const same = [...this.#strangers].filter(({ remoteAddress }) => remoteAddress === address).length;
    if (this.#strangers.size >= limits.strangers || same >= limits.strangersPerAddress)
      return 'too many connections that have not signed in';
    return undefined;
  }
}

function listenError(thrown: unknown, { host, port }: DoorOptions): RecoverableError {
  const error = toError(thrown);
  if ('code' in error && error.code === 'EADDRINUSE') {
    return new RecoverableError(
      'address-in-use',
      `port ${port} is taken by another program; stop it or set localBroker.port of the agent configuration`,
      { cause: error, details: { host, port } },
    );
  }
  return networkError(error, `the local broker cannot listen on ${host} port ${port}`);
}
