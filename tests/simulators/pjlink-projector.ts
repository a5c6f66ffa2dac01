import { createHash, randomBytes } from 'node:crypto';
import { createSocket, type Socket as UdpSocket } from 'node:dgram';
import { once } from 'node:events';
import type { Address } from '../../agent/platform/network.ts';
import type { Clock } from '../../protocols/ports.ts';
import { type Connection, Endpoint, takeLines } from './endpoint.ts';
import type { Fault, Simulator } from './simulator.ts';

export interface ProjectorOptions {
  readonly clock: Clock;
  /** Another loopback address (127.0.10.21) makes each projector a host of its own. */
  readonly host?: string;
  /** An ephemeral one unless given. */
  readonly port?: number;
  /** 2 unless given. */
  readonly class?: 1 | 2;
  /** None unless given. */
  readonly password?: string;
  readonly digest?: 'md5' | 'sha256';
  readonly warmUpMs?: number;
  readonly coolDownMs?: number;
  /** How many hours a lamp ages in one hour of the clock. */
  readonly lampAging?: number;
  /** A laser has no lamp and answers ERR1 to LAMP. */
  readonly laser?: boolean;
  readonly idleMs?: number;
  /** The controller that its menu names: class 2 tells it what changes. */
  readonly notifies?: Address;
  /** Ends lines as some real ones do: NUL padding behind each packet. */
  readonly padding?: boolean;
}

/** What a person can see or set at the projector. */
export interface ProjectorState {
  name: string;
  maker: string;
  model: string;
  serial: string;
  software: string;
  input: string;
  inputs: Record<string, string>;
  videoMuted: boolean;
  audioMuted: boolean;
  frozen: boolean;
  volume: number;
  /** Six digits of ERST. */
  errors: string;
  lampHours: number;
  filterHours: number;
  resolution: string;
  mac: string;
  /** Codes that it acknowledges without doing anything. */
  ignores: Set<string>;
  /** Codes that it answers with ERR1. */
  lacks: Set<string>;
}

interface Visit {
  readonly token: string;
  signedIn: boolean;
}

const noise = Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n\u00ff\u0000\u00fe\r', 'latin1');

/** A projector made of software, written from the reference and without our codec: TCP control and UDP search. */
export class ProjectorSimulator implements Simulator {
  readonly state: ProjectorState = {
    name: 'Phòng 7',
    maker: 'EPSON',
    model: 'EB-2250U',
    serial: 'X4HX6500112',
    software: '1.10',
    input: '31',
    inputs: { '11': 'Computer', '31': 'HDMI 1', '32': 'HDMI 2', '5A': 'LAN' },
    videoMuted: false,
    audioMuted: false,
    frozen: false,
    volume: 10,
    errors: '000000',
    lampHours: 1234,
    filterHours: 200,
    resolution: '1920x1080',
    mac: '00:11:22:aa:bb:cc',
    ignores: new Set(),
    lacks: new Set(),
  };
  /** Every line that came, with the clock's time, digests included. */
  readonly received: { readonly atMs: number; readonly line: string }[] = [];
  readonly #options: ProjectorOptions;
  readonly #clock: Clock;
  readonly #endpoint: Endpoint<Visit>;
  #udp: UdpSocket | undefined;
  #power: 'on' | 'off' = 'on';
  #switchedAt = Number.NEGATIVE_INFINITY;

