import { createServer } from 'node:net';
import type { Address } from '../../../agent/platform/network.ts';
import type { Clock } from '../../../protocols/ports.ts';
import { type Connection, Endpoint, type Place, Port } from '../endpoint.ts';
import type { Fault, Simulator } from '../simulator.ts';
import { Android, createSyncService } from './android.ts';

/** A headset on the network: its own port takes connections and says nothing. */
class HeadsetSimulator {
  readonly android = new Android();
  /** Whether the adb server has it. */
  isConnected = false;
  readonly #port: Port;

  constructor(place: Place) {
    this.#port = new Port(() => createServer((socket) => socket.resume()), place);
    this.android.onReboot = () => {
      this.isConnected = false;
    };
  }

  get address(): Address {
    return this.#port.address;
  }

  get serial(): string {
    return `${this.address.host}:${this.address.port}`;
  }

  get isThere(): boolean {
    return this.#port.isOpen;
  }

  /** Somebody turns it on, or takes it out of the network. */
  async turn(to: 'on' | 'off'): Promise<void> {
    if (to === 'on') return this.#port.open();
    this.isConnected = false;
    await this.#port.close();
  }
}

interface Visit {
  chosen: HeadsetSimulator | undefined;
  sync: ReturnType<typeof createSyncService> | undefined;
}

/**
 * An adb server with headsets on the network behind it, written from adb's OVERVIEW.TXT and SERVICES.TXT and without
 * our codec. Its texts are those of adb 1.0.41.
 */
export class AdbServerSimulator implements Simulator {
  readonly headsets: readonly HeadsetSimulator[];
  /** Every service that was asked for. */
  readonly asked: string[] = [];
  readonly #endpoint: Endpoint<Visit>;
  readonly #first: HeadsetSimulator;
  #fault: Fault | undefined;

