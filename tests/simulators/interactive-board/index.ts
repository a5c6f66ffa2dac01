import { createSocket, type Socket as UdpSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import type { Address } from '../../../agent/platform/network.ts';
import type { Clock } from '../../../protocols/ports.ts';
import type { Fault, Simulator } from '../simulator.ts';
import { ifpWire } from './ifp.ts';
import { lgWire } from './lg.ts';
import { mdcWire } from './mdc.ts';
import { iiyamaWire, sicpWire } from './sicp.ts';
import { smartWire } from './smart.ts';
import { type Board, type BoardState, type BoardWire, healthyState } from './state.ts';

export type BoardProfile = 'samsung-mdc' | 'philips-sicp' | 'iiyama' | 'viewsonic' | 'benq' | 'lg' | 'smart';

const wires: Readonly<Record<BoardProfile, BoardWire>> = {
  'samsung-mdc': mdcWire,
  'philips-sicp': sicpWire,
  iiyama: iiyamaWire,
  viewsonic: ifpWire('viewsonic'),
  benq: ifpWire('benq'),
  lg: lgWire,
  smart: smartWire,
};

export interface BoardOptions {
  readonly profile: BoardProfile;
  readonly clock: Clock;
  readonly id?: number;
  readonly answerId?: number;
  /** 3 s each unless given. */
  readonly switchMs?: number;
  readonly rebootMs?: number;
  /** Its network sleeps with its picture, until a magic packet comes. */
  readonly sleeps?: boolean;
  /** A board that drops connections when it switches. */
  readonly dropsOnSwitch?: boolean;
  /** Samsung's secured mode. */
  readonly secured?: { readonly pin: string; readonly key: string; readonly certificate: string };
}

/** Wrong PINs after which a display in secured mode blocks. */
const maxWrongPins = 3;

interface Connection {
  readonly socket: Socket;
  readonly stop: AbortController;
  buffer: Buffer;
  /** Answers go out one after another, also slow ones. */
  queue: Promise<void>;
  signedIn: boolean;
}

/** A board made of software that speaks the true wire of its profile, written from the documents and without our codecs. */
export class BoardSimulator implements Simulator, Board {
  readonly state: BoardState = healthyState();
  /** Every request that came, as it came. */
  readonly received: Buffer[] = [];
  /** Magic packets with our address. */
  wakes = 0;
  wrongPins = 0;
  isUpdating = false;
  readonly mac = '00:11:22:33:44:55';
  readonly id: number;
  readonly answerId: number;
  readonly #options: BoardOptions;
  readonly #wire: BoardWire;
  readonly #connections = new Set<Connection>();
  readonly #stop = new AbortController();
  readonly #work = new Set<Promise<void>>();
  #server: Server | undefined;
  #udp: UdpSocket | undefined;
  #port = 0;
  #fault: Fault | undefined;
  #power: 'on' | 'off' = 'on';
  #switchedAt = Number.NEGATIVE_INFINITY;
  #isAsleep = false;

  private constructor(options: BoardOptions) {
    this.#options = options;
    this.#wire = wires[options.profile];
    this.id = options.id ?? 1;
    this.answerId = options.answerId ?? this.id;
  }

  static async start(options: BoardOptions): Promise<BoardSimulator> {
    const simulator = new BoardSimulator(options);
    await simulator.#listen();
    await simulator.#listenForPackets();
    return simulator;
  }

  get address(): Address {
    return { host: '127.0.0.1', port: this.#port };
  }

  /** Where its network card listens, which never sleeps. */
  get wakePort(): number {
    return this.#udp?.address().port ?? 0;
  }

  /** The panel tells the old state until it has switched. */
  get power(): 'on' | 'off' {
    const hasSwitched = this.#options.clock.mono() - this.#switchedAt >= (this.#options.switchMs ?? 3_000);
    return hasSwitched === (this.#power === 'on') ? 'on' : 'off';
  }

  /** Puts it into a settled state, as if it had been switched long ago. */
  async setPower(power: 'on' | 'off'): Promise<void> {
    this.#power = power;
    this.#switchedAt = Number.NEGATIVE_INFINITY;
    if (this.#options.sleeps) await (power === 'off' ? this.#sleep() : this.#awake());
  }

  switchTo(power: 'on' | 'off'): void {
    if (this.#power === power) return;
    this.#power = power;
    this.#switchedAt = this.#options.clock.mono();
    if (this.#options.dropsOnSwitch) this.#later(50, async () => this.#drop());
    if (this.#options.sleeps && power === 'off') this.#later(this.#options.switchMs ?? 3_000, () => this.#sleep());
  }

  /** Away at once, back after a while, and on. */
  reboot(): void {
    this.#later(100, async () => {
      await this.#close();
      await this.#options.clock.wait(this.#options.rebootMs ?? 6_000, this.#stop.signal);
      this.#power = 'on';
      this.#switchedAt = Number.NEGATIVE_INFINITY;
      await this.#listen();
    });
  }

  async setFault(fault: Fault | undefined): Promise<void> {
    const wasAway = this.#fault === 'reboot';
    this.#fault = fault;
    if (fault === 'reboot') await this.#close();
    else if (wasAway) await this.#listen();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    await Promise.all(this.#work);
    await this.#close();
    const udp = this.#udp;
    this.#udp = undefined;
    if (udp) await new Promise<void>((resolve) => udp.close(() => resolve()));
  }

  async #listen(): Promise<void> {
    if (this.#server) return;
    const server = createServer((socket) => this.#accept(socket));
    server.listen(this.#port, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    if (typeof address === 'object' && address) this.#port = address.port;
    this.#server = server;
  }

  async #listenForPackets(): Promise<void> {
    const udp = createSocket('udp4');
    const mac = Buffer.from(this.mac.replaceAll(':', ''), 'hex');
    const magic = Buffer.concat([Buffer.alloc(6, 0xff), ...Array.from({ length: 16 }, () => mac)]);
    udp.on('message', (bytes) => {
      if (!bytes.subarray(0, magic.length).equals(magic)) return;
      this.wakes++;
      if (this.#isAsleep) this.#later(1_000, () => this.#awake());
    });
    udp.bind(0, '127.0.0.1');
    await once(udp, 'listening');
    this.#udp = udp;
  }

  async #sleep(): Promise<void> {
    this.#isAsleep = true;
    await this.#close();
  }

  async #awake(): Promise<void> {
    this.#isAsleep = false;
    await this.#listen();
  }

  #drop(): void {
    for (const { socket } of this.#connections) socket.destroy();
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

  /** Work that the board does by itself, ended with it. */
  #later(delayMs: number, work: () => void | Promise<void>): void {
    const running = (async () => {
      try {
        await this.#options.clock.wait(delayMs, this.#stop.signal);
        await work();
      } catch (thrown) {
        if (!this.#stop.signal.aborted) throw thrown;
      }
    })();
    this.#work.add(running);
    void running.finally(() => this.#work.delete(running));
  }

  #accept(socket: Socket): void {
    const { secured } = this.#options;
    socket.setNoDelay(true);
    socket.on('error', () => {});
    if (this.#fault === 'hang-up') {
      socket.destroy();
      return;
    }
    if (!secured) {
      this.#serve(socket, true);
      if (this.#wire.greeting && this.#fault === undefined) socket.write(this.#wire.greeting);
      return;
    }
    if (this.#fault === 'silence') {
      this.#serve(socket, true);
      return;
    }
    socket.write('MDCSTART<<TLS>>');
    const inner = new TLSSocket(socket, { isServer: true, key: secured.key, cert: secured.certificate });
    inner.on('error', () => {});
    this.#serve(inner, false);
  }

  #serve(socket: Socket, signedIn: boolean): void {
    const connection: Connection = {
      socket,
      stop: new AbortController(),
      buffer: Buffer.alloc(0),
      queue: Promise.resolve(),
      signedIn,
    };
    this.#connections.add(connection);
    socket.on('close', () => {
      connection.stop.abort();
      this.#connections.delete(connection);
    });
    socket.on('data', (bytes: Buffer) => this.#take(connection, bytes));
  }

  #take(connection: Connection, bytes: Buffer): void {
    connection.buffer = Buffer.concat([connection.buffer, bytes]);
    if (!connection.signedIn && !this.#signIn(connection)) return;
    for (let cut = this.#wire.cut(connection.buffer); cut; cut = this.#wire.cut(connection.buffer)) {
      connection.buffer = cut.rest;
      this.received.push(Buffer.from(cut.request));
      if (this.#fault === 'hang-up') {
        connection.socket.destroy();
        return;
      }
      for (const frame of this.#wire.answer(cut.request, this, this.#fault === 'busy')) this.#say(connection, frame);
    }
  }

  #signIn(connection: Connection): boolean {
    if (connection.buffer.length < 4) return false;
    const pin = connection.buffer.subarray(0, 4).toString('latin1');
    connection.buffer = connection.buffer.subarray(4);
    const isBlocked = this.wrongPins >= maxWrongPins;
    const isRight = pin === this.#options.secured?.pin && this.#fault !== 'wrong-password';
    if (isRight && !isBlocked) {
      connection.signedIn = true;
      this.#say(connection, Buffer.from('MDCAUTH<<PASS>>'));
      return true;
    }
    this.wrongPins++;
    this.#say(connection, Buffer.from(`MDCAUTH<<FAIL:000${isBlocked ? 2 : 1}>>`));
    return false;
  }

  /** Sends a frame as the fault of the moment has it. */
  #say(connection: Connection, frame: Buffer): void {
    const { socket, stop } = connection;
    const fault = this.#fault;
    if (fault === 'silence') return;
    connection.queue = connection.queue.then(async () => {
      try {
        if (fault === 'slow') await this.#options.clock.wait(2_000, stop.signal);
        if (!stop.signal.aborted) socket.write(spoiled(frame, fault));
      } catch (thrown) {
        if (!stop.signal.aborted) throw thrown;
      }
    });
  }
}

function spoiled(frame: Buffer, fault: Fault | undefined): Buffer {
  if (fault === 'garbage') return Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n\u00ff\u0000\u00fe\r', 'latin1');
  return fault === 'half-frame' ? frame.subarray(0, Math.ceil(frame.length / 2)) : frame;
}
