import type { Address } from '../../../agent/platform/network.ts';
import type { Clock } from '../../../protocols/ports.ts';
import { type Connection, Endpoint, takeLines } from '../endpoint.ts';
import type { Fault, Simulator } from '../simulator.ts';

export interface SwitcherOptions {
  readonly clock: Clock;
  readonly host?: string;
  readonly port?: number;
}

/** vMix made of software, written from its help pages without our codec. Like the real one it says OK to functions it has never heard of. */
export class SwitcherSimulator implements Simulator {
  inputs = [
    { key: '26cae087-b7b6-4d45-98e4-de03ab4feb6b', title: 'Máy quay 1' },
    { key: '55cbe357-a801-4d54-8ff2-08ee68766fae', title: 'Slides & notes' },
  ];
  active = 1;
  isRecording = false;
  isStreaming = false;
  /** Functions that it says OK to without doing anything. */
  readonly ignores = new Set<string>();
  readonly received: string[] = [];
  readonly #subscribed = new Set<Connection>();
  readonly #endpoint: Endpoint;

  private constructor(options: SwitcherOptions) {
    this.#endpoint = new Endpoint({
      ...options,
      remember: () => undefined,
      greet: (connection) => this.#say(connection, 'VERSION OK 27.0.0.80\r\n'),
      take: (connection) => {
        for (const line of takeLines(connection)) this.#answer(connection, line);
      },
      onClose: (connection) => this.#subscribed.delete(connection),
    });
  }

  static async start(options: SwitcherOptions): Promise<SwitcherSimulator> {
    const switcher = new SwitcherSimulator(options);
    await switcher.#endpoint.open();
    return switcher;
  }

  get address(): Address {
    return this.#endpoint.address;
  }

  async setFault(fault: Fault | undefined): Promise<void> {
    await this.#endpoint.setFault(fault);
  }

  /** Someone presses a button in its window. */
  press(what: 'Recording' | 'Streaming', on: boolean): void {
    if (what === 'Recording') this.isRecording = on;
    else this.isStreaming = on;
    for (const connection of this.#subscribed) this.#say(connection, `ACTS OK ${what} ${on ? 1 : 0}\r\n`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#endpoint[Symbol.asyncDispose]();
  }

  #answer(connection: Connection, line: string): void {
    this.received.push(line);
    const [command = '', ...words] = line.split(' ');
    if (this.#endpoint.fault === 'busy') {
      this.#say(connection, `${command} ER Busy\r\n`);
      return;
    }
    switch (command) {
      case 'XML': {
        const bytes = Buffer.from(`${this.#xml()}\r\n`);
        this.#endpoint.say(connection, Buffer.concat([Buffer.from(`XML ${bytes.length}\r\n`), bytes]));
        return;
      }
      case 'SUBSCRIBE':
        this.#subscribed.add(connection);
        this.#say(connection, `SUBSCRIBE OK ${words[0] ?? ''}\r\n`);
        return;
      case 'TALLY':
        this.#say(
          connection,
          `TALLY OK ${this.inputs.map((_, index) => (index + 1 === this.active ? 1 : 0)).join('')}\r\n`,
        );
        return;
      case 'VERSION':
        this.#say(connection, 'VERSION OK 27.0.0.80\r\n');
        return;
      case 'FUNCTION':
        this.#say(connection, `${this.#call(words[0] ?? '', words.slice(1).join(' '))}\r\n`);
        return;
      default:
        this.#say(connection, `${command} ER Unknown command\r\n`);
    }
  }

  #call(name: string, query: string): string {
    if (this.ignores.has(name)) return 'FUNCTION OK Completed';
    const input = new URLSearchParams(query).get('Input');
    if (name === 'StartRecording' || name === 'StopRecording') this.press('Recording', name === 'StartRecording');
    if (name === 'StartStreaming' || name === 'StopStreaming') this.press('Streaming', name === 'StartStreaming');
    if (name === 'CutDirect') {
      const index = this.inputs.findIndex(
        ({ key, title }, at) => input === key || input === title || input === String(at + 1),
      );
      if (index < 0) return 'FUNCTION ER Input not found';
      this.active = index + 1;
    }
    return 'FUNCTION OK Completed';
  }

  #xml(): string {
    const escaped = (text: string) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');
    const word = (on: boolean) => (on ? 'True' : 'False');
    const inputs = this.inputs.map(
      ({ key, title }, index) =>
        `<input key="${key}" number="${index + 1}" type="Capture" title="${escaped(title)}" state="Running" position="0" ` +
        `duration="0" loop="False">${escaped(title)}</input>`,
    );
    return (
      `<vmix><version>27.0.0.80</version><edition>4K</edition><inputs>${inputs.join('')}</inputs><overlays><overlay number="1"/>` +
      `</overlays><preview>2</preview><active>${this.active}</active><fadeToBlack>False</fadeToBlack>` +
      `<recording>${word(this.isRecording)}</recording><external>False</external><streaming>${word(this.isStreaming)}</streaming></vmix>`
    );
  }

  #say(connection: Connection, text: string): void {
    this.#endpoint.say(connection, Buffer.from(text));
  }
}
