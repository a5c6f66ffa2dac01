import { ProtocolError } from '../../../protocols/bytes/error.ts';
import type { TcpConnection } from '../driver.ts';
import { DeviceError } from '../error.ts';

/** Exact numbers of bytes from a stream, however the network cut it; each wait ends with the deadline it was given. */
export class ByteSource {
  readonly #connection: TcpConnection;
  readonly #signal: AbortSignal;
  #chunks: Uint8Array[] = [];
  #held = 0;

  constructor(connection: TcpConnection, signal: AbortSignal) {
    this.#connection = connection;
    this.#signal = signal;
  }

  async write(bytes: Uint8Array): Promise<void> {
    await this.#connection.write(bytes, this.#signal);
  }

  /** The next `length` bytes. Throws DeviceError `connection-lost` when the peer closes before. */
  async take(length: number): Promise<Uint8Array> {
    while (this.#held < length) {
      if (!(await this.#fill()))
        throw new DeviceError('connection-lost', 'the adb server closed in the middle of an answer');
    }
    const bytes = Buffer.concat(this.#chunks);
    this.#chunks = [bytes.subarray(length)];
    this.#held = bytes.length - length;
    return bytes.subarray(0, length);
  }

  /** Everything until the peer closes. Throws ProtocolError `oversize` beyond `maxBytes`. */
  async rest(maxBytes: number): Promise<Uint8Array> {
    while (await this.#fill()) {
      if (this.#held > maxBytes) throw new ProtocolError('oversize', `an output beyond ${maxBytes} bytes`);
    }
    return Buffer.concat(this.#chunks);
  }

  async #fill(): Promise<boolean> {
    const chunk = await this.#connection.read(this.#signal);
    if (!chunk) return false;
    this.#chunks.push(chunk);
    this.#held += chunk.length;
    return true;
  }
}
