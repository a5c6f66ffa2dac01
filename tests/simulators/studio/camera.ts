import { createSocket, type Socket as UdpSocket } from 'node:dgram';
import { once } from 'node:events';
import type { Address } from '../../../agent/platform/network.ts';
import type { Clock } from '../../../protocols/ports.ts';
import { type Connection, Endpoint } from '../endpoint.ts';
import type { Fault, Simulator } from '../simulator.ts';

export interface CameraOptions {
  readonly clock: Clock;
  readonly host?: string;
  readonly port?: number;
}

interface Aim {
  pan: number;
  tilt: number;
  zoom: number;
}

interface Answer {
  readonly bytes: Buffer;
  readonly afterMs?: number;
}

/** A way to a position is completed this much later. */
const journeyMs = 1_200;
const axes = ['pan', 'tilt', 'zoom'] as const;
const ends: Record<keyof Aim, readonly [number, number]> = {
  pan: [-2_448, 2_448],
  tilt: [-432, 1_296],
  zoom: [0, 16_384],
};
/** Steps a second at the highest speed. */
const fullSpeed: Aim = { pan: 1_500, tilt: 1_000, zoom: 8_000 };

/** A camera made of software that speaks VISCA, written from Sony's command list without our codec: raw over TCP, with the header over UDP. */
export class CameraSimulator implements Simulator {
  isOn = true;
  /** What a driver did against the safety of a camera. */
  readonly received: string[] = [];
  /** Beginnings of messages, as hex, that it accepts without doing anything. */
  readonly ignores = new Set<string>();
  /** Beginnings of messages, as hex, at which it hangs up, once each. */
  readonly hangsUpAt = new Set<string>();
  /** How many datagrams it loses before it hears one. */
  losesDatagrams = 0;
  /** As after a power cut: it refuses numbers until it is told to count anew. */
  refusesSequence = false;
  readonly presets = new Map<number, Aim>([
    [0, { pan: 0, tilt: 0, zoom: 0 }],
    [1, { pan: 1_200, tilt: 100, zoom: 4_096 }],
    [2, { pan: -800, tilt: -50, zoom: 8_192 }],
  ]);
  readonly #clock: Clock;
  #aim: Aim = { pan: 0, tilt: 0, zoom: 0 };
  #target: Partial<Aim> = {};
  #speed: Aim = { pan: 0, tilt: 0, zoom: 0 };
  #seenAt = 0;
  #socket = 0;
  readonly #endpoint: Endpoint;
  #udp: UdpSocket | undefined;
  readonly #end = new AbortController();

