import { createSocket, type Socket as UdpSocket } from 'node:dgram';
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import type { Address } from '../../../agent/platform/network.ts';
import type { Clock } from '../../../protocols/ports.ts';
import { type Connection, Endpoint, type Place } from '../endpoint.ts';
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

export interface BoardOptions extends Place {
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

interface Visit {
  signedIn: boolean;
}

const noise = Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n\u00ff\u0000\u00fe\r', 'latin1');

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
  readonly #endpoint: Endpoint<Visit>;
  readonly #stop = new AbortController();
  readonly #work = new Set<Promise<void>>();
  #udp: UdpSocket | undefined;
  #power: 'on' | 'off' = 'on';
  #switchedAt = Number.NEGATIVE_INFINITY;
  #isAsleep = false;

  private constructor(options: BoardOptions) {
    this.#options = options;
    this.#wire = wires[options.profile];
    this.id = options.id ?? 1;
    this.answerId = options.answerId ?? this.id;
    const { greeting } = this.#wire;
    this.#endpoint = new Endpoint<Visit>({
      ...options,
      noise,
      remember: () => ({ signedIn: !options.secured || this.#endpoint.fault === 'silence' }),
      over: (socket) => this.#secure(socket),
      greet: ({ socket }) => {
        if (greeting && this.#endpoint.fault === undefined) socket.write(greeting);
      },
      take: (connection) => this.#take(connection),
    });
  }

  static async start(options: BoardOptions): Promise<BoardSimulator> {
    const simulator = new BoardSimulator(options);
    await simulator.#endpoint.open();
    await simulator.#listenForPackets();
    return simulator;
  }

  get address(): Address {
    return this.#endpoint.address;
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
    if (this.#options.dropsOnSwitch) this.#later(50, () => this.#endpoint.drop());
    if (this.#options.sleeps && power === 'off') this.#later(this.#options.switchMs ?? 3_000, () => this.#sleep());
  }

  /** Away at once, back after a while, and on. */
  reboot(): void {
    this.#later(100, async () => {
      await this.#endpoint.close();
      await this.#options.clock.wait(this.#options.rebootMs ?? 6_000, this.#stop.signal);
      this.#power = 'on';
      this.#switchedAt = Number.NEGATIVE_INFINITY;
      await this.#endpoint.open();
    });
  }

  async setFault(fault: Fault | undefined): Promise<void> {
    await this.#endpoint.setFault(fault);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    await Promise.all(this.#work);
    await this.#endpoint.close();
    const udp = this.#udp;
    this.#udp = undefined;
    if (udp) await new Promise<void>((resolve) => udp.close(() => resolve()));
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
    udp.bind(0, this.address.host);
    await once(udp, 'listening');
    this.#udp = udp;
  }

  async #sleep(): Promise<void> {
    this.#isAsleep = true;
    await this.#endpoint.close();
  }

  async #awake(): Promise<void> {
    this.#isAsleep = false;
    await this.#endpoint.open();
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

  /** TLS over the socket, behind the words that ask for it. */
  #secure(socket: Socket): Socket {
    const { secured } = this.#options;
    if (!secured || this.#endpoint.fault === 'silence') return socket;
    socket.write('MDCSTART<<TLS>>');
    return new TLSSocket(socket, { isServer: true, key: secured.key, cert: secured.certificate });
  }

  #take(connection: Connection<Visit>): void {
    if (!connection.state.signedIn && !this.#signIn(connection)) return;
    for (let cut = this.#wire.cut(connection.buffer); cut; cut = this.#wire.cut(connection.buffer)) {
      connection.buffer = cut.rest;
      this.received.push(Buffer.from(cut.request));
      for (const frame of this.#wire.answer(cut.request, this, this.#endpoint.fault === 'busy'))
        this.#endpoint.say(connection, frame);
    }
  }

  #signIn(connection: Connection<Visit>): boolean {
    if (connection.buffer.length < 4) return false;
    const pin = connection.buffer.subarray(0, 4).toString('latin1');
    connection.buffer = connection.buffer.subarray(4);
    const isBlocked = this.wrongPins >= maxWrongPins;
    const isRight = pin === this.#options.secured?.pin && this.#endpoint.fault !== 'wrong-password';
    if (isRight && !isBlocked) {
      connection.state.signedIn = true;
      this.#endpoint.say(connection, Buffer.from('MDCAUTH<<PASS>>'));
      return true;
    }
    this.wrongPins++;
    this.#endpoint.say(connection, Buffer.from(`MDCAUTH<<FAIL:000${isBlocked ? 2 : 1}>>`));
    return false;
  }
}
