import { ProtocolError } from './error.ts';
import type { Framer } from './framer.ts';

/**
 * The whole length of the frame that begins with `head`, in bytes; undefined while `head` is too short to tell.
 * Throws ProtocolError when no frame begins like this.
 */
export type MeasureFrame = (head: Uint8Array) => number | undefined;

const firstCapacity = 64;
/** Memory that a framer keeps between two frames. */
const keptCapacity = 4 * 1024;

/**
 * A framer for frames that tell their length in their head. Frames before a bad one are yielded first; after a bad head
 * or one of more than `maxBytes` bytes the stream has lost its rhythm, and every later call throws the same error. Its
 * work grows with the bytes that come, however small their chunks, and its memory never beyond twice what has come.
 */
export function createLengthFramer(measure: MeasureFrame, maxBytes: number): Framer {
  let pending = new Uint8Array();
  let used = 0;
  let length: number | undefined;
  let broken: ProtocolError | undefined;

  const append = (part: Uint8Array): void => {
    const needed = used + part.length;
    if (needed > maxBytes) throw new ProtocolError('oversize', `no end of frame within ${maxBytes} bytes`);
    if (needed > pending.length) {
      const larger = new Uint8Array(Math.max(needed, pending.length * 2, firstCapacity));
      larger.set(pending.subarray(0, used));
      pending = larger;
    }
    pending.set(part, used);
    used = needed;
  };
  const readLength = (): number | undefined => {
    const told = measure(pending.subarray(0, used));
    if (told === undefined) return undefined;
    // A head that is longer than its frame cannot be.
    if (told < used) throw new ProtocolError('malformed', `a frame of ${told} bytes cannot be`);
    if (told <= maxBytes) return told;
    throw new ProtocolError('oversize', `a frame of ${told} bytes is longer than ${maxBytes}`, {
      details: { length: told, maxBytes },
    });
  };
  const takeFrame = (): Uint8Array => {
    const frame = pending.slice(0, used);
    if (pending.length > keptCapacity) pending = new Uint8Array();
    used = 0;
    length = undefined;
    return frame;
  };

  return {
    *push(chunk) {
      if (broken) throw broken;
      try {
        for (let at = 0; at < chunk.length; ) {
          // Byte by byte through the head, then all at once.
          const part = chunk.subarray(at, at + (length === undefined ? 1 : length - used));
          append(part);
          at += part.length;
          length ??= readLength();
          if (used === length) yield takeFrame();
        }
      } catch (thrown) {
        if (thrown instanceof ProtocolError) broken = thrown;
        throw thrown;
      }
    },
    get pendingBytes() {
      return used;
    },
  };
}
