import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ProtocolError } from '../../../protocols/bytes/error.ts';
import { encodeTicker, parseClock, parseTicker } from '../../../protocols/mdc/ticker.ts';
import { loadVectors, type Vector } from '../../support/vectors.ts';

interface TickerVector extends Vector {
  readonly kind: 'ticker' | 'clock';
  readonly value: never;
}

const vectors = loadVectors<TickerVector>('mdc', 'ticker');
const bytesOf = ({ hex = '' }: Vector) => Uint8Array.from(Buffer.from(hex.replaceAll(' ', ''), 'hex'));
const dayTime = fc.record({ hour: fc.integer({ min: 0, max: 23 }), minute: fc.integer({ min: 0, max: 59 }) });
const text = fc.stringMatching(/^[ -~]{0,238}$/);

describe('a ticker of MDC', () => {
  it.each(vectors.filter(({ kind }) => kind === 'ticker'))('is packed and read: $name', (vector) => {
    expect(Uint8Array.from(encodeTicker(vector.value))).toEqual(bytesOf(vector));
    expect(parseTicker(bytesOf(vector))).toEqual(vector.value);
  });

  it('comes back as it went, at any time of day', () => {
    fc.assert(
      fc.property(fc.record({ isOn: fc.boolean(), from: dayTime, to: dayTime, text }), (ticker) => {
        expect(parseTicker(Uint8Array.from(encodeTicker(ticker)))).toEqual(ticker);
      }),
    );
  });

  it('is ASCII, and fits into a packet', () => {
    const ticker = { isOn: true, from: { hour: 9, minute: 0 }, to: { hour: 10, minute: 0 } };
    for (const wrong of ['Bảng', 'a\nb', '\u0000']) {
      expect(() => encodeTicker({ ...ticker, text: wrong })).toThrow(expect.objectContaining({ code: 'malformed' }));
    }
    expect(() => encodeTicker({ ...ticker, text: 'x'.repeat(239) })).toThrow(
      expect.objectContaining({ code: 'oversize' }),
    );
  });
});

describe('the clock of MDC', () => {
  it.each(vectors.filter(({ kind }) => kind === 'clock'))('is read: $name', (vector) => {
    expect(parseClock(bytesOf(vector))).toEqual(vector.value);
  });

  it('that was never set is none', () => {
    for (const length of [0, 6, 7, 8, 9]) expect(() => parseClock(new Uint8Array(length))).toThrow(ProtocolError);
  });

  it('and the ticker throw nothing but ProtocolError on random bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 30 }), fc.constantFrom(parseClock, parseTicker), (data, parse) => {
        try {
          parse(data);
        } catch (thrown) {
          expect(thrown).toBeInstanceOf(ProtocolError);
        }
      }),
    );
  });
});