  private constructor(options: CameraOptions) {
    this.#clock = options.clock;
    this.#endpoint = new Endpoint({
      ...options,
      remember: () => undefined,
      take: (connection) => this.#take(connection),
    });
  }

  static async start(options: CameraOptions): Promise<CameraSimulator> {
    const camera = new CameraSimulator(options);
    await camera.#endpoint.open();
    await camera.#listenUdp(options);
    return camera;
  }

  /** Raw messages over TCP. */
  get address(): Address {
    return this.#endpoint.address;
  }

  /** Messages with Sony's header over UDP. */
  get udpAddress(): Address {
    return { host: this.address.host, port: this.#udp?.address().port ?? 0 };
  }

  /** Where it looks now. */
  get aim(): Readonly<Aim> {
    this.#turn();
    return { ...this.#aim };
  }

  /** A motor runs with nobody who has set it a goal. */
  get isDriven(): boolean {
    return axes.some((axis) => this.#speed[axis] !== 0 && this.#target[axis] === undefined);
  }

  async setFault(fault: Fault | undefined): Promise<void> {
    await this.#endpoint.setFault(fault);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#end.abort();
    await this.#endpoint[Symbol.asyncDispose]();
    const udp = this.#udp;
    this.#udp = undefined;
    if (udp) await new Promise<void>((resolve) => udp.close(() => resolve()));
  }

  async #listenUdp({ host, port }: CameraOptions): Promise<void> {
    // Shared, because an independent client insists on the camera's own port on its side.
    const udp = createSocket({ type: 'udp4', reuseAddr: true });
    udp.on('message', (bytes, from) => this.#takeDatagram(bytes, from));
    udp.bind(port ?? 0, host ?? '127.0.0.1');
    await once(udp, 'listening');
    this.#udp = udp;
  }

  #take(connection: Connection): void {
    for (let end = connection.buffer.indexOf(0xff); end >= 0; end = connection.buffer.indexOf(0xff)) {
      const message = connection.buffer.subarray(0, end + 1);
      connection.buffer = connection.buffer.subarray(end + 1);
      const hex = message.toString('hex');
      const wanted = [...this.hangsUpAt].find((start) => hex.startsWith(start));
      if (wanted !== undefined) {
        this.hangsUpAt.delete(wanted);
        connection.socket.destroy();
        return;
      }
      for (const answer of this.#obey(message)) this.#answer(answer, (bytes) => this.#endpoint.say(connection, bytes));
    }
  }

  #takeDatagram(bytes: Buffer, from: { readonly address: string; readonly port: number }): void {
    if (this.losesDatagrams > 0) {
      this.losesDatagrams -= 1;
      return;
    }
    const fault = this.#endpoint.fault;
    if (fault === 'reboot' || fault === 'silence' || fault === 'hang-up') return;
    const type = bytes.readUInt16BE(0);
    const sequence = bytes.readUInt32BE(4);
    const payload = bytes.subarray(8);
    if (type === 0x0200) {
      this.refusesSequence = false;
      this.#send(0x0201, sequence, Buffer.from([0x01]), from);
      return;
    }
    if (this.refusesSequence) {
      this.#send(0x0201, sequence, Buffer.from([0x0f, 0x01]), from);
      return;
    }
    for (const answer of this.#obey(payload))
      this.#answer(answer, (reply) => this.#send(0x0111, sequence, reply, from));
  }

  #send(
    type: number,
    sequence: number,
    payload: Buffer,
    to: { readonly address: string; readonly port: number },
  ): void {
    const header = Buffer.alloc(8);
    header.writeUInt16BE(type, 0);
    header.writeUInt16BE(payload.length, 2);
    header.writeUInt32BE(sequence, 4);
    const whole = Buffer.concat([header, payload]);
    const fault = this.#endpoint.fault;
    const bytes =
      fault === 'garbage' ? Buffer.from('no camera at all') : fault === 'half-frame' ? whole.subarray(0, 6) : whole;
    const send = () => this.#udp?.send(bytes, to.port, to.address);
    if (fault !== 'slow') send();
    else this.#clock.wait(2_000, this.#end.signal).then(send, () => {});
  }

  /** What it answers: at once, and what follows after a while. */
  #obey(message: Buffer): Answer[] {
    const hex = message.toString('hex');
    this.received.push(hex);
    if (this.#endpoint.fault === 'busy') return [{ bytes: reply('60 03') }];
    if (message[1] === 0x09) return [{ bytes: this.#ask(hex) }];
    if ([...this.ignores].some((start) => hex.startsWith(start))) return this.#accept();
    if (hex === '81010001ff') return [{ bytes: reply('50') }];
    if (hex.startsWith('81010400')) {
      this.isOn = message[4] === 0x02;
      return this.#accept();
    }
    if (!this.isOn) return [{ bytes: reply('61 41') }];
    if (!this.#move(message, hex)) return [{ bytes: reply('60 02') }];
    return this.#accept(isJourney(hex) ? journeyMs : 0);
  }

  #ask(hex: string): Buffer {
    this.#turn();
    const { pan, tilt, zoom } = this.#aim;
    switch (hex) {
      case '81090400ff':
        return reply(`50 ${this.isOn ? '02' : '03'}`);
      case '81090612ff':
        return this.isOn ? reply(`50 ${nibbles(pan)} ${nibbles(tilt)}`) : reply('61 41');
      case '81090447ff':
        return this.isOn ? reply(`50 ${nibbles(zoom)}`) : reply('61 41');
      case '81090002ff':
        return reply('50 00 01 05 13 01 02 02');
      default:
        return reply('60 02');
    }
  }

  #move(message: Buffer, hex: string): boolean {
    this.#turn();
    const byte = (at: number) => message[at] ?? 0;
    if (hex.startsWith('81010601')) {
      const direction = (code: number, plus: number) => (code === 3 ? 0 : code === plus ? 1 : -1);
      this.#drive('pan', direction(byte(6), 2) * (byte(4) / 0x18));
      this.#drive('tilt', direction(byte(7), 1) * (byte(5) / 0x14));
      return true;
    }
    if (hex.startsWith('81010407')) {
      const sign = byte(4) >> 4 === 2 || byte(4) === 2 ? 1 : -1;
      this.#drive('zoom', byte(4) === 0 ? 0 : sign * (((byte(4) & 0x0f) + 1) / 8));
      return true;
    }
    if (hex.startsWith('8101043f02')) return this.#goTo(this.presets.get(byte(5)));
    if (hex.startsWith('8101043f01')) return this.presets.set(byte(5), { ...this.#aim }).size > 0;
    if (hex.startsWith('81010602'))
      return this.#goTo({ pan: number(message, 6, true), tilt: number(message, 10, true) });
    if (hex.startsWith('81010447')) return this.#goTo({ zoom: number(message, 4, false) });
    if (hex === '81010604ff') return this.#goTo({ pan: 0, tilt: 0 });
    return false;
  }

  #drive(axis: keyof Aim, share: number): void {
    this.#speed[axis] = share * fullSpeed[axis];
    delete this.#target[axis];
  }

  #goTo(target: Partial<Aim> | undefined): boolean {
    if (!target) return false;
    for (const axis of axes) {
      const goal = target[axis];
      if (goal === undefined) continue;
      this.#target[axis] = goal;
      this.#speed[axis] = Math.sign(goal - this.#aim[axis]) * fullSpeed[axis];
    }
    return true;
  }

  /** Moves everything to where it is by now. */
  #turn(): void {
    const now = this.#clock.mono();
    const seconds = (now - this.#seenAt) / 1_000;
    this.#seenAt = now;
    for (const axis of axes) {
      const next = this.#aim[axis] + this.#speed[axis] * seconds;
      const goal = this.#target[axis];
      const isThere = goal !== undefined && (next - goal) * Math.sign(this.#speed[axis]) >= 0;
      const [low, high] = ends[axis];
      this.#aim[axis] = isThere ? goal : Math.round(Math.max(low, Math.min(high, next)));
      if (isThere) this.#speed[axis] = 0;
    }
  }

  /** Accepted at once; completed at once too, or, for a way to a position, when that is over. */
  #accept(afterMs = 0): Answer[] {
    this.#socket = (this.#socket % 2) + 1;
    return [{ bytes: reply(`4${this.#socket}`) }, { bytes: reply(`5${this.#socket}`), afterMs }];
  }

  #answer({ bytes, afterMs = 0 }: Answer, say: (bytes: Buffer) => void): void {
    if (afterMs === 0) say(bytes);
    else
      this.#clock.wait(afterMs, this.#end.signal).then(
        () => say(bytes),
        () => {},
      );
  }
}

/** Presets, positions, home: they end by themselves. */
function isJourney(hex: string): boolean {
  return ['8101043f02', '81010602', '81010604', '81010447'].some((start) => hex.startsWith(start));
}

function reply(hex: string): Buffer {
  return Buffer.from(`90${hex.replaceAll(' ', '')}ff`, 'hex');
}

function nibbles(value: number): string {
  return [...(value & 0xffff).toString(16).padStart(4, '0')].map((digit) => `0${digit}`).join(' ');
}

function number(message: Buffer, at: number, isSigned: boolean): number {
  const value = [0, 1, 2, 3].reduce((sum, index) => sum * 16 + (message[at + index] ?? 0), 0);
  return isSigned && value >= 0x8000 ? value - 0x1_0000 : value;
}
