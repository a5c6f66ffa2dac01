import { ProtocolError } from './error.ts';

const encoder = new TextEncoder();
const firstCapacity = 64;

/** Writes numbers in network byte order one after another. A number that does not fit throws ProtocolError `malformed`. */
export class ByteWriter {
  #bytes = new Uint8Array(firstCapacity);
  #view = new DataView(this.#bytes.buffer);
  #used = 0;

  get length(): number {
    return this.#used;
  }

  u8(value: number): void {
    const at = this.#room(1);
    this.#view.setUint8(at, within(value, 0, 0xff));
  }

  s8(value: number): void {
    const at = this.#room(1);
    this.#view.setInt8(at, within(value, -0x80, 0x7f));
  }

  u16(value: number): void {
    const at = this.#room(2);
    this.#view.setUint16(at, within(value, 0, 0xffff));
  }

  s16(value: number): void {
    const at = this.#room(2);
    this.#view.setInt16(at, within(value, -0x8000, 0x7fff));
  }

  u32(value: number): void {
    const at = this.#room(4);
    this.#view.setUint32(at, within(value, 0, 0xffff_ffff));
  }

  u64(value: bigint): void {
    if (BigInt.asUintN(64, value) !== value) throw new ProtocolError('malformed', `${value} does not fit in 64 bits`);
    const at = this.#room(8);
    this.#view.setBigUint64(at, value);
  }

  bytes(value: Uint8Array): void {
    const start = this.#room(value.length);
    this.#bytes.set(value, start);
  }

  /** UTF-8 behind its length in 16 bits. */
  text16(value: string): void {
    const bytes = encoder.encode(value);
    this.u16(bytes.length);
    this.bytes(bytes);
  }

  /** Writes over what already stands at `at`. */
  setU16(at: number, value: number): void {
    this.#view.setUint16(at, within(value, 0, 0xffff));
  }

  /** Writes over what already stands at `at`. */
  setU32(at: number, value: number): void {
    this.#view.setUint32(at, within(value, 0, 0xffff_ffff));
  }

  /** A copy of everything written so far. */
  finish(): Uint8Array {
    return this.#bytes.slice(0, this.#used);
  }

  #room(length: number): number {
    const start = this.#used;
    this.#used += length;
    if (this.#used > this.#bytes.length) {
      const larger = new Uint8Array(Math.max(this.#used, this.#bytes.length * 2));
      larger.set(this.#bytes);
      this.#bytes = larger;
      this.#view = new DataView(larger.buffer);
    }
    return start;
  }
}

function within(value: number, lowest: number, highest: number): number {
  if (Number.isInteger(value) && value >= lowest && value <= highest) return value;
  throw new ProtocolError('malformed', `${value} is no whole number from ${lowest} to ${highest}`);
}
