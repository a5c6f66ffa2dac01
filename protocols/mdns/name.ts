import { ProtocolError } from '../bytes/error.ts';
import { ByteReader } from '../bytes/reader.ts';

const pointerMark = 0xc0;
/** Of a whole name with its length bytes (RFC 1035 section 2.3.4). */
const maxNameBytes = 255;

/** Reads a message whose names may refer to what stood before them (RFC 1035 section 4.1.4). */
export class NameReader {
  readonly #bytes: Uint8Array;
  readonly #reader: ByteReader;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#reader = new ByteReader(bytes);
  }

  get position(): number {
    return this.#bytes.length - this.#reader.remaining;
  }

  u16(): number {
    return this.#reader.u16();
  }

  bytes(length: number): Uint8Array {
    return this.#reader.bytes(length);
  }

  /** A name. A reference must point before the part that holds it, so that no name goes round in circles. Throws ProtocolError. */
  name(): readonly string[] {
    const labels: string[] = [];
    let reader = this.#reader;
    let start = this.position;
    let size = 0;
    for (;;) {
      const length = reader.u8();
      if (length === 0) return labels;
      if ((length & pointerMark) === pointerMark) {
        const target = ((length & ~pointerMark) << 8) | reader.u8();
        if (target >= start) throw new ProtocolError('malformed', 'a name refers to what has not been said yet');
        start = target;
        reader = new ByteReader(this.#bytes.subarray(target));
        continue;
      }
      if ((length & pointerMark) !== 0) throw new ProtocolError('unsupported', 'a label of an unknown kind');
      size += length + 1;
      if (size > maxNameBytes) throw new ProtocolError('oversize', `a name of more than ${maxNameBytes} bytes`);
      labels.push(reader.text(length));
    }
  }
}
