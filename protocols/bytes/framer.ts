import { ProtocolError } from './error.ts';

/** Cuts a byte stream into frames, however the network split or joined them. */
export interface Framer {
  /**
   * Takes the next bytes and yields the frames that they complete, without their delimiter. Frames before a bad one are
   * yielded first. Throws ProtocolError `oversize`; the stream has then lost its rhythm, and so does every later call.
   */
  push(chunk: Uint8Array): Generator<Uint8Array>;
  /** Bytes of the unfinished frame; never more than the limit. */
  readonly pendingBytes: number;
}

/** A framer for frames that end with the byte `delimiter`; a frame has at most `maxBytes` bytes before it. */
export function createDelimiterFramer(delimiter: number, maxBytes: number): Framer {
  const pending = new Uint8Array(maxBytes);
  let used = 0;
  let broken = false;

  const append = (part: Uint8Array): void => {
    if (broken || used + part.length > maxBytes) {
      broken = true;
      used = 0;
      throw new ProtocolError('oversize', `no end of frame within ${maxBytes} bytes`, { details: { maxBytes } });
    }
    pending.set(part, used);
    used += part.length;
  };

  return {
    *push(chunk) {
      let start = 0;
      for (let end = chunk.indexOf(delimiter); end >= 0; end = chunk.indexOf(delimiter, start)) {
        append(chunk.subarray(start, end));
        const frame = pending.slice(0, used);
        used = 0;
        start = end + 1;
        yield frame;
      }
      append(chunk.subarray(start));
    },
    get pendingBytes() {
      return used;
    },
  };
}
