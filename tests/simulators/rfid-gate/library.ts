import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import type { Address } from '../../../agent/platform/network.ts';
import type { Clock } from '../../../protocols/ports.ts';
import type { Fault, Simulator } from '../simulator.ts';

export interface LibraryOptions {
  readonly clock: Clock;
  /** None wanted unless given. */
  readonly login?: { readonly username: string; readonly password: string };
  readonly port?: number;
}

export interface SimulatedItem {
  /** Two digits. */
  readonly circulation: string;
  readonly title: string;
  readonly due?: string;
}

interface Connection {
  readonly socket: Socket;
  readonly stop: AbortController;
  buffer: Buffer;
  isSignedIn: boolean;
  last: string;
  queue: Promise<void>;
}

const yes = 'YYYYYYYYYNYNYYYY';
const fromNobody = '20261124    081500';

/** A library system made of software, written after what Evergreen's SIPServer was seen to do, and without our codec. */
export class LibrarySimulator implements Simulator {
  readonly items = new Map<string, SimulatedItem>();
  readonly received: { readonly atMs: number; readonly line: string }[] = [];
  supported = yes;
  isOnline = true;
  /** Answers so late, on the simulator's clock. */
  delayMs = 0;
  /** How many of the next answers come with a wrong checksum. */
  damaged = 0;
  /** How many of the next messages it takes for damaged. */
  deaf = 0;
  /** Sends no checksums, as a system without error detection. */
  isPlain = false;
  end = '\r';
  /** Drops the next message without a word. */
  ignore = 0;
  readonly #options: LibraryOptions;
  readonly #connections = new Set<Connection>();
  #server: Server | undefined;
  #port: number;
  #fault: Fault | undefined;

  private constructor(options: LibraryOptions) {
    this.#options = options;
    this.#port = options.port ?? 0;
  }

  static async start(options: LibraryOptions): Promise<LibrarySimulator> {
    const simulator = new LibrarySimulator(options);
    await simulator.#listen();
    return simulator;
  }

  get address(): Address {
    return { host: '127.0.0.1', port: this.#port };
  }

  get connections(): number {
    return this.#connections.size;
  }

  /** Codes of the messages that came. */
  get codes(): string[] {
    return this.received.map(({ line }) => line.slice(0, 2));
  }

  async setFault(fault: Fault | undefined): Promise<void> {
    const wasAway = this.#fault === 'reboot';
    this.#fault = fault;
    if (fault === 'reboot') await this.#close();
    else if (wasAway) await this.#listen();
  }

  /** Closes the connections that stand. */
  drop(): void {
    for (const { socket } of this.#connections) socket.destroy();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#close();
  }

  async #listen(): Promise<void> {
    const server = createServer((socket) => this.#accept(socket));
    server.listen(this.#port, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    if (typeof address === 'object' && address) this.#port = address.port;
    this.#server = server;
  }

  async #close(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    const ends = [...this.#connections].map(async (connection) => {
      connection.stop.abort();
      connection.socket.destroy();
      await connection.queue;
    });
    await Promise.all(ends);
    if (server) await new Promise<void>((resolve) => server.close(() => resolve()));
  }

