import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ProtocolError } from '../../../protocols/bytes/error.ts';
import { createLengthFramer } from '../../../protocols/bytes/length-framer.ts';

/** One byte of length, which counts itself; 0xff is nonsense. */
const create = () =>
  createLengthFramer({
    headerBytes: 1,
    lengthOf: ([length = 0]) => {
      if (length === 0xff) throw new ProtocolError('unsupported', 'nonsense');
      return length;
    },
    maxBytes: 40,
  });
const frame = fc.uint8Array({ maxLength: 39 }).map((rest) => Uint8Array.of(rest.length + 1, ...rest));

describe('frames by their length', () => {
  it('come out whole however they were split or joined', () => {
    fc.assert(
      fc.property(fc.array(frame, { maxLength: 8 }), fc.array(fc.nat(50), { maxLength: 30 }), (frames, cuts) => {
        const stream = Buffer.concat(frames);
        const framer = create();
        const read: Uint8Array[] = [];
        let at = 0;
        for (const length of [...cuts, stream.length]) {
          read.push(...framer.push(stream.subarray(at, at + length)));
          at += length;
          expect(framer.pendingBytes).toBeLessThanOrEqual(40);
        }
        expect(read).toEqual(frames);
        expect(framer.pendingBytes).toBe(0);
      }),
    );
  });

  it('are given before the bad one, and none after it', () => {
    const framer = create();
    const read: Uint8Array[] = [];
    const push = (...bytes: number[]) => {
      for (const one of framer.push(Uint8Array.from(bytes))) read.push(one);
    };
    expect(() => push(2, 7, 41, 1)).toThrow(expect.objectContaining({ code: 'oversize' }));
    expect(read).toEqual([Uint8Array.of(2, 7)]);
    expect(() => push(1)).toThrow(expect.objectContaining({ code: 'oversize' }));
  });

  it.each([
    [0, 'malformed'],
    [41, 'oversize'],
    [0xff, 'unsupported'],
  ])('cannot have length %i', (length, code) => {
    const framer = create();
    for (const _ of [1, 2]) {
      expect(() => [...framer.push(Uint8Array.of(length))]).toThrow(expect.objectContaining({ code }));
    }
  });

  it('do not share their bytes with the chunk that they came in', () => {
    const chunk = Uint8Array.of(2, 7);
    const [first] = create().push(chunk);
    chunk.fill(0);
    expect(first).toEqual(Uint8Array.of(2, 7));
  });
});
