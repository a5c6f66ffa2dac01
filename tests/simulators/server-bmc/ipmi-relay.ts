import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { once } from 'node:events';
import type { Clock } from '../../../protocols/ports.ts';
import type { Fault } from '../simulator.ts';

const slowMs = 2_000;
/** Open Session Request and Response, RAKP Message 2 (IPMI 2.0 table 13-16). */
const payloads = { openRequest: 0x10, openResponse: 0x11, rakp2: 0x13 } as const;
const rmcpPlus = 0x06;

/** Passes datagrams on, each client by a socket of its own, and spoils them while a fault is set. */
export class Relay implements AsyncDisposable {
  readonly #clock: Clock;
  readonly #target: number;
  readonly #upstreams = new Map<string, Socket>();
  readonly #ending = new AbortController();
  #front: Socket | undefined;
  #fault: Fault | undefined;
  #port = 0;

  private constructor(clock: Clock, target: number) {
    this.#clock = clock;
    this.#target = target;
  }

  static async start(clock: Clock, target: number): Promise<Relay> {
    const relay = new Relay(clock, target);
    await relay.#listen();
    return relay;
  }

  get port(): number {
    return this.#port;
  }

  async setFault(fault: Fault | undefined): Promise<void> {
    this.#fault = fault;
    if (fault === 'reboot') await this.#close();
    else if (!this.#front) await this.#listen();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#ending.abort(new Error('simulator ends'));
    await this.#close();
  }

  async #listen(): Promise<void> {
    const front = createSocket('udp4');
    front.on('message', (bytes, from) => this.#hear(bytes, from));
    front.bind(this.#port, '127.0.0.1');
    await once(front, 'listening');
    this.#port = front.address().port;
    this.#front = front;
  }

  async #close(): Promise<void> {
    const sockets = [this.#front, ...this.#upstreams.values()].filter((socket) => socket !== undefined);
    this.#front = undefined;
    this.#upstreams.clear();
    for (const socket of sockets) {
      const closed = once(socket, 'close');
      socket.close();
      await closed;
    }
  }

  #hear(bytes: Buffer, from: RemoteInfo): void {
    if (this.#fault === 'silence') return;
    const answer = this.#fault && ownAnswer(this.#fault, bytes);
    if (answer) {
      this.#answer(answer, from);
      return;
    }
    const key = `${from.address}:${from.port}`;
    const upstream = this.#upstreams.get(key) ?? this.#open(key, from);
    upstream.send(bytes, this.#target, '127.0.0.1');
  }

  #open(key: string, from: RemoteInfo): Socket {
    const upstream = createSocket('udp4');
    upstream.on('message', (bytes) => void this.#return(bytes, from));
    this.#upstreams.set(key, upstream);
    return upstream;
  }

  async #return(bytes: Buffer, from: RemoteInfo): Promise<void> {
    if (this.#fault === 'slow') {
      const wasAborted = await this.#clock.wait(slowMs, this.#ending.signal).then(
        () => false,
        () => true,
      );
      if (wasAborted) return;
    }
    if (this.#fault === 'half-frame') return this.#answer(bytes.subarray(0, bytes.length / 2), from);
    if (this.#fault === 'wrong-password' && payloadOf(bytes) === payloads.rakp2) {
      // The code of RAKP message 2 is made of the password: with another one, it is another code.
      const last = bytes.length - 1;
      bytes[last] = (bytes[last] ?? 0) ^ 0xff;
    }
    this.#answer(bytes, from);
  }

  #answer(bytes: Uint8Array, to: RemoteInfo): void {
    this.#front?.send(bytes, to.port, to.address);
  }
}

/** What some faults answer in place of the controller. */
function ownAnswer(fault: Fault, bytes: Buffer): Buffer | undefined {
  if (fault === 'garbage') return Buffer.from('SSH-2.0-nothing of RMCP at all, but long enough');
  return fault === 'busy' && payloadOf(bytes) === payloads.openRequest ? refusal(bytes) : undefined;
}

/** Payload type of an RMCP+ packet (IPMI 2.0 section 13.6), undefined for another one. */
function payloadOf(bytes: Buffer): number | undefined {
  return bytes.length > 5 && bytes[4] === rmcpPlus ? (bytes[5] ?? 0) & 0x3f : undefined;
}

/** RMCP+ Open Session Response "insufficient resources to create a session" (IPMI 2.0 tables 13-10 and 13-15). */
function refusal(request: Buffer): Buffer {
  const tag = request[16] ?? 0;
  const console = request.subarray(20, 24);
  const payload = [tag, 0x01, 0, 0, ...console];
  return Buffer.from([
    6,
    0,
    0xff,
    7,
    rmcpPlus,
    payloads.openResponse,
    0,
    0,
    0,
    0,
    0,
    0,
    0,
    0,
    payload.length,
    0,
    ...payload,
  ]);
}
