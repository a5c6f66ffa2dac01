import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ProtocolError } from '../../../protocols/bytes/error.ts';
import { createLengthFramer, type MeasureFrame } from '../../../protocols/bytes/length-framer.ts';

/** One byte of length, which counts itself; 0xff is nonsense. */
const measure: MeasureFrame = ([length = 0]) => {
  if (length === 0xff) throw new ProtocolError('unsupported', 'nonsense');
  return length;
};
const create = () => createLengthFramer(measure, 40);
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

  it('cannot be told apart by a head that never ends', () => {
    const framer = createLengthFramer(() => undefined, 40);
    expect([...framer.push(new Uint8Array(40))]).toEqual([]);
    expect(() => [...framer.push(Uint8Array.of(0))]).toThrow(expect.objectContaining({ code: 'oversize' }));
  });

  it('take no more work in small chunks than in large ones', () => {
    const framer = createLengthFramer((head) => (head.length < 3 ? undefined : 300_000), 300_000);
    const frames: Uint8Array[] = [];
    for (let at = 0; at < 300_000; at++) frames.push(...framer.push(Uint8Array.of(at & 0xff)));
    expect(frames).toHaveLength(1);
    expect(frames[0]?.every((byte, at) => byte === (at & 0xff))).toBe(true);
  });
});
