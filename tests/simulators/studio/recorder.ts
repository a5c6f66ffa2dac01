import type { Address } from '../../../agent/platform/network.ts';
import type { Clock } from '../../../protocols/ports.ts';
import { type Connection, Endpoint, takeLines } from '../endpoint.ts';
import type { Fault, Simulator } from '../simulator.ts';

export interface DeckOptions {
  readonly clock: Clock;
  readonly host?: string;
  readonly port?: number;
}

interface Visit {
  /** The lines so far of a command that spans several. */
  wanted: string | undefined;
}

/** A HyperDeck made of software, written from the protocol in its manual without our codec. */
export class DeckSimulator implements Simulator {
  status = 'preview';
  recordingSeconds = 5_400;
  slotStatus = 'mounted';
  isRemote = true;
  /** Commands that it acknowledges without doing anything. */
  readonly ignores = new Set<string>();
  /** Commands that it refuses, with the number and text. */
  readonly refuses = new Map<string, string>();
  readonly received: string[] = [];
  readonly #notified = new Set<Connection<Visit>>();
  readonly #clock: Clock;
  readonly #endpoint: Endpoint<Visit>;

  private constructor(options: DeckOptions) {
    this.#clock = options.clock;
    this.#endpoint = new Endpoint<Visit>({
      ...options,
      remember: () => ({ wanted: undefined }),
      greet: (connection) => this.#greet(connection),
      take: (connection) => this.#take(connection),
      onClose: (connection) => this.#notified.delete(connection),
    });
  }

  static async start(options: DeckOptions): Promise<DeckSimulator> {
    const deck = new DeckSimulator(options);
    await deck.#endpoint.open();
    return deck;
  }

  get address(): Address {
    return this.#endpoint.address;
  }

  async setFault(fault: Fault | undefined): Promise<void> {
    await this.#endpoint.setFault(fault);
  }

  /** Someone presses a button at the deck. */
  press(status: 'record' | 'stopped'): void {
    this.status = status;
    this.#notify(`508 transport info:\r\nstatus: ${status}\r\n\r\n`);
  }

  dropAll(): void {
    this.#endpoint.drop();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#endpoint[Symbol.asyncDispose]();
  }

  #greet(connection: Connection<Visit>): void {
    const greeting = '500 connection info:\r\nprotocol version: 1.11\r\nmodel: HyperDeck Studio HD Mini\r\n\r\n';
    this.#say(connection, this.#endpoint.fault === 'busy' ? '120 connection rejected\r\n' : greeting);
  }

  #take(connection: Connection<Visit>): void {
    for (const line of takeLines(connection)) {
      if (connection.state.wanted === undefined && line === '') continue;
      this.#takeLine(connection, line);
    }
  }

  /** Both forms of a command: all on one line, or a line each parameter up to an empty one. */
  #takeLine(connection: Connection<Visit>, line: string): void {
    if (connection.state.wanted !== undefined) {
      if (line !== '') {
        connection.state.wanted += ` ${line}`;
        return;
      }
      this.#obey(connection, connection.state.wanted);
      connection.state.wanted = undefined;
      return;
    }
    if (line.endsWith(':')) connection.state.wanted = line;
    else this.#obey(connection, line);
  }

  #obey(connection: Connection<Visit>, line: string): void {
    this.received.push(line);
    const command = line.split(':')[0]?.trim() ?? '';
    const refused = this.#endpoint.fault === 'busy' ? '150 invalid state' : this.refuses.get(command);
    this.#say(connection, refused === undefined ? this.#answer(connection, command, line) : `${refused}\r\n`);
    if (command === 'quit') connection.queue = connection.queue.then(() => void connection.socket.end());
  }

  #answer(connection: Connection<Visit>, command: string, line: string): string {
    switch (command) {
      case 'notify':
        if (/transport: true/.test(line)) this.#notified.add(connection);
        return '200 ok\r\n';
      case 'ping':
      case 'watchdog':
        return '200 ok\r\n';
      case 'device info':
        return '204 device info:\r\nprotocol version: 1.11\r\nmodel: HyperDeck Studio HD Mini\r\nslot count: 2\r\n\r\n';
      case 'transport info':
        return (
          `208 transport info:\r\nstatus: ${this.status}\r\nspeed: 0\r\nslot id: 1\r\nclip id: none\r\nsingle clip: false\r\n` +
          'display timecode: 00:00:00:00\r\ntimecode: 00:00:00:00\r\nvideo format: 1080p25\r\nloop: false\r\n\r\n'
        );
      case 'slot info': {
        const slot = /slot id: (\d)/.exec(line)?.[1] ?? '1';
        const status = slot === '1' ? this.slotStatus : 'empty';
        return (
          `202 slot info:\r\nslot id: ${slot}\r\nstatus: ${status}\r\nvolume name: Lessons\r\n` +
          `recording time: ${this.recordingSeconds}\r\nvideo format: 1080p25\r\nblocked: false\r\n\r\n`
        );
      }
      case 'quit':
        return '200 ok\r\n';
      case 'record':
        return this.#turn('record');
      case 'stop':
        return this.#turn('stopped');
      default:
        return '100 syntax error\r\n';
    }
  }

  #turn(status: 'record' | 'stopped'): string {
    if (!this.isRemote) return '111 remote control disabled\r\n';
    if (status === 'record' && this.slotStatus !== 'mounted') return '105 no disk\r\n';
    if (!this.ignores.has(status)) {
      // The deck takes a moment, and tells it.
      void this.#clock.wait(300).then(() => this.press(status));
    }
    return '200 ok\r\n';
  }

  #notify(text: string): void {
    for (const connection of this.#notified) this.#say(connection, text);
  }

  #say(connection: Connection<Visit>, text: string): void {
    this.#endpoint.say(connection, Buffer.from(text));
  }
}
