import type { Address } from '../../../agent/platform/network.ts';
import type { Clock } from '../../../protocols/ports.ts';
import { type Connection, Endpoint, takeLines } from '../endpoint.ts';
import type { Fault, Simulator } from '../simulator.ts';

export interface LibraryOptions {
  readonly clock: Clock;
  /** None wanted unless given. */
  readonly login?: { readonly username: string; readonly password: string };
  readonly host?: string;
  readonly port?: number;
}

export interface SimulatedItem {
  /** Two digits. */
  readonly circulation: string;
  readonly title: string;
  readonly due?: string;
}

interface Visit {
  isSignedIn: boolean;
  last: string;
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
  readonly #endpoint: Endpoint<Visit>;

  private constructor(options: LibraryOptions) {
    this.#options = options;
    this.#endpoint = new Endpoint<Visit>({
      ...options,
      noise: Buffer.from('login: \u00ff\r'),
      remember: () => ({ isSignedIn: options.login === undefined, last: '' }),
      take: (connection) => {
        for (const line of takeLines(connection, '\r')) this.#hear(connection, line);
      },
    });
  }

  static async start(options: LibraryOptions): Promise<LibrarySimulator> {
    const simulator = new LibrarySimulator(options);
    await simulator.#endpoint.open();
    return simulator;
  }

  get address(): Address {
    return this.#endpoint.address;
  }

  get connections(): number {
    return this.#endpoint.connections.size;
  }

  /** Codes of the messages that came. */
  get codes(): string[] {
    return this.received.map(({ line }) => line.slice(0, 2));
  }

  async setFault(fault: Fault | undefined): Promise<void> {
    await this.#endpoint.setFault(fault);
  }

  /** Closes the connections that stand. */
  drop(): void {
    this.#endpoint.drop();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#endpoint.close();
  }

  #hear(connection: Connection<Visit>, line: string): void {
    this.received.push({ atMs: this.#options.clock.mono(), line });
    if (this.ignore > 0) {
      this.ignore--;
      return;
    }
    if (this.deaf > 0 || !isSound(Buffer.from(line))) {
      this.deaf = Math.max(0, this.deaf - 1);
      this.#say(connection, withSum('96'));
      return;
    }
    const sequence = /AY(\d)AZ/.exec(line)?.[1];
    if (line.startsWith('97')) {
      // As SIPServer does: the last answer again, with sequence 0.
      this.#say(connection, this.#finish(connection.state.last, '0'));
      return;
    }
    const answer = this.#obey(connection, line);
    if (answer === undefined) {
      connection.socket.end();
      return;
    }
    connection.state.last = answer;
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
  #obey(connection: Connection<Visit>, line: string): string | undefined {
    const field = (name: string) => new RegExp(`(?:^.{20}|\\||^9300)${name}([^|]*)\\|`).exec(line)?.[1];
    const { login } = this.#options;
    if (line.startsWith('93')) {
      const isRight = login?.username === field('CN') && login?.password === field('CO');
      connection.state.isSignedIn = isRight && this.#endpoint.fault !== 'wrong-password';
      return connection.state.isSignedIn ? '941' : '940';
    }
    if (!connection.state.isSignedIn) return undefined;
    if (line.startsWith('99')) {
      const online = this.isOnline && this.#endpoint.fault !== 'busy' ? 'Y' : 'N';
      return `98${online}NNYNN600003${fromNobody}2.00AOTHPT|AMThư viện|BX${this.supported}|`;
    }
    if (!line.startsWith('17')) return undefined;
    const id = field('AB') ?? '';
    const item = this.items.get(id);
    if (!item) return `18010101${fromNobody}AB${id}|AJ|`;
    const due = item.due === undefined ? '' : `AH${item.due}|`;
    return `18${item.circulation}0201${fromNobody}AB${id}|AJ${item.title}|CK001|BGTHPT|${due}`;
  }

  #say(connection: Connection<Visit>, text: string): void {
    this.#endpoint.say(connection, Buffer.from(`${text}${this.end}`), undefined, this.delayMs);
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
