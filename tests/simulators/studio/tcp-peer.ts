import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import type { Address } from '../../../agent/platform/network.ts';
import type { Clock } from '../../../protocols/ports.ts';
import type { Fault } from '../simulator.ts';

export interface PeerConnection {
  readonly socket: Socket;
  readonly stop: AbortController;
  buffer: Buffer;
  /** The lines so far of a command that spans several. */
  wanted: string | undefined;
  /** Answers go out one after another, also slow ones. */
  queue: Promise<void>;
}

export interface TcpPeerOptions {
  readonly clock: Clock;
  readonly host?: string | undefined;
  readonly port?: number | undefined;
  readonly greet: (connection: PeerConnection) => void;
  /** Takes what it understands from the front of `connection.buffer`. */
  readonly take: (connection: PeerConnection) => void;
}

const noise = Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n\u00ff\u0000\u00fe\u00ff\r\n', 'latin1');

/** A TCP server that goes wrong in every way that a simulator must know, whatever it speaks. */
export class TcpPeer implements AsyncDisposable {
  readonly connections = new Set<PeerConnection>();
  readonly #options: TcpPeerOptions;
  #server: Server | undefined;
  #port: number;
  #fault: Fault | undefined;

  private constructor(options: TcpPeerOptions) {
    this.#options = options;
    this.#port = options.port ?? 0;
  }

  static async start(options: TcpPeerOptions): Promise<TcpPeer> {
    const peer = new TcpPeer(options);
    await peer.#listen();
    return peer;
  }

  get address(): Address {
    return { host: this.#options.host ?? '127.0.0.1', port: this.#port };
  }

  get fault(): Fault | undefined {
    return this.#fault;
  }

  async setFault(fault: Fault | undefined): Promise<void> {
    const wasAway = this.#fault === 'reboot';
    this.#fault = fault;
    if (fault === 'reboot') await this.#close();
    else if (wasAway) await this.#listen();
  }

  /** Drops every connection, as a pulled cable or a restarted program does. */
  dropAll(): void {
    for (const { socket } of this.connections) socket.destroy();
  }

  /** Sends `bytes` as the fault of the moment has it. */
  say(connection: PeerConnection, bytes: Buffer): void {
    const { socket, stop } = connection;
    const fault = this.#fault;
    if (fault === 'silence') return;
    connection.queue = connection.queue.then(async () => {
      try {
        if (fault === 'slow') await this.#options.clock.wait(2_000, stop.signal);
        if (stop.signal.aborted) return;
        if (fault === 'garbage') socket.write(noise);
        else socket.write(fault === 'half-frame' ? bytes.subarray(0, Math.ceil(bytes.length / 2)) : bytes);
      } catch (thrown) {
        if (!stop.signal.aborted) throw thrown;
      }
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#close();
  }

  async #listen(): Promise<void> {
    const server = createServer((socket) => this.#accept(socket));
    server.listen(this.#port, this.address.host);
    await once(server, 'listening');
    const address = server.address();
    if (typeof address === 'object' && address) this.#port = address.port;
    this.#server = server;
  }

  async #close(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    const ends = [...this.connections].map(async (connection) => {
      connection.stop.abort();
      connection.socket.destroy();
      await connection.queue;
    });
    await Promise.all(ends);
    if (server) await new Promise<void>((resolve) => server.close(() => resolve()));
  }

  #accept(socket: Socket): void {
    const connection: PeerConnection = {
      socket,
      stop: new AbortController(),
      buffer: Buffer.alloc(0),
      wanted: undefined,
      queue: Promise.resolve(),
    };
    this.connections.add(connection);
    socket.setNoDelay(true);
    socket.on('error', () => {});
    socket.on('close', () => {
      connection.stop.abort();
      this.connections.delete(connection);
    });
    socket.on('data', (bytes) => {
      if (this.#fault === 'hang-up') {
        socket.destroy();
        return;
      }
      connection.buffer = Buffer.concat([connection.buffer, bytes]);
      this.#options.take(connection);
    });
    if (this.#fault === 'hang-up') socket.destroy();
    else this.#options.greet(connection);
  }
}

/** Takes whole lines from the front of the buffer. */
export function takeLines(connection: PeerConnection): string[] {
  const lines: string[] = [];
  for (let end = connection.buffer.indexOf(0x0a); end >= 0; end = connection.buffer.indexOf(0x0a)) {
    lines.push(connection.buffer.subarray(0, end).toString().replace(/\r$/, ''));
    connection.buffer = connection.buffer.subarray(end + 1);
  }
  return lines;
}
