import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import type { Address } from '../../../agent/platform/network.ts';
import type { Clock } from '../../../protocols/ports.ts';
import type { Fault, Simulator } from '../simulator.ts';
import { Android, createSyncService } from './android.ts';

/**
 * An adb server with one headset on the network behind it, written from adb's OVERVIEW.TXT and SERVICES.TXT and without
 * our codec. Its texts are those of adb 1.0.41. The headset's own port takes connections and says nothing.
 */
export class AdbServerSimulator implements Simulator {
  readonly android = new Android();
  /** Every service that was asked for. */
  readonly asked: string[] = [];
  readonly #clock: Clock;
  readonly #sockets = new Set<Socket>();
  readonly #stop = new AbortController();
  readonly #server: Server;
  #headset: Server | undefined;
  #headsetPort = 0;
  #isConnected = false;
  #fault: Fault | undefined;

  private constructor(clock: Clock) {
    this.#clock = clock;
    this.#server = createServer((socket) => this.#accept(socket));
    this.android.onReboot = () => {
      this.#isConnected = false;
    };
  }

  static async start(clock: Clock): Promise<AdbServerSimulator> {
    const simulator = new AdbServerSimulator(clock);
    await listen(simulator.#server, 0);
    await simulator.#openHeadset();
    return simulator;
  }

  /** Where the headset itself listens. */
  get address(): Address {
    return { host: '127.0.0.1', port: this.#headsetPort };
  }

  /** Where the adb server listens. */
  get server(): Address {
    return { host: '127.0.0.1', port: portOf(this.#server) };
  }

  async setFault(fault: Fault | undefined): Promise<void> {
    const wasAway = this.#fault === 'reboot';
    this.#fault = fault;
    if (fault === 'reboot') {
      this.#isConnected = false;
      await this.#closeHeadset();
    } else if (wasAway) await this.#openHeadset();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    for (const socket of this.#sockets) socket.destroy();
    await this.#closeHeadset();
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }

  async #openHeadset(): Promise<void> {
    const headset = createServer((socket) => this.#keep(socket));
    await listen(headset, this.#headsetPort);
    this.#headsetPort = portOf(headset);
    this.#headset = headset;
  }

  async #closeHeadset(): Promise<void> {
    const headset = this.#headset;
    this.#headset = undefined;
    if (headset) await new Promise<void>((resolve) => headset.close(() => resolve()));
  }

  get #serial(): string {
    return `127.0.0.1:${this.#headsetPort}`;
  }

  get #state(): 'device' | 'unauthorized' | 'offline' {
    if (this.#fault === 'wrong-password') return 'unauthorized';
    return this.#fault === 'busy' ? 'offline' : 'device';
  }

  #keep(socket: Socket): void {
    this.#sockets.add(socket);
    socket.on('error', () => {});
    socket.on('close', () => this.#sockets.delete(socket));
    socket.resume();
  }

  #accept(socket: Socket): void {
    this.#keep(socket);
    let pending: Buffer = Buffer.alloc(0);
    let isChosen = false;
    let sync: ReturnType<typeof createSyncService> | undefined;
    socket.on('data', (bytes) => {
      if (this.#fault === 'hang-up') return void socket.destroy();
      if (sync) {
        const { answer, ended } = sync(bytes);
        socket.write(answer);
        if (ended) socket.end();
        return;
      }
      pending = Buffer.concat([pending, bytes]);
      for (let length = lengthOf(pending); length !== undefined; length = lengthOf(pending)) {
        const service = pending.toString('utf8', 4, 4 + length);
        pending = pending.subarray(4 + length);
        this.asked.push(service);
        if (service.startsWith('host:transport:')) isChosen = this.#choose(socket, service.slice(15));
        else if (service === 'sync:' && isChosen) {
          sync = createSyncService(this.android);
          this.#say(socket, 'OKAY', false);
        } else this.#say(socket, isChosen ? this.#device(service) : this.#host(service), true);
      }
    });
  }

  #choose(socket: Socket, serial: string): boolean {
    const known = this.#isConnected && serial === this.#serial;
    if (known && this.#state === 'device') {
      this.#say(socket, 'OKAY', false);
      return true;
    }
    const why = this.#state === 'offline' ? 'device offline' : 'device unauthorized.';
    this.#say(socket, `FAIL${block(known ? why : `device '${serial}' not found`)}`, true);
    return false;
  }

  #host(service: string): string {
    if (service === 'host:version') return `OKAY${block('0029')}`;
    if (service === 'host:devices' || service === 'host:devices-l') {
      const more = service.endsWith('-l') ? ' product:eureka model:Quest_3 device:eureka transport_id:1' : '';
      const gap = service.endsWith('-l') ? ' '.repeat(Math.max(1, 23 - this.#serial.length)) : '\t';
      return `OKAY${block(this.#isConnected ? `${this.#serial}${gap}${this.#state}${more}\n` : '')}`;
    }
    const [, verb, target] = /^host:(connect|disconnect):(.+)$/.exec(service) ?? [];
    if (verb === undefined || target === undefined) return `FAIL${block('unknown host service')}`;
    if (verb === 'connect') return `OKAY${block(this.#connect(target))}`;
    const known = this.#isConnected && target === this.#serial;
    if (known) this.#isConnected = false;
    return known ? `OKAY${block(`disconnected ${target}`)}` : `FAIL${block(`no such device '${target}'`)}`;
  }

  #connect(target: string): string {
    if (!this.#headset || target !== this.#serial) return `failed to connect to '${target}': Connection refused`;
    if (this.#isConnected) return `already connected to ${target}`;
    this.#isConnected = true;
    return this.#state === 'unauthorized' ? `failed to authenticate to ${target}` : `connected to ${target}`;
  }

  #device(service: string): string {
    if (service === 'reboot:') {
      this.android.reboot();
      return 'OKAY';
    }
    return service.startsWith('shell:') ? `OKAY${this.android.shell(service.slice(6))}` : `FAIL${block('closed')}`;
  }

  /** Sends an answer as the fault of the moment has it, and closes after the last one. */
  #say(socket: Socket, text: string, isLast: boolean): void {
    if (this.#fault === 'silence') return;
    if (this.#fault === 'garbage') return void socket.write('HTTP/1.1 400 Bad Request\r\n\r\n');
    const bytes = Buffer.from(text);
    if (this.#fault === 'half-frame') return void socket.write(bytes.subarray(0, Math.ceil(bytes.length / 2)));
    const send = () => {
      socket.write(bytes);
      if (isLast) socket.end();
    };
    if (this.#fault === 'slow') void this.#clock.wait(2_000, this.#stop.signal).then(send, () => {});
    else send();
  }
}

function block(text: string): string {
  return Buffer.byteLength(text).toString(16).padStart(4, '0') + text;
}

/** Length of the request at the front, when it is whole. */
function lengthOf(pending: Buffer): number | undefined {
  const length = Number.parseInt(pending.toString('latin1', 0, 4), 16);
  return pending.length >= 4 && pending.length >= 4 + length ? length : undefined;
}

async function listen(server: Server, port: number): Promise<void> {
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
}

function portOf(server: Server): number {
  const address = server.address();
  return typeof address === 'object' && address ? address.port : 0;
}
