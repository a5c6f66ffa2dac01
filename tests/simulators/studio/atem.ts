import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import type { Address } from '../../../agent/platform/network.ts';
import type { Clock } from '../../../protocols/ports.ts';
import type { Fault, Simulator } from '../simulator.ts';

export interface AtemOptions {
  readonly clock: Clock;
  readonly host?: string;
  readonly port?: number;
  /** Without recorder and encoder, as most models are. */
  readonly plain?: boolean;
}

interface Peer {
  readonly host: string;
  readonly port: number;
  session: number;
  isOpen: boolean;
  /** The last number of the peer that came in order. */
  received: number;
  next: number;
  unacknowledged: { readonly number: number; readonly payload: Buffer; sentAtMs: number }[];
  heardAtMs: number;
}

const tickMs = 250;
const resendMs = 300;
const pingMs = 500;
const forgetMs = 5_000;

/**
 * An ATEM Mini Pro made of software, written from what node-atem-connection knows of the wire and without our codec: sessions,
 * numbers, acknowledgements, packets that are sent again.
 */
export class AtemSimulator implements Simulator {
  inputs = [
    { source: 0, name: 'Đen', short: 'BLK', me: 3 },
    { source: 1, name: 'Máy quay 1', short: 'CAM1', me: 3 },
    { source: 2, name: 'Slides & notes', short: 'SLID', me: 3 },
    { source: 10_010, name: 'Program', short: 'PGM', me: 0 },
  ];
  program = 1;
  preview = 2;
  isRecording = false;
  isLive = false;
  /** Bits of the medium in the recording status: 2 is a disk that can be used. */
  medium = 0x02;
  freeSeconds = 7_200;
  recordedSeconds = 83;
  /** Four-letter commands that it acknowledges without doing anything. */
  readonly ignores = new Set<string>();
  readonly received: string[] = [];
  /** Loses each datagram for which this says so, in either direction. */
  loses: () => boolean = () => false;
  readonly #options: AtemOptions;
  readonly #clock: Clock;
  readonly #peers = new Map<string, Peer>();
  readonly #end = new AbortController();
  #udp: Socket | undefined;
  #ticking: Promise<void> = Promise.resolve();
  #fault: Fault | undefined;
  #sessions = 0x8000;
  #pingedAtMs = 0;

  private constructor(options: AtemOptions) {
    this.#options = options;
    this.#clock = options.clock;
  }

