import type { Socket } from 'node:net';
import type { Address } from '../../../agent/platform/network.ts';
import type { Clock } from '../../../protocols/ports.ts';
import { type Connection, Endpoint } from '../endpoint.ts';
import type { Fault, Simulator } from '../simulator.ts';
import { message, parametersOf, type Received, status, text, tlv, tv, u8, u16, u32, utc } from './llrp-bytes.ts';

export interface ReaderOptions {
  readonly clock: Clock;
  readonly host?: string;
  readonly port?: number;
  /** 2 speaks LLRP 1.1 as well; 1 unless given. */
  readonly newestVersion?: 1 | 2;
}

export interface SimulatedTag {
  /** Hex; 24 digits make an EPC-96. */
  readonly epc: string;
  readonly antenna?: number;
  readonly rssi?: number;
  /** Reported when the client has asked for it. */
  readonly pc?: number;
  /** As if an older ROSpec had seen it. */
  readonly roSpec?: number;
}

interface Visit {
  isGreeted: boolean;
  version: number;
}

/** What a reader knows after a message, or what it refuses with. */
type Reply = readonly Buffer[] | { readonly code: number; readonly description: string };

const ok = status(0);

/** A UHF reader made of software, written from LLRP 1.0.1 and 1.1 without our codec. It keeps to the rules, and notes who does not. */
export class ReaderSimulator implements Simulator {
  readonly antennas = new Map<number, boolean>([
    [1, true],
    [2, true],
    [3, false],
    [4, false],
  ]);
  readonly outputs = new Map<number, boolean>([1, 2, 3, 4].map((port) => [port, false]));
  /** What each output was set to, with the clock's time. */
  readonly switched: { readonly atMs: number; readonly port: number; readonly on: boolean }[] = [];
  /** Outputs that acknowledge and do nothing. */
  readonly stuckOutputs = new Set<number>();
  readonly enabledInputs = new Set<number>();
  readonly enabledEvents = new Set<number>();
  /** State of each ROSpec: 0 disabled, 1 inactive, 2 active. */
  readonly roSpecs = new Map<number, { state: number; spec: Buffer }>();
  /** Types of messages and, for get-reader-config, of `requested` (as 200 + n) that this reader does not know. */
  readonly lacks = new Set<number>();
  /** Numbers of events that this reader does not know. */
  readonly lacksEvents = new Set<number>();
  readonly received: Received[] = [];
  /** What a client did against the rules. */
  readonly violations: string[] = [];
  keepalivesSent = 0;
  keepalivesAcknowledged = 0;
  readonly #options: ReaderOptions;
  readonly #clock: Clock;
  readonly #endpoint: Endpoint<Visit>;
  #keepalive = new AbortController();
  #messageId = 1_000;
  isPcWanted = false;

