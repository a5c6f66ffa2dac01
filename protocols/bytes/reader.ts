import { ProtocolError } from './error.ts';

const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

/** Reads numbers in network byte order one after another. Reading past the end throws ProtocolError `truncated`. */
export class ByteReader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  get remaining(): number {
    return this.#bytes.length - this.#at;
  }

  /** The next byte, without taking it. */
  peek(): number {
    return this.#view.getUint8(this.#reach(1));
  }

  u8(): number {
    return this.#view.getUint8(this.#take(1));
  }

  s8(): number {
    return this.#view.getInt8(this.#take(1));
  }

  u16(): number {
    return this.#view.getUint16(this.#take(2));
  }

  s16(): number {
    return this.#view.getInt16(this.#take(2));
  }

  u32(): number {
    return this.#view.getUint32(this.#take(4));
  }

  u64(): bigint {
    return this.#view.getBigUint64(this.#take(8));
  }

  /** The next `length` bytes, as a view. */
  bytes(length: number): Uint8Array {
    const start = this.#take(length);
    return this.#bytes.subarray(start, start + length);
  }

  /** UTF-8; what is broken in it becomes replacement signs. */
  text(length: number): string {
    return decoder.decode(this.bytes(length));
  }

  #take(length: number): number {
    const start = this.#reach(length);
    this.#at = start + length;
    return start;
  }

  #reach(length: number): number {
    if (length > this.remaining) {
      throw new ProtocolError('truncated', `${length} bytes are wanted where ${this.remaining} are left`);
    }
    return this.#at;
  }
}