  #accept(socket: Socket): void {
    const connection: Connection = {
      socket,
      stop: new AbortController(),
      buffer: Buffer.alloc(0),
      isSignedIn: this.#options.login === undefined,
      last: '',
      queue: Promise.resolve(),
    };
    this.#connections.add(connection);
    socket.setNoDelay(true);
    socket.on('error', () => {});
    socket.on('close', () => {
      connection.stop.abort();
      this.#connections.delete(connection);
    });
    socket.on('data', (bytes) => this.#take(connection, bytes));
    if (this.#fault === 'hang-up') socket.destroy();
  }

  #take(connection: Connection, bytes: Buffer): void {
    connection.buffer = Buffer.concat([connection.buffer, bytes]);
    for (let end = connection.buffer.indexOf(0x0d); end >= 0; end = connection.buffer.indexOf(0x0d)) {
      const line = connection.buffer.subarray(0, end);
      connection.buffer = connection.buffer.subarray(end + 1);
      this.received.push({ atMs: this.#options.clock.mono(), line: line.toString('utf8') });
      if (this.#fault === 'hang-up') connection.socket.destroy();
      else this.#answer(connection, line);
    }
  }

  #answer(connection: Connection, bytes: Buffer): void {
    const line = bytes.toString('utf8');
    if (this.ignore > 0) {
      this.ignore--;
      return;
    }
    if (this.deaf > 0 || !isSound(bytes)) {
      this.deaf = Math.max(0, this.deaf - 1);
      this.#say(connection, withSum('96'));
      return;
    }
    const sequence = /AY(\d)AZ/.exec(line)?.[1];
    if (line.startsWith('97')) {
      // As SIPServer does: the last answer again, with sequence 0.
      this.#say(connection, this.#finish(connection.last, '0'));
      return;
    }
    const answer = this.#obey(connection, line);
    if (answer === undefined) {
      connection.socket.end();
      return;
    }
    connection.last = answer;
    this.#say(connection, this.#finish(answer, sequence));
  }

  #finish(answer: string, sequence: string | undefined): string {
    if (this.isPlain || sequence === undefined) return answer;
    const whole = withSum(`${answer}AY${sequence}`);
    if (this.damaged === 0) return whole;
    this.damaged--;
    return `${whole.slice(0, -4)}0000`;
  }

  /** Undefined closes the connection, as for a message that it does not know. */
  #obey(connection: Connection, line: string): string | undefined {
    const field = (name: string) => new RegExp(`(?:^.{20}|\\||^9300)${name}([^|]*)\\|`).exec(line)?.[1];
    const { login } = this.#options;
    if (line.startsWith('93')) {
      const isRight = login?.username === field('CN') && login?.password === field('CO');
      connection.isSignedIn = isRight && this.#fault !== 'wrong-password';
      return connection.isSignedIn ? '941' : '940';
    }
    if (!connection.isSignedIn) return undefined;
    if (line.startsWith('99')) {
      const online = this.isOnline && this.#fault !== 'busy' ? 'Y' : 'N';
      return `98${online}NNYNN600003${fromNobody}2.00AOTHPT|AMThư viện|BX${this.supported}|`;
    }
    if (!line.startsWith('17')) return undefined;
    const id = field('AB') ?? '';
    const item = this.items.get(id);
    if (!item) return `18010101${fromNobody}AB${id}|AJ|`;
    const due = item.due === undefined ? '' : `AH${item.due}|`;
    return `18${item.circulation}0201${fromNobody}AB${id}|AJ${item.title}|CK001|BGTHPT|${due}`;
  }

  #say(connection: Connection, text: string): void {
    const { socket, stop } = connection;
    const fault = this.#fault;
    if (fault === 'silence') return;
    const waitMs = fault === 'slow' ? 2_000 : this.delayMs;
    connection.queue = connection.queue.then(async () => {
      try {
        if (waitMs > 0) await this.#options.clock.wait(waitMs, stop.signal);
      } catch (thrown) {
        if (!stop.signal.aborted) throw thrown;
      }
      if (stop.signal.aborted) return;
      if (fault === 'garbage') socket.write('login: \u00ff\r');
      else socket.write(fault === 'half-frame' ? text.slice(0, text.length / 2) : `${text}${this.end}`);
    });
  }
}

function sumOf(bytes: Buffer): number {
  return [...bytes].reduce((total, byte) => total + byte, 0);
}

function withSum(text: string): string {
  const start = `${text}AZ`;
  return (
    start + ((0x10000 - (sumOf(Buffer.from(start)) & 0xffff)) & 0xffff).toString(16).toUpperCase().padStart(4, '0')
  );
}

function isSound(bytes: Buffer): boolean {
  if (bytes.subarray(-6, -4).toString() !== 'AZ') return true;
  const sum = Number.parseInt(bytes.subarray(-4).toString(), 16);
  return ((sum + sumOf(bytes.subarray(0, -4))) & 0xffff) === 0;
}
