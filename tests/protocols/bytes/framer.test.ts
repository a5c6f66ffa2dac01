import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ProtocolError } from '../../../protocols/bytes/error.ts';
import { createDelimiterFramer, type Framer } from '../../../protocols/bytes/framer.ts';

const limit = 8;

/** Pushes all chunks; the frames that came, and whether the framer broke. */
function run(framer: Framer, chunks: readonly Uint8Array[]): { frames: number[][]; broke: boolean } {
  const frames: number[][] = [];
  try {
    for (const chunk of chunks) for (const frame of framer.push(chunk)) frames.push([...frame]);
  } catch (thrown) {
    expect(thrown).toBeInstanceOf(ProtocolError);
    expect((thrown as ProtocolError).code).toBe('oversize');
    return { frames, broke: true };
  }
  return { frames, broke: false };
}

describe('delimiter framer', () => {
  it('gives the frames between delimiters, empty ones too', () => {
    const framer = createDelimiterFramer(0, limit);
    expect(run(framer, [Uint8Array.of(1, 2, 0, 0, 3)]).frames).toEqual([[1, 2], []]);
    expect(framer.pendingBytes).toBe(1);
  });

  it('takes a frame of the greatest size and refuses one byte more, with or without an end', () => {
    expect(run(createDelimiterFramer(0, limit), [new Uint8Array(limit + 1).fill(7).with(limit, 0)]).broke).toBe(false);
    expect(run(createDelimiterFramer(0, limit), [new Uint8Array(limit + 1).fill(7)]).broke).toBe(true);
    expect(run(createDelimiterFramer(0, limit), [new Uint8Array(limit + 2).fill(7).with(limit + 1, 0)]).broke).toBe(
      true,
    );
  });

  it('stays broken', () => {
    const framer = createDelimiterFramer(0, limit);
    run(framer, [new Uint8Array(limit + 1).fill(7)]);
    expect(run(framer, [Uint8Array.of(1, 0)]).broke).toBe(true);
  });

  it('gives the same frames however the stream is cut, and never holds more than its limit', () => {
    const bytes = fc.array(fc.integer({ min: 0, max: 3 }), { maxLength: 60 });
    fc.assert(
      fc.property(bytes, fc.array(fc.nat({ max: 60 }), { maxLength: 6 }), (content, cuts) => {
        const stream = Uint8Array.from(content);
        const whole = run(createDelimiterFramer(0, limit), [stream]);
        const edges = [0, ...cuts.filter((cut) => cut <= stream.length).sort((a, b) => a - b), stream.length];
        const chunks = edges.slice(1).map((edge, index) => stream.subarray(edges[index], edge));
        const framer = createDelimiterFramer(0, limit);
        expect(run(framer, chunks)).toEqual(whole);
        expect(framer.pendingBytes).toBeLessThanOrEqual(limit);
      }),
    );
  });
});
