import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import type { Address } from '../../../agent/platform/network.ts';
import type { Clock } from '../../../protocols/ports.ts';
import type { Place } from '../endpoint.ts';
import type { Fault, Simulator } from '../simulator.ts';
import { decode, decodeNumber, decodeOid, type Element, encode, encodeNumber, encodeOid } from './ber.ts';
import { Equipment, type Kind, type Objects, objectsOf } from './objects.ts';

const getRequest = 0xa0;
const getNextRequest = 0xa1;
const getBulkRequest = 0xa5;
const noSuchObject = Buffer.from([0x80, 0]);
const endOfMibView = Buffer.from([0x82, 0]);
/** RFC 3416 error-status resourceUnavailable. */
const resourceUnavailable = 13;

/** A switch, printer or UPS that answers SNMP v2c on loopback, written from RFC 3416 and without the driver's library. */
export class NetworkDeviceSimulator implements Simulator {
  readonly equipment = new Equipment();
  readonly #clock: Clock;
  readonly #kind: Kind;
  #objects: Objects;
  #oids: readonly string[];
  readonly #community: string;
  readonly #stop = new AbortController();
  #socket: Socket | undefined;
  readonly #host: string;
  #port: number;
  #fault: Fault | undefined;

  private constructor(clock: Clock, kind: Kind, community: string, { host = '127.0.0.1', port = 0 }: Place) {
    this.#host = host;
    this.#port = port;
    this.#clock = clock;
    this.#community = community;
    this.#kind = kind;
    this.#objects = objectsOf(kind, this.equipment);
    this.#oids = [...this.#objects.keys()].sort(compareOids);
  }

  static async start(
    clock: Clock,
    kind: Kind,
    community = 'school-read',
    place: Place = {},
  ): Promise<NetworkDeviceSimulator> {
    const simulator = new NetworkDeviceSimulator(clock, kind, community, place);
    await simulator.#open();
    return simulator;
  }

  /** The switch hears these cards from now on: six bytes, and the place of the port. */
  learn(cards: Equipment['learned']): void {
    this.equipment.learned.splice(0, this.equipment.learned.length, ...cards);
    this.#objects = objectsOf(this.#kind, this.equipment);
    this.#oids = [...this.#objects.keys()].sort(compareOids);
  }

  get address(): Address {
    return { host: this.#host, port: this.#port };
  }

  async setFault(fault: Fault | undefined): Promise<void> {
    const wasAway = this.#fault === 'reboot';
    this.#fault = fault;
    if (fault === 'reboot') await this.#close();
    else if (wasAway) await this.#open();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    await this.#close();
  }

  async #open(): Promise<void> {
    const socket = createSocket('udp4');
    socket.on('message', (bytes, from) => {
      const answer = this.#answerReadable(bytes);
      if (answer) this.#send(answer, from);
    });
    socket.bind(this.#port, this.#host);
    await once(socket, 'listening');
    this.#port = socket.address().port;
    this.#socket = socket;
  }

  async #close(): Promise<void> {
    const socket = this.#socket;
    this.#socket = undefined;
    if (socket) await new Promise<void>((resolve) => socket.close(() => resolve()));
  }

  #send(answer: Buffer, to: Address | { address: string; port: number }): void {
    const host = 'address' in to ? to.address : to.host;
    const fault = this.#fault;
    if (fault === 'silence') return;
    const wire =
      fault === 'garbage'
        ? Buffer.from('M-SEARCH * HTTP/1.1\r\n\r\n')
        : fault === 'half-frame'
          ? answer.subarray(0, Math.ceil(answer.length / 2))
          : answer;
    const send = () => this.#socket?.send(wire, to.port, host);
    if (fault === 'slow') void this.#clock.wait(2_000, this.#stop.signal).then(send, () => {});
    else send();
  }

  /** What cannot be parsed is discarded without a word (RFC 3412, 7.2). */
  #answerReadable(bytes: Buffer): Buffer | undefined {
    try {
      return this.#answer(bytes);
    } catch {
      return undefined;
    }
  }

  /** Nothing for a wrong community: that is how SNMP v2c refuses. */
  #answer(bytes: Buffer): Buffer | undefined {
    const [version, community, pdu] = decode(decode(bytes)[0]?.body ?? Buffer.alloc(0));
    if (!version || !community || !pdu || decodeNumber(version) !== 1) return undefined;
    if (community.body.toString() !== this.#community) return undefined;
    const [id, first, second, list] = decode(pdu.body);
    if (!id || !first || !second || !list) return undefined;
    const asked = decode(list.body).map(({ body }) => decodeOid(decode(body)[0] as Element));
    const isBusy = this.#fault === 'busy';
    const varbinds = isBusy
      ? asked.map((oid) => bind(oid, Buffer.from([0x05, 0])))
      : this.#values(pdu.tag, asked, decodeNumber(first), decodeNumber(second));
    const response = encode(
      0xa2,
      encode(0x02, id.body),
      encodeNumber(0x02, BigInt(isBusy ? resourceUnavailable : 0)),
      encodeNumber(0x02, 0n),
      encode(0x30, ...varbinds),
    );
    return encode(0x30, encodeNumber(0x02, 1n), encode(0x04, community.body), response);
  }

  #values(tag: number, asked: readonly string[], nonRepeaters: number, repetitions: number): Buffer[] {
    if (tag === getRequest) return asked.map((oid) => bind(oid, this.#objects.get(oid)?.() ?? noSuchObject));
    if (tag === getNextRequest) return asked.map((oid) => this.#next(oid).varbind);
    if (tag !== getBulkRequest) return [];
    const out = asked.slice(0, nonRepeaters).map((oid) => this.#next(oid).varbind);
    let places = asked.slice(nonRepeaters);
    for (let turn = 0; turn < repetitions; turn++) {
      const nexts = places.map((oid) => this.#next(oid));
      out.push(...nexts.map(({ varbind }) => varbind));
      places = nexts.map(({ oid }) => oid);
    }
    return out;
  }

  #next(after: string): { readonly oid: string; readonly varbind: Buffer } {
    const oid = this.#oids.find((candidate) => compareOids(candidate, after) > 0);
    const value = oid === undefined ? undefined : this.#objects.get(oid)?.();
    if (oid === undefined || value === undefined) return { oid: after, varbind: bind(after, endOfMibView) };
    return { oid, varbind: bind(oid, value) };
  }
}

function bind(oid: string, value: Buffer): Buffer {
  return encode(0x30, encodeOid(oid), value);
}

function compareOids(a: string, b: string): number {
  const [left, right] = [a.split('.').map(Number), b.split('.').map(Number)];
  for (let at = 0; at < Math.min(left.length, right.length); at++) {
    const difference = (left[at] ?? 0) - (right[at] ?? 0);
    if (difference !== 0) return difference;
  }
  return left.length - right.length;
}
