import { ProtocolError } from '../../protocols/bytes/error.ts';

/** Largest whole number that is packed as one: its delta to another still fits 53 bits after zigzag. */
export const largestInteger = 2 ** 50;

/** Grows as it is written. Whole numbers are LEB128 varints; signed ones are zigzag first. */
export class ByteWriter {
  #bytes = Buffer.allocUnsafe(512);
  #at = 0;

  get length(): number {
    return this.#at;
  }

  byte(value: number): void {
    this.#room(1);
    this.#bytes[this.#at++] = value;
  }

  /** A whole number from 0 to 2^53. */
  varint(value: number): void {
    this.#room(8);
    let rest = value;
    while (rest >= 0x80) {
      this.#bytes[this.#at++] = (rest % 0x80) | 0x80;
      rest = Math.floor(rest / 0x80);
    }
    this.#bytes[this.#at++] = rest;
  }

  /** A whole number within ±2^52. */
  signed(value: number): void {
    this.varint(value < 0 ? -2 * value - 1 : 2 * value);
  }

  double(value: number): void {
    this.#room(8);
    this.#at = this.#bytes.writeDoubleLE(value, this.#at);
  }

  bytes(value: Uint8Array): void {
    this.#room(value.length);
    this.#bytes.set(value, this.#at);
    this.#at += value.length;
  }

  /** Starts again with the same memory. */
  reset(): void {
    this.#at = 0;
  }

  /** What is written so far; valid until the next write or reset. */
  view(): Buffer {
    return this.#bytes.subarray(0, this.#at);
  }

  finish(): Buffer {
    return Buffer.from(this.view());
  }

  #room(size: number): void {
    if (this.#at + size <= this.#bytes.length) return;
    const larger = Buffer.allocUnsafe(Math.max(this.#bytes.length * 2, this.#at + size));
    larger.set(this.view());
    this.#bytes = larger;
  }
}

/** Reads what ByteWriter wrote. Throws ProtocolError `truncated` past the end. */
export class ByteReader {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  get left(): number {
    return this.#bytes.length - this.#at;
  }

  byte(): number {
    const value = this.#bytes[this.#at++];
    if (value === undefined) throw truncated();
    return value;
  }

  varint(): number {
    let value = 0;
    let factor = 1;
    for (;;) {
      const next = this.byte();
      value += (next & 0x7f) * factor;
      if (next < 0x80) return value;
      factor *= 0x80;
    }
  }

  signed(): number {
    const value = this.varint();
    return value % 2 === 1 ? -(value + 1) / 2 : value / 2;
  }

  double(): number {
    if (this.left < 8) throw truncated();
    const value = this.#bytes.readDoubleLE(this.#at);
    this.#at += 8;
    return value;
  }

  /** A reader of the next `size` bytes, which are passed over. */
  part(size: number): ByteReader {
    if (this.left < size) throw truncated();
    const part = new ByteReader(this.#bytes.subarray(this.#at, this.#at + size));
    this.#at += size;
    return part;
  }
}

function truncated(): ProtocolError {
  return new ProtocolError('truncated', 'a packed row ends too early');
}