  private constructor(options: ReaderOptions) {
    this.#options = options;
    this.#clock = options.clock;
    this.#endpoint = new Endpoint<Visit>({
      ...options,
      noise: Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n'),
      remember: () => ({ isGreeted: false, version: 1 }),
      admit: (socket) => this.#admit(socket),
      greet: (connection) => this.#greet(connection),
      take: (connection) => this.#take(connection),
      onClose: () => this.#keepalive.abort(),
    });
  }

  static async start(options: ReaderOptions): Promise<ReaderSimulator> {
    const simulator = new ReaderSimulator(options);
    await simulator.#endpoint.open();
    return simulator;
  }

  get address(): Address {
    return this.#endpoint.address;
  }

  get connections(): number {
    return this.#endpoint.connections.size;
  }

  /** Types of the messages that came, in their order. */
  get types(): number[] {
    return this.received.map(({ type }) => type);
  }

  async setFault(fault: Fault | undefined): Promise<void> {
    if (fault === 'reboot') this.#keepalive.abort();
    await this.#endpoint.setFault(fault);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#keepalive.abort();
    await this.#endpoint.close();
  }

  /** Lets tags be seen, in one report. */
  see(...tags: readonly SimulatedTag[]): void {
    const [active] = [...this.roSpecs].find(([, { state }]) => state === 2) ?? [];
    if (active === undefined) return;
    const reports = tags.map((tag) => {
      const { epc, antenna = 1, rssi = -50, pc, roSpec = active } = tag;
      const bytes = Buffer.from(epc, 'hex');
      return tlv(
        240,
        bytes.length === 12 ? tv(13, bytes) : tlv(241, u16(bytes.length * 8), bytes),
        tv(9, u32(roSpec)),
        tv(1, u16(antenna)),
        tv(6, u8(rssi)),
        ...(pc !== undefined && this.isPcWanted ? [tv(12, u16(pc))] : []),
      );
    });
    this.#tell(61, ...reports);
  }

  setInput(port: number, isHigh: boolean): void {
    if (this.enabledInputs.has(port)) this.#event(1, tlv(248, u16(port), u8(isHigh ? 0x80 : 0)));
  }

  setAntenna(antenna: number, isConnected: boolean): void {
    this.antennas.set(antenna, isConnected);
    this.#event(8, tlv(255, u8(isConnected ? 1 : 0), u16(antenna)));
  }

  throwException(words: string): void {
    this.#event(4, tlv(252, text(words), tv(1, u16(1))));
  }

  overflow(): void {
    this.#event(3, tlv(251));
  }

  /** Ends by itself what it was told to read, as a reader does that something else preempts. */
  endRoSpecs(): void {
    for (const [id, spec] of this.roSpecs) {
      spec.state = 1;
      this.#event(2, tlv(249, u8(1), u32(id), u32(0)));
    }
  }

  /** Says that it closes the connection. */
  sayClosing(): void {
    this.#event(undefined, tlv(257));
  }

  /** Sends a keepalive at once. */
  sendKeepalive(): void {
    this.keepalivesSent++;
    this.#tell(62);
  }

  /** Sends bytes as they are. */
  sendRaw(bytes: Uint8Array): void {
    for (const connection of this.#endpoint.connections) this.#say(connection, Buffer.from(bytes));
  }

  /** It serves one client; to others it says that it has one. */
  #admit(socket: Socket): boolean {
    if (this.#endpoint.connections.size === 0 && this.#endpoint.fault !== 'busy') return true;
    socket.end(message(1, 63, this.#nextId(), tlv(246, utc(this.#clock.now()), tlv(256, u16(2)))));
    return false;
  }

  #greet(connection: Connection<Visit>): void {
    // The client must wait for this, also when it comes late.
    this.#say(connection, message(1, 63, this.#nextId(), tlv(246, utc(this.#clock.now()), tlv(256, u16(0)))), () => {
      connection.state.isGreeted = true;
    });
  }

  #take(connection: Connection<Visit>): void {
    if (!connection.state.isGreeted) this.violations.push('spoke before it was accepted');
    while (connection.buffer.length >= 10 && connection.buffer.length >= connection.buffer.readUInt32BE(2)) {
      const head = connection.buffer.readUInt16BE(0);
      const length = connection.buffer.readUInt32BE(2);
      const received: Received = {
        version: (head >> 10) & 7,
        type: head & 0x3ff,
        id: connection.buffer.readUInt32BE(6),
        value: connection.buffer.subarray(10, length),
      };
      if ((head & 0xe000) !== 0) this.violations.push('reserved bits are set');
      connection.buffer = connection.buffer.subarray(length);
      this.received.push(received);
      this.#answer(connection, received);
    }
  }

  #answer(connection: Connection<Visit>, received: Received): void {
    const { type, id, version } = received;
    if (type === 72) {
      this.keepalivesAcknowledged++;
      return;
    }
    if (type === 64) return;
    if (version > (this.#options.newestVersion ?? 1)) {
      this.#say(connection, message(1, 100, id, status(110, 'unsupported version')));
      return;
    }
    const responseType = responses[type];
    if (responseType === undefined || this.lacks.has(type)) {
      this.#say(connection, message(version, 100, id, status(109, 'unsupported message')));
      return;
    }
    const reply =
      this.#endpoint.fault === 'busy' ? { code: 401, description: 'starting' } : this.#obey(connection, received);
    const parts = 'code' in reply ? [status(reply.code, reply.description)] : reply;
    this.#say(connection, message(version, responseType, id, ...parts), () => {
      if (type === 14) connection.socket.end();
    });
  }

  #obey(connection: Connection<Visit>, { type, value }: Received): Reply {
    switch (type) {
      case 1:
        return [ok, capabilities];
      case 2:
        return this.#config(value.readUInt8(2), value.readUInt16BE(5));
      case 3:
        return this.#configure(connection, value);
      case 14:
        return [ok];
      case 46:
        return [u8(connection.state.version), u8(this.#options.newestVersion ?? 1), ok];
      case 47:
        connection.state.version = value.readUInt8(0);
        return [ok];
      default:
        return this.#obeyRoSpec(type, value);
    }
  }

  #obeyRoSpec(type: number, value: Buffer): Reply {
    if (type === 20) {
      const [spec] = parametersOf(value, 0);
      if (spec?.type !== 177) return { code: 201, description: 'no ROSpec' };
      const id = spec.value.readUInt32BE(0);
      if (id === 0 || this.roSpecs.has(id)) return { code: 100, description: 'ROSpec exists' };
      this.roSpecs.set(id, { state: 0, spec: spec.value });
      // C1G2EPCMemorySelector with its bit for the PC.
      this.isPcWanted = spec.value.includes(Buffer.from('015c000540', 'hex'));
      return [ok];
    }
    const id = value.readUInt32BE(0);
    if (type === 21) {
      if (id === 0) this.roSpecs.clear();
      else this.roSpecs.delete(id);
      return [ok];
    }
    const spec = this.roSpecs.get(id);
    if (!spec) return { code: 300, description: 'no such ROSpec' };
    if (type === 22 && spec.state === 0) return { code: 300, description: 'ROSpec is disabled' };
    spec.state = { 22: 2, 23: 1, 24: 1, 25: 0 }[type] ?? spec.state;
    return [ok];
  }

  #config(requested: number, outputPort: number): Reply {
    if (this.lacks.has(200 + requested)) return { code: 101, description: 'cannot tell' };
    const parts: Record<number, readonly Buffer[]> = {
      1: [tlv(218, u8(0), u16(8), Buffer.from('001625fffe112233', 'hex'))],
      2: [...this.antennas].map(([antenna, on]) => tlv(221, u8(on ? 0x80 : 0), u16(antenna), u16(600))),
      8: [tlv(220, u8(1), u32(10_000))],
      9: [1, 2, 3, 4].map((port) => tlv(225, u16(port), u8(this.enabledInputs.has(port) ? 0x80 : 0), u8(0))),
      10: [...this.outputs]
        .filter(([port]) => outputPort === 0 || port === outputPort)
        .map(([port, on]) => tlv(219, u16(port), u8(on ? 0x80 : 0))),
    };
    return [ok, ...(parts[requested] ?? [])];
  }

  #configure(connection: Connection<Visit>, value: Buffer): Reply {
    const parameters = parametersOf(value, 1);
    const events = parameters.filter(({ type }) => type === 244).flatMap((spec) => parametersOf(spec.value, 0));
    if (events.some((event) => this.lacksEvents.has(event.value.readUInt16BE(0)))) {
      return { code: 100, description: 'unknown event' };
    }
    for (const event of events) {
      if (event.value.readUInt8(2) >= 0x80) this.enabledEvents.add(event.value.readUInt16BE(0));
    }
    for (const parameter of parameters) {
      const bytes = parameter.value;
      if (parameter.type === 220) this.#startKeepalive(connection, bytes.readUInt32BE(1));
      if (parameter.type === 225 && bytes.readUInt8(2) >= 0x80) this.enabledInputs.add(bytes.readUInt16BE(0));
      if (parameter.type !== 219) continue;
      const [port, on] = [bytes.readUInt16BE(0), bytes.readUInt8(2) >= 0x80];
      if (!this.outputs.has(port)) return { code: 300, description: `no output ${port}` };
      this.switched.push({ atMs: this.#clock.mono(), port, on });
      if (!this.stuckOutputs.has(port)) this.outputs.set(port, on);
    }
    return [ok];
  }

  #startKeepalive(connection: Connection<Visit>, everyMs: number): void {
    this.#keepalive.abort();
    this.#keepalive = new AbortController();
    const { signal } = this.#keepalive;
    const run = async () => {
      for (;;) {
        await this.#clock.wait(everyMs, signal);
        if (connection.stop.signal.aborted) return;
        this.sendKeepalive();
      }
    };
    run().catch((thrown: unknown) => {
      if (!signal.aborted) throw thrown;
    });
  }

  #event(number: number | undefined, parameter: Buffer): void {
    if (number !== undefined && !this.enabledEvents.has(number)) return;
    this.#tell(63, tlv(246, utc(this.#clock.now()), parameter));
  }

  #tell(type: number, ...parts: readonly Buffer[]): void {
    for (const connection of this.#endpoint.connections) {
      this.#say(connection, message(connection.state.version, type, this.#nextId(), ...parts));
    }
  }

  #say(connection: Connection<Visit>, bytes: Buffer, onSaid?: () => void): void {
    this.#endpoint.say(connection, bytes, onSaid);
  }

  #nextId(): number {
    return this.#messageId++;
  }
}

/** Type of the response to each request that the simulator knows. */
const responses: Readonly<Record<number, number>> = {
  1: 11,
  2: 12,
  3: 13,
  14: 4,
  20: 30,
  21: 31,
  22: 32,
  23: 33,
  24: 34,
  25: 35,
  46: 56,
  47: 57,
};

const capabilities = tlv(
  137,
  u16(4),
  u16(0x4000),
  u32(25_882),
  u32(2_001_002),
  text('5.14.0.240'),
  tlv(139, u16(1), u16(0)),
  tlv(141, u16(4), u16(4)),
  tlv(140, u16(1), u16(1), u8(1)),
);