  private constructor(clock: Clock, server: Place, headsets: readonly Place[]) {
    this.#first = new HeadsetSimulator(headsets[0] ?? {});
    this.headsets = [this.#first, ...headsets.slice(1).map((place) => new HeadsetSimulator(place))];
    this.#endpoint = new Endpoint<Visit>({
      ...server,
      clock,
      noise: Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n'),
      remember: () => ({ chosen: undefined, sync: undefined }),
      take: (connection) => this.#take(connection),
    });
  }

  /** One headset unless places for several are given. */
  static async start(clock: Clock, server: Place = {}, headsets: readonly Place[] = []): Promise<AdbServerSimulator> {
    const simulator = new AdbServerSimulator(clock, server, headsets);
    await simulator.#endpoint.open();
    for (const headset of simulator.headsets) await headset.turn('on');
    return simulator;
  }

  /** Of the first headset. */
  get android(): Android {
    return this.#first.android;
  }

  /** Where the first headset itself listens. */
  get address(): Address {
    return this.#first.address;
  }

  /** Where the adb server listens. */
  get server(): Address {
    return this.#endpoint.address;
  }

  async setFault(fault: Fault | undefined): Promise<void> {
    this.#fault = fault;
    // What reboots is the headset.
    await this.#endpoint.setFault(fault === 'reboot' ? undefined : fault);
    for (const headset of this.headsets) await headset.turn(fault === 'reboot' ? 'off' : 'on');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#endpoint.close();
    for (const headset of this.headsets) await headset.turn('off');
  }

  get #state(): 'device' | 'unauthorized' | 'offline' {
    if (this.#fault === 'wrong-password') return 'unauthorized';
    return this.#fault === 'busy' ? 'offline' : 'device';
  }

  #take(connection: Connection<Visit>): void {
    const { state, socket } = connection;
    for (let length = lengthOf(connection.buffer); !state.sync && length !== undefined; ) {
      const service = connection.buffer.toString('utf8', 4, 4 + length);
      connection.buffer = connection.buffer.subarray(4 + length);
      length = lengthOf(connection.buffer);
      this.asked.push(service);
      if (service.startsWith('host:transport:')) state.chosen = this.#choose(connection, service.slice(15));
      else if (service === 'sync:' && state.chosen) {
        state.sync = createSyncService(state.chosen.android);
        this.#say(connection, 'OKAY', false);
      } else this.#say(connection, state.chosen ? device(state.chosen, service) : this.#host(service), true);
    }
    if (!state.sync || connection.buffer.length === 0) return;
    const { answer, ended } = state.sync(connection.buffer);
    connection.buffer = Buffer.alloc(0);
    if (answer.length > 0) socket.write(answer);
    if (ended) socket.end();
  }

  #find(serial: string): HeadsetSimulator | undefined {
    return this.headsets.find((headset) => headset.serial === serial);
  }

  #choose(connection: Connection<Visit>, serial: string): HeadsetSimulator | undefined {
    const headset = this.#find(serial);
    const known = headset?.isConnected ?? false;
    if (known && this.#state === 'device') {
      this.#say(connection, 'OKAY', false);
      return headset;
    }
    const why = this.#state === 'offline' ? 'device offline' : 'device unauthorized.';
    this.#say(connection, `FAIL${block(known ? why : `device '${serial}' not found`)}`, true);
    return undefined;
  }

  #host(service: string): string {
    if (service === 'host:version') return `OKAY${block('0029')}`;
    if (service === 'host:devices' || service === 'host:devices-l') return `OKAY${block(this.#list(service))}`;
    const [, verb, target] = /^host:(connect|disconnect):(.+)$/.exec(service) ?? [];
    if (verb === undefined || target === undefined) return `FAIL${block('unknown host service')}`;
    const headset = this.#find(target);
    if (verb === 'connect') return `OKAY${block(this.#connect(target, headset))}`;
    const known = headset?.isConnected ?? false;
    if (headset) headset.isConnected = false;
    return known ? `OKAY${block(`disconnected ${target}`)}` : `FAIL${block(`no such device '${target}'`)}`;
  }

  #list(service: string): string {
    const isLong = service.endsWith('-l');
    const rows = this.headsets
      .filter(({ isConnected }) => isConnected)
      .map(({ serial }, at) => {
        const more = isLong ? ` product:eureka model:Quest_3 device:eureka transport_id:${at + 1}` : '';
        return `${serial}${isLong ? ' '.repeat(Math.max(1, 23 - serial.length)) : '\t'}${this.#state}${more}\n`;
      });
    return rows.join('');
  }

  #connect(target: string, headset: HeadsetSimulator | undefined): string {
    if (!headset?.isThere) return `failed to connect to '${target}': Connection refused`;
    if (headset.isConnected) return `already connected to ${target}`;
    headset.isConnected = true;
    return this.#state === 'unauthorized' ? `failed to authenticate to ${target}` : `connected to ${target}`;
  }

  /** Closes after the last answer, and after half of one stays as it is. */
  #say(connection: Connection<Visit>, text: string, isLast: boolean): void {
    const isWhole = this.#fault !== 'garbage' && this.#fault !== 'half-frame';
    this.#endpoint.say(connection, Buffer.from(text), () => {
      if (isLast && isWhole) connection.socket.end();
    });
  }
}

function device({ android }: HeadsetSimulator, service: string): string {
  if (service === 'reboot:') {
    android.reboot();
    return 'OKAY';
  }
  return service.startsWith('shell:') ? `OKAY${android.shell(service.slice(6))}` : `FAIL${block('closed')}`;
}

function block(text: string): string {
  return Buffer.byteLength(text).toString(16).padStart(4, '0') + text;
}

/** Length of the request at the front, when it is whole. */
function lengthOf(pending: Buffer): number | undefined {
  const length = Number.parseInt(pending.toString('latin1', 0, 4), 16);
  return pending.length >= 4 && pending.length >= 4 + length ? length : undefined;
}
