import type { Address, UdpSocket } from '../driver.ts';

type Listener = (...args: readonly unknown[]) => void;
type Sent = (error: unknown, bytes?: number) => void;

/**
 * Stands where net-snmp puts its own datagram socket, over the UDP port that the driver is given: so the agent's network
 * policy holds for each packet, and only what really comes from the device is looked at (the library asks neither).
 */
export class PortTransport implements AsyncDisposable {
  readonly #socket: UdpSocket;
  readonly #peer: Address;
  readonly #listeners = new Map<string, Listener>();
  readonly #stop = new AbortController();
  readonly #pump: Promise<void>;

  constructor(socket: UdpSocket, peer: Address) {
    this.#socket = socket;
    this.#peer = peer;
    this.#pump = this.#receive();
  }

  /** As the library uses the module `dgram`. */
  createSocket(): PortTransport {
    return this;
  }

  on(event: string, listener: Listener): this {
    this.#listeners.set(event, listener);
    return this;
  }

  ref(): this {
    return this;
  }

  unref(): this {
    return this;
  }

  send(buffer: Uint8Array, offset: number, length: number, port: number, host: string, sent: Sent): void {
    const bytes = buffer.subarray(offset, offset + length);
    this.#socket.send(bytes, { host, port }).then(
      () => this.#tell(() => sent(null, length)),
      (thrown: unknown) => this.#tell(() => sent(thrown)),
    );
  }

  close(): void {
    this.#stop.abort();
    this.#listeners.get('close')?.();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    await this.#pump;
    await this.#socket[Symbol.asyncDispose]();
  }

  /** Nothing is told after the end: the library would start a timer. */
  #tell(work: () => void): void {
    if (!this.#stop.signal.aborted) work();
  }

  async #receive(): Promise<void> {
    try {
      for (;;) {
        const { bytes, from } = await this.#socket.receive(this.#stop.signal);
        if (from.host === this.#peer.host && from.port === this.#peer.port) this.#deliver(bytes);
      }
    } catch (thrown) {
      if (!this.#stop.signal.aborted) this.#listeners.get('error')?.(thrown);
    }
  }

  #deliver(bytes: Uint8Array): void {
    try {
      this.#listeners.get('message')?.(Buffer.from(bytes));
    } catch {
      // The library throws on some packets that are no SNMP; like a packet that never came, they end in a timeout.
    }
  }
}
