import { ProtocolError } from './error.ts';
import type { Framer } from './framer.ts';

export interface LengthField {
  /** How many bytes of a frame must be there before its length can be told; at least 1. */
  readonly headerBytes: number;
  /** Length of the whole frame, header included, from its first `headerBytes` bytes. May throw ProtocolError. */
  readonly lengthOf: (header: Uint8Array) => number;
  /** Longest frame, header included. */
  readonly maxBytes: number;
}

/**
 * A framer for frames whose header tells their length. A frame longer than `maxBytes` throws ProtocolError `oversize`, one
 * shorter than its own header `malformed`; frames before a bad one are yielded first, and every later call throws its error.
 * The work grows with the bytes that come, however small their chunks; a frame takes its memory once its length is good.
 */
export function createLengthFramer({ headerBytes, lengthOf, maxBytes }: LengthField): Framer {
  let pending = new Uint8Array(headerBytes);
  let used = 0;
  let isHeaderRead = false;
  let failure: ProtocolError | undefined;

  const fail = (code: 'oversize' | 'malformed', length: number): never => {
    failure = new ProtocolError(code, `a frame of ${length} bytes cannot be`, { details: { length, maxBytes } });
    throw failure;
  };
  const readHeader = (): void => {
    let length: number;
    try {
      length = lengthOf(pending);
    } catch (thrown) {
      if (thrown instanceof ProtocolError) failure = thrown;
      throw thrown;
    }
    if (length < headerBytes) fail('malformed', length);
    if (length > maxBytes) fail('oversize', length);
    const whole = new Uint8Array(length);
    whole.set(pending);
    pending = whole;
    isHeaderRead = true;
  };

  return {
    *push(chunk) {
      if (failure) throw failure;
      for (let at = 0; at < chunk.length; ) {
        const part = chunk.subarray(at, at + pending.length - used);
        pending.set(part, used);
        used += part.length;
        at += part.length;
        if (!isHeaderRead && used === headerBytes) readHeader();
        if (!isHeaderRead || used < pending.length) continue;
        const frame = pending;
        pending = new Uint8Array(headerBytes);
        used = 0;
        isHeaderRead = false;
        yield frame;
      }
    },
    get pendingBytes() {
      return used;
    },
  };
}