  static async start(options: AtemOptions): Promise<AtemSimulator> {
    const switcher = new AtemSimulator(options);
    const udp = createSocket('udp4');
    udp.on('message', (bytes, from) => switcher.#hear(bytes, from.address, from.port));
    udp.bind(options.port ?? 0, options.host ?? '127.0.0.1');
    await once(udp, 'listening');
    switcher.#udp = udp;
    switcher.#ticking = switcher.#tick();
    return switcher;
  }

  get address(): Address {
    return { host: this.#options.host ?? '127.0.0.1', port: this.#udp?.address().port ?? 0 };
  }

  /** Clients that it still knows. */
  get clients(): number {
    return this.#peers.size;
  }

  async setFault(fault: Fault | undefined): Promise<void> {
    this.#fault = fault;
    if (fault === 'reboot') this.#peers.clear();
  }

  /** Someone presses a button at the switcher. */
  press(what: 'record' | 'stream' | 'input', value: boolean | number): void {
    if (what === 'record') this.isRecording = value === true;
    if (what === 'stream') this.isLive = value === true;
    if (what === 'input') this.program = Number(value);
    this.#tellAll(this.#changeable());
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#end.abort();
    await this.#ticking;
    const udp = this.#udp;
    this.#udp = undefined;
    if (udp) await new Promise<void>((resolve) => udp.close(() => resolve()));
  }

  #hear(bytes: Buffer, host: string, port: number): void {
    if (this.loses() || bytes.length < 12 || this.#isDeaf) return;
    const flags = bytes.readUInt8(0) >> 3;
    if ((flags & 2) !== 0) {
      this.#greet(bytes, host, port);
      return;
    }
    const peer = this.#peers.get(`${host}:${port}`);
    if (!peer) return;
    peer.heardAtMs = this.#clock.mono();
    if ((flags & 16) !== 0) this.#acknowledged(peer, bytes.readUInt16BE(4));
    if ((flags & 1) !== 0) this.#take(peer, bytes.readUInt16BE(10), bytes.subarray(12));
  }

  get #isDeaf(): boolean {
    return this.#fault === 'silence' || this.#fault === 'hang-up' || this.#fault === 'reboot';
  }

  #greet(bytes: Buffer, host: string, port: number): void {
    const isFull = this.#fault === 'busy';
    const answer = Buffer.alloc(20);
    answer.writeUInt16BE((2 << 11) | 20, 0);
    answer.writeUInt16BE(bytes.readUInt16BE(2), 2);
    answer.writeUInt8(isFull ? 3 : 2, 12);
    if (!isFull) {
      this.#sessions = (this.#sessions + 1) & 0xffff;
      this.#peers.set(`${host}:${port}`, {
        host,
        port,
        session: this.#sessions,
        isOpen: false,
        received: 0,
        next: 1,
        unacknowledged: [],
        heardAtMs: this.#clock.mono(),
      });
    }
    this.#send(answer, host, port);
  }

  #acknowledged(peer: Peer, last: number): void {
    peer.unacknowledged = peer.unacknowledged.filter(({ number }) => ((last - number) & 0x7fff) >= 0x4000);
    if (peer.isOpen) return;
    peer.isOpen = true;
    for (const packet of this.#beginning()) this.#tell(peer, packet);
  }

  #take(peer: Peer, number: number, payload: Buffer): void {
    const isNext = number === ((peer.received + 1) & 0x7fff);
    if (isNext) peer.received = number;
    const answer = Buffer.alloc(12);
    answer.writeUInt16BE((16 << 11) | 12, 0);
    answer.writeUInt16BE(peer.session, 2);
    answer.writeUInt16BE(peer.received, 4);
    this.#send(answer, peer.host, peer.port);
    if (!isNext) return;
    for (let at = 0; at + 8 <= payload.length; at += payload.readUInt16BE(at)) {
      const name = payload.toString('latin1', at + 4, at + 8);
      this.#obey(name, payload.subarray(at + 8, at + payload.readUInt16BE(at)), peer);
    }
  }

  #obey(name: string, body: Buffer, peer: Peer): void {
    this.received.push(`${name} ${body.toString('hex')}`.trim());
    if (this.ignores.has(name)) return;
    switch (name) {
      case 'CPgI':
        if (this.inputs.some(({ source }) => source === body.readUInt16BE(2)))
          this.press('input', body.readUInt16BE(2));
        break;
      case 'CPvI':
        this.preview = body.readUInt16BE(2);
        this.#tellAll(this.#changeable());
        break;
      case 'DCut':
        [this.program, this.preview] = [this.preview, this.program];
        this.#tellAll(this.#changeable());
        break;
      case 'RcTM':
        if (!this.#options.plain) this.press('record', body[0] === 1 && (this.medium & 0x02) !== 0);
        break;
      case 'StrR':
        if (!this.#options.plain) this.press('stream', body[0] === 1);
        break;
      case 'RMDR':
        this.#tell(peer, command('RTMR', duration(this.recordedSeconds)));
        break;
      case 'SRDR':
        this.#tell(peer, command('SRST', duration(12)));
        break;
      case 'TiRq':
        this.#tell(peer, command('Time', Buffer.from([9, 30, 0, 0, 0, 0, 0, 0])));
        break;
      default:
    }
  }

  /** Everything, in several packets, as at the beginning of a session. */
  #beginning(): Buffer[] {
    const product = Buffer.alloc(44);
    product.write('ATEM Mini Pro');
    product.writeUInt8(14, 40);
    const topology = Buffer.alloc(28);
    topology.set([1, 17, 1, 1]);
    const first = [
      command('_ver', Buffer.from([0, 2, 0, 30])),
      command('_pin', product),
      command('_top', topology),
      command('_MeC', Buffer.from([0, 1, 0, 0])),
    ];
    const disk = Buffer.alloc(76);
    disk.writeUInt32BE(1, 0);
    disk.writeUInt32BE(this.freeSeconds, 4);
    disk.writeUInt16BE(1, 8);
    disk.write('SSD', 10);
    const settings = Buffer.alloc(140);
    settings.write('Bài giảng');
    const recorder = this.#options.plain ? [] : [command('RMSu', settings), command('RTMD', disk)];
    const service = Buffer.alloc(1096);
    service.write('RTMP');
    const encoder = this.#options.plain ? [] : [command('SRSU', service)];
    return [
      Buffer.concat(first),
      Buffer.concat(this.inputs.map((input) => command('InPr', inputBody(input)))),
      Buffer.concat([...recorder, ...encoder]),
      this.#changeable(),
      command('InCm', Buffer.from([1, 0, 0, 0])),
    ].filter(({ length }) => length > 0);
  }

  #changeable(): Buffer {
    const tally = Buffer.alloc(2 + 3 * this.inputs.length);
    tally.writeUInt16BE(this.inputs.length, 0);
    for (const [index, { source }] of this.inputs.entries()) {
      tally.writeUInt16BE(source, 2 + index * 3);
      tally.writeUInt8((source === this.program ? 1 : 0) | (source === this.preview ? 2 : 0), 4 + index * 3);
    }
    const recording = Buffer.alloc(8);
    recording.writeUInt16BE(this.medium | (this.isRecording ? 1 : 0), 0);
    recording.writeUInt32BE(this.freeSeconds, 4);
    const streaming = Buffer.alloc(4);
    streaming.writeUInt16BE(this.isLive ? 4 : 1, 0);
    return Buffer.concat([
      command('PrgI', Buffer.from([0, 0, this.program >> 8, this.program & 0xff])),
      command('PrvI', Buffer.from([0, 0, this.preview >> 8, this.preview & 0xff, 0, 0, 0, 0])),
      command('TlSr', tally),
      ...(this.#options.plain ? [] : [command('RTMS', recording), command('StRS', streaming)]),
    ]);
  }

  #tellAll(payload: Buffer): void {
    for (const peer of this.#peers.values()) if (peer.isOpen) this.#tell(peer, payload);
  }

  #tell(peer: Peer, payload: Buffer): void {
    const packet = { number: peer.next, payload, sentAtMs: this.#clock.mono() };
    peer.next = (peer.next + 1) & 0x7fff;
    peer.unacknowledged.push(packet);
    this.#sendPacket(peer, packet.number, payload, 1);
  }

  #sendPacket(peer: Peer, number: number, payload: Buffer, flags: number): void {
    const bytes = Buffer.alloc(12 + payload.length);
    bytes.writeUInt16BE((flags << 11) | bytes.length, 0);
    bytes.writeUInt16BE(peer.session, 2);
    bytes.writeUInt16BE(number, 10);
    payload.copy(bytes, 12);
    this.#send(bytes, peer.host, peer.port);
  }

  async #tick(): Promise<void> {
    while (!this.#end.signal.aborted) {
      await this.#clock.wait(tickMs, this.#end.signal).catch(() => {});
      const now = this.#clock.mono();
      const isPing = now - this.#pingedAtMs >= pingMs;
      if (isPing) this.#pingedAtMs = now;
      for (const [key, peer] of this.#peers) {
        if (now - peer.heardAtMs > forgetMs) this.#peers.delete(key);
        else if (peer.isOpen) this.#keep(peer, isPing, now);
      }
    }
  }

  #keep(peer: Peer, isPing: boolean, now: number): void {
    for (const packet of peer.unacknowledged) {
      if (now - packet.sentAtMs < resendMs) continue;
      packet.sentAtMs = now;
      this.#sendPacket(peer, packet.number, packet.payload, 1 | 4);
    }
    if (isPing && peer.unacknowledged.length === 0) this.#tell(peer, Buffer.alloc(0));
  }

  #send(bytes: Buffer, host: string, port: number): void {
    const fault = this.#fault;
    if (this.loses() || this.#isDeaf) return;
    const wire =
      fault === 'garbage'
        ? Buffer.from('no switcher at all, but long enough')
        : fault === 'half-frame'
          ? bytes.subarray(0, Math.ceil(bytes.length / 2))
          : bytes;
    const send = () => this.#udp?.send(wire, port, host);
    if (fault !== 'slow') send();
    else void this.#clock.wait(2_000, this.#end.signal).then(send, () => {});
  }
}

function command(name: string, body: Buffer): Buffer {
  const head = Buffer.alloc(8);
  head.writeUInt16BE(8 + body.length, 0);
  head.write(name, 4, 'latin1');
  return Buffer.concat([head, body]);
}

function inputBody(input: {
  readonly source: number;
  readonly name: string;
  readonly short: string;
  readonly me: number;
}) {
  const body = Buffer.alloc(36);
  body.writeUInt16BE(input.source, 0);
  body.write(input.name, 2, 20);
  body.write(input.short, 22, 4);
  body.writeUInt8(1, 26);
  body.writeUInt8(0x1f, 34);
  body.writeUInt8(input.me, 35);
  return body;
}

function duration(seconds: number): Buffer {
  return Buffer.from([Math.floor(seconds / 3_600), Math.floor(seconds / 60) % 60, seconds % 60, 0, 0, 0, 0, 0]);
}