  private constructor(options: ProjectorOptions) {
    this.#options = options;
    this.#clock = options.clock;
    this.#endpoint = new Endpoint<Visit>({
      ...options,
      noise,
      remember: () => ({ token: randomBytes(4).toString('hex'), signedIn: options.password === undefined }),
      greet: (connection) => this.#greet(connection),
      take: (connection) => {
        for (const line of takeLines(connection, '\r')) this.#hear(connection, line);
      },
    });
  }

  /** A port that the system gives for TCP may be another program's for UDP; then the next one is tried. */
  static async start(options: ProjectorOptions): Promise<ProjectorSimulator> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await ProjectorSimulator.#start(options);
      } catch (thrown) {
        const isTaken = thrown instanceof Error && 'code' in thrown && thrown.code === 'EADDRINUSE';
        if (!isTaken || options.port !== undefined || attempt === 10) throw thrown;
      }
    }
  }

  static async #start(options: ProjectorOptions): Promise<ProjectorSimulator> {
    const simulator = new ProjectorSimulator(options);
    await using stack = new AsyncDisposableStack();
    stack.use(simulator);
    await simulator.#endpoint.open();
    if ((options.class ?? 2) === 2) await simulator.#listenUdp();
    stack.move();
    return simulator;
  }

  get address(): Address {
    return this.#endpoint.address;
  }

  /** As POWR says it: 0 standby, 1 on, 2 cooling, 3 warming up. */
  get power(): '0' | '1' | '2' | '3' {
    const elapsedMs = this.#clock.mono() - this.#switchedAt;
    if (this.#power === 'on') return elapsedMs < (this.#options.warmUpMs ?? 4_000) ? '3' : '1';
    return elapsedMs < (this.#options.coolDownMs ?? 4_000) ? '2' : '0';
  }

  /** Puts it into a settled state, as if it had been switched long ago. */
  setPower(power: 'on' | 'off'): void {
    this.#power = power;
    this.#switchedAt = Number.NEGATIVE_INFINITY;
  }

  /** Presses the button at the projector: it warms up or cools down. */
  pressPower(): void {
    this.#switch(this.#power === 'on' ? 'off' : 'on');
  }

  get connections(): number {
    return this.#endpoint.connections.size;
  }

  async setFault(fault: Fault | undefined): Promise<void> {
    await this.#endpoint.setFault(fault);
  }

  /** Its network cable is plugged in again. */
  async linkUp(): Promise<void> {
    await this.#tell(`LKUP=${this.state.mac}`);
  }

  /** Something breaks or is mended: six digits of ERST. */
  async setErrors(errors: string): Promise<void> {
    this.state.errors = errors;
    await this.#tell(`ERST=${errors}`);
  }

  /** Sends a status notice of class 2 to a controller. */
  async notify(text: string, to: Address): Promise<void> {
    await new Promise<void>((resolve) => this.#udp?.send(text, to.port, to.host, () => resolve()));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#endpoint[Symbol.asyncDispose]();
    const udp = this.#udp;
    this.#udp = undefined;
    if (udp) await new Promise<void>((resolve) => udp.close(() => resolve()));
  }

  async #tell(notice: string): Promise<void> {
    const { notifies } = this.#options;
    if (notifies) await this.notify(`%2${notice}\r`, notifies);
  }

  async #listenUdp(): Promise<void> {
    // An agent on this machine listens to the same port of every address.
    const udp = createSocket({ type: 'udp4', reuseAddr: true });
    udp.on('message', (bytes, from) => {
      if (this.#endpoint.fault === undefined && bytes.toString('latin1').toUpperCase() === '%2SRCH\r') {
        udp.send(`%2ACKN=${this.state.mac}\r`, from.port, from.address);
      }
    });
    udp.bind(this.address.port, this.address.host);
    try {
      await once(udp, 'listening');
    } catch (thrown) {
      // Another program holds this port for every address: then nobody can search for it, and it is found by its address.
      if (this.#options.port === undefined || (thrown as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw thrown;
      udp.close();
      return;
    }
    this.#udp = udp;
  }

  #greet(connection: Connection<Visit>): void {
    const { signedIn, token } = connection.state;
    this.#say(connection, signedIn && this.#endpoint.fault !== 'wrong-password' ? 'PJLINK 0' : `PJLINK 1 ${token}`);
  }

  #hear(connection: Connection<Visit>, line: string): void {
    this.received.push({ atMs: this.#clock.mono(), line });
    this.#answer(connection, line);
  }

  #answer(connection: Connection<Visit>, line: string): void {
    const at = line.indexOf('%');
    if (!connection.state.signedIn || this.#endpoint.fault === 'wrong-password') {
      connection.state.signedIn = this.#signsIn(connection, line.slice(0, at));
    }
    if (!connection.state.signedIn) {
      this.#say(connection, 'PJLINK ERRA');
      return;
    }
    const [, version, code = '', parameter = ''] = /^%([12])([A-Z0-9]{4}) (.*)$/i.exec(line.slice(at)) ?? [];
    if (version !== undefined) this.#say(connection, this.#reply(version, code.toUpperCase(), parameter));
  }

  #reply(version: string, code: string, parameter: string): string {
    const head = `%${version}${code}=`;
    if (Number(version) > (this.#options.class ?? 2) || this.state.lacks.has(code)) return `${head}ERR1`;
    if (this.#endpoint.fault === 'busy') return `${head}ERR3`;
    return head + this.#obey(version, code, parameter);
  }

  #signsIn(connection: Connection<Visit>, digest: string): boolean {
    const { password, digest: algorithm = 'md5' } = this.#options;
    if (password === undefined || this.#endpoint.fault === 'wrong-password') return false;
    return digest === createHash(algorithm).update(`${connection.state.token}${password}`).digest('hex');
  }

  #obey(version: string, code: string, parameter: string): string {
    const isQuestion = parameter.startsWith('?');
    if (version === '2' && !isQuestion) return this.#setClass2(code, parameter);
    if (!isQuestion) return this.#set(code, parameter);
    return (version === '2' ? this.#askClass2(code, parameter) : undefined) ?? this.#ask(code);
  }

  #ask(code: string): string {
    const { state } = this;
    const mute = `${(state.videoMuted ? 1 : 0) + (state.audioMuted ? 2 : 0) || 3}${state.videoMuted || state.audioMuted ? 1 : 0}`;
    const answers: Record<string, string> = {
      POWR: this.power,
      INPT: this.power === '1' ? state.input : 'ERR3',
      AVMT: this.power === '1' ? mute : 'ERR3',
      ERST: state.errors,
      LAMP: this.#options.laser ? 'ERR1' : `${this.#lampHours()} ${this.power === '1' ? 1 : 0}`,
      INST: Object.keys(state.inputs).join(' '),
      NAME: Buffer.from(state.name).toString('latin1'),
      INF1: state.maker,
      INF2: state.model,
      INFO: '',
      CLSS: String(this.#options.class ?? 2),
    };
    return answers[code] ?? 'ERR1';
  }

  #askClass2(code: string, parameter: string): string | undefined {
    const { state } = this;
    const answers: Record<string, string> = {
      SNUM: state.serial,
      SVER: state.software,
      INNM: state.inputs[parameter.slice(1)] ?? 'ERR2',
      IRES: this.power === '1' ? state.resolution : 'ERR3',
      RRES: '1920x1200',
      FILT: String(state.filterHours),
      RLMP: this.#options.laser ? '' : 'ELPLP96',
      RFIL: 'ELPAF56',
      FREZ: this.power === '1' ? String(Number(state.frozen)) : 'ERR3',
    };
    return answers[code];
  }

  #set(code: string, parameter: string): string {
    const { state } = this;
    if (code === 'POWR') {
      if (parameter !== '0' && parameter !== '1') return 'ERR2';
      if (this.power === '2' || this.power === '3') return 'ERR3';
      if (!state.ignores.has(code)) this.#switch(parameter === '1' ? 'on' : 'off');
      return 'OK';
    }
    if (this.power !== '1') return 'ERR3';
    if (code === 'INPT') {
      if (!Object.hasOwn(state.inputs, parameter)) return 'ERR2';
      if (state.ignores.has(code)) return 'OK';
      state.input = parameter;
      void this.#tell(`INPT=${parameter}`);
      return 'OK';
    }
    const [, what, on] = /^([123])([01])$/.exec(parameter) ?? [];
    if (code !== 'AVMT') return 'ERR1';
    if (what === undefined) return 'ERR2';
    if (state.ignores.has(code)) return 'OK';
    if (what !== '2') state.videoMuted = on === '1';
    if (what !== '1') state.audioMuted = on === '1';
    return 'OK';
  }

  #setClass2(code: string, parameter: string): string {
    const { state } = this;
    if (!['SVOL', 'MVOL', 'FREZ'].includes(code)) return this.#set(code, parameter);
    if (parameter !== '0' && parameter !== '1') return 'ERR2';
    if (this.power !== '1') return 'ERR3';
    if (state.ignores.has(code)) return 'OK';
    if (code === 'SVOL') state.volume += parameter === '1' ? 1 : -1;
    if (code === 'FREZ') state.frozen = parameter === '1';
    return 'OK';
  }

  #switch(power: 'on' | 'off'): void {
    this.state.lampHours = this.#lampHours();
    if (this.#power !== power) this.#switchedAt = this.#clock.mono();
    this.#power = power;
    void this.#tell(`POWR=${power === 'on' ? 1 : 0}`);
  }

  #lampHours(): number {
    const litMs = this.#power === 'on' && Number.isFinite(this.#switchedAt) ? this.#clock.mono() - this.#switchedAt : 0;
    return Math.floor(this.state.lampHours + (litMs / 3_600_000) * (this.#options.lampAging ?? 1));
  }

  #say(connection: Connection<Visit>, text: string): void {
    const padding = this.#options.padding ? '\0'.repeat(300) : '';
    this.#endpoint.say(connection, Buffer.from(`${text}\r${padding}`, 'latin1'), () => this.#closeWhenIdle(connection));
  }

  #closeWhenIdle(connection: Connection<Visit>): void {
    const { idleMs } = this.#options;
    if (idleMs === undefined) return;
    const seen = this.received.length;
    void this.#clock.wait(idleMs, connection.stop.signal).then(
      () => {
        if (this.received.length === seen) connection.socket.end();
      },
      () => {},
    );
  }
}
