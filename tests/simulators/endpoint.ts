import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import type { Address } from '../../agent/platform/network.ts';
import type { Clock } from '../../protocols/ports.ts';
import type { Fault } from './simulator.ts';

/** Where a simulator shall listen. */
export interface Place {
  /** 127.0.0.1 unless given. */
  readonly host?: string | undefined;
  /** An ephemeral one unless given: it is known once it is open. */
  readonly port?: number | undefined;
}

export interface Connection<State = undefined> {
  readonly socket: Socket;
  readonly stop: AbortController;
  /** What came and was not taken yet. */
  buffer: Buffer;
  /** Answers go out one after another, also slow ones. */
  queue: Promise<void>;
  /** What the simulator remembers of it. */
  readonly state: State;
}

export interface EndpointOptions<State> extends Place {
  readonly clock: Clock;
  /** What the simulator remembers of a new connection. */
  readonly remember: () => State;
  /** Whether somebody may come in; a simulator that refuses ends the socket itself. Asked when all who have gone are gone. */
  readonly admit?: (socket: Socket) => boolean;
  /** What is spoken over: the socket itself unless given. */
  readonly over?: (socket: Socket) => Socket;
  readonly greet?: (connection: Connection<State>) => void;
  /** Takes what it understands from the front of `connection.buffer`. */
  readonly take: (connection: Connection<State>) => void;
  readonly onClose?: (connection: Connection<State>) => void;
  /** What `garbage` looks like. */
  readonly noise?: Buffer;
}

const httpNoise = Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n\u00ff\u0000\u00fe\u00ff\r\n', 'latin1');
const slowMs = 2_000;

/** A port that is there or not there, and is the same one when it comes again. */
export class Port implements AsyncDisposable {
  readonly sockets = new Set<Socket>();
  readonly #serve: () => Server;
  readonly #host: string;
  #server: Server | undefined;
  #number: number;

  /** `serve` makes the server anew each time that it opens. */
  constructor(serve: () => Server, { host = '127.0.0.1', port = 0 }: Place) {
    this.#serve = serve;
    this.#host = host;
    this.#number = port;
  }

  get address(): Address {
    return { host: this.#host, port: this.#number };
  }

  get isOpen(): boolean {
    return this.#server !== undefined;
  }

  async open(): Promise<void> {
    if (this.#server) return;
    const server = this.#serve();
    server.on('connection', (socket) => {
      this.sockets.add(socket);
      socket.on('error', () => {});
      socket.on('close', () => this.sockets.delete(socket));
    });
    server.listen(this.#number, this.#host);
    await once(server, 'listening');
    const address = server.address();
    if (typeof address === 'object' && address) this.#number = address.port;
    this.#server = server;
  }

  /** Drops every connection and listens no longer. */
  async close(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    this.drop();
    if (server) await new Promise<void>((resolve) => server.close(() => resolve()));
  }

  drop(): void {
    for (const socket of this.sockets) socket.destroy();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

/** A TCP server that goes wrong in every way that a simulator must know, whatever it speaks. */
export class Endpoint<State = undefined> implements AsyncDisposable {
  readonly connections = new Set<Connection<State>>();
  readonly #options: EndpointOptions<State>;
  readonly #port: Port;
  #fault: Fault | undefined;

  constructor(options: EndpointOptions<State>) {
    this.#options = options;
    this.#port = new Port(() => createServer((socket) => this.#knock(socket)), options);
  }

  get address(): Address {
    return this.#port.address;
  }

  get fault(): Fault | undefined {
    return this.#fault;
  }

  async setFault(fault: Fault | undefined): Promise<void> {
    const wasAway = this.#fault === 'reboot';
    this.#fault = fault;
    if (fault === 'reboot') await this.close();
    else if (wasAway) await this.open();
  }

  open(): Promise<void> {
    return this.#port.open();
  }

  async close(): Promise<void> {
    const ends = [...this.connections].map(async (connection) => {
      connection.stop.abort();
      connection.socket.destroy();
      await connection.queue;
    });
    await Promise.all([...ends, this.#port.close()]);
  }

  /** Drops every connection, as a pulled cable or a restarted program does. */
  drop(): void {
    for (const { socket } of this.connections) socket.destroy();
  }

  /** Sends `bytes` as the fault of the moment has it, after `delayMs` where the device takes its time. */
  say(connection: Connection<State>, bytes: Buffer, onSaid: () => void = () => {}, delayMs = 0): void {
    const { socket, stop } = connection;
    const fault = this.#fault;
    if (fault === 'silence') return;
    const waitMs = fault === 'slow' ? slowMs : delayMs;
    connection.queue = connection.queue.then(async () => {
      try {
        if (waitMs > 0) await this.#options.clock.wait(waitMs, stop.signal);
      } catch (thrown) {
        if (!stop.signal.aborted) throw thrown;
      }
      if (stop.signal.aborted) return;
      if (fault === 'garbage') socket.write(this.#options.noise ?? httpNoise);
      else socket.write(fault === 'half-frame' ? bytes.subarray(0, Math.ceil(bytes.length / 2)) : bytes);
      onSaid();
    });
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #knock(socket: Socket): void {
    const { admit } = this.#options;
    if (!admit) this.#accept(socket);
    // A client that closes and comes again at once has closed before: let that be noticed first.
    else
      setImmediate(() =>
        setImmediate(() => {
          if (!socket.destroyed && (this.#fault === 'hang-up' || admit(socket))) this.#accept(socket);
        }),
      );
  }

  #accept(raw: Socket): void {
    const { over, remember, greet, take, onClose } = this.#options;
    raw.setNoDelay(true);
    if (this.#fault === 'hang-up') {
      raw.destroy();
      return;
    }
    const socket = over?.(raw) ?? raw;
    const connection: Connection<State> = {
      socket,
      stop: new AbortController(),
      buffer: Buffer.alloc(0),
      queue: Promise.resolve(),
      state: remember(),
    };
    this.connections.add(connection);
    socket.on('error', () => {});
    socket.on('close', () => {
      connection.stop.abort();
      this.connections.delete(connection);
      onClose?.(connection);
    });
    socket.on('data', (bytes: Buffer) => {
      if (this.#fault === 'hang-up') {
        socket.destroy();
        return;
      }
      connection.buffer = Buffer.concat([connection.buffer, bytes]);
      take(connection);
    });
    greet?.(connection);
  }
}

/** Takes whole lines, which end with `end` and maybe a carriage return before it, from the front of the buffer. */
export function takeLines(connection: Pick<Connection, 'buffer'>, end = '\n'): string[] {
  const lines: string[] = [];
  const mark = end.charCodeAt(0);
  for (let at = connection.buffer.indexOf(mark); at >= 0; at = connection.buffer.indexOf(mark)) {
    lines.push(connection.buffer.subarray(0, at).toString().replace(/\r$/, ''));
    connection.buffer = connection.buffer.subarray(at + 1);
  }
  return lines;
}
