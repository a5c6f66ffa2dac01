import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  fieldOf,
  listOf,
  numberOf,
  parseJson,
  parseJsonObject,
  textOf,
  withoutGaps,
} from '../../../protocols/bytes/json.ts';

const bytes = (text: string) => new TextEncoder().encode(text);

describe('JSON from a wire', () => {
  it('is parsed within its bound, and refused with a reason', () => {
    expect(parseJson(bytes('[1]'), 3)).toEqual([1]);
    expect(() => parseJson(bytes('[1, 2]'), 3)).toThrow(expect.objectContaining({ code: 'oversize' }));
    expect(() => parseJson(bytes('{'), 10)).toThrow(expect.objectContaining({ code: 'malformed' }));
    expect(() => parseJson(Uint8Array.of(0x22, 0xff, 0x22), 10)).toThrow(
      expect.objectContaining({ code: 'malformed' }),
    );
    expect(() => parseJsonObject(bytes('[]'), 10)).toThrow(expect.objectContaining({ code: 'malformed' }));
    expect(() => parseJsonObject(bytes('null'), 10)).toThrow(expect.objectContaining({ code: 'malformed' }));
  });

  it('gives its own fields only', () => {
    expect(fieldOf(parseJson(bytes('{"__proto__": 1}'), 100), '__proto__')).toBe(1);
    expect(fieldOf({}, 'constructor')).toBeUndefined();
    expect(fieldOf([1], 'length')).toBeUndefined();
    expect(fieldOf('text', 'length')).toBeUndefined();
    expect(listOf({ 0: 1 }, 5)).toEqual([]);
    expect(listOf([1, 2, 3], 2)).toEqual([1, 2]);
  });

  it('reads numbers, also as text, and nothing else as one', () => {
    expect([1, '1.5', ' -2e3 ', '.5'].map(numberOf)).toEqual([1, 1.5, -2_000, 0.5]);
    expect(['', ' ', '0x10', 'NaN', 'Infinity', '1e999', true, null, [], '1,5'].map(numberOf).filter(Boolean)).toEqual(
      [],
    );
  });

  it('takes control characters out of text, and bounds it', () => {
    expect(textOf('a\u0000b\u009fc ')).toBe('a b c');
    expect([' \n ', '', 5, null].map((value) => textOf(value))).toEqual([undefined, undefined, undefined, undefined]);
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 900 }), fc.integer({ min: 1, max: 50 }), (value, most) => {
        const text = textOf(value, most);
        expect(text?.length ?? 0).toBeLessThanOrEqual(most);
        expect(text ?? '').toBe((text ?? '').replace(/\p{Cc}/gu, ''));
      }),
    );
  });

  it('leaves out what is undefined', () => {
    expect(Object.keys(withoutGaps({ a: 1, b: undefined, c: null }))).toEqual(['a', 'c']);
  });
});
