import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ProtocolError } from '../../../protocols/bytes/error.ts';
import { queries } from '../../../protocols/pjlink/queries.ts';
import { faultParts, isInput, parseFaults, parseInputs, parseLamps } from '../../../protocols/pjlink/values.ts';
import { loadVectors, type Vector } from '../../support/vectors.ts';

type QueryVector = Vector & { readonly query: keyof typeof queries; readonly text: string };

describe('answers', () => {
  for (const vector of loadVectors<QueryVector>('pjlink', 'answers')) {
    it(`reads ${vector.name}`, () => expect(queries[vector.query].parse(vector.text)).toEqual(vector.value));
  }

  for (const vector of loadVectors<QueryVector>('pjlink', 'refused-answers')) {
    it(`refuses ${vector.name}`, () => expect(() => queries[vector.query].parse(vector.text)).toThrow(ProtocolError));
  }

  it('throws nothing but ProtocolError on any text', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...Object.values(queries)),
        fc.string({ unit: 'binary', maxLength: 140 }),
        (query, text) => {
          try {
            query.parse(text);
          } catch (thrown) {
            expect(thrown).toBeInstanceOf(ProtocolError);
          }
        },
      ),
    );
  });

  it('takes a class of a later edition for class 2 and nonsense for class 1', () => {
    expect(queries.class.parse('3')).toBe(2);
    expect(queries.class.parse('')).toBe(1);
  });

  it('reads any well-formed error status back', () => {
    const digits = { ok: '0', warning: '1', error: '2' } as const;
    fc.assert(
      fc.property(fc.array(fc.constantFrom('0', '1', '2'), { minLength: 6, maxLength: 6 }), (levels) => {
        const faults = parseFaults(levels.join(''));
        expect(faultParts.map((part) => digits[faults[part]])).toEqual(levels);
      }),
    );
  });

  it('reads up to eight lamps and no more', () => {
    const lamp = fc.record({ hours: fc.nat({ max: 99_999 }), on: fc.boolean() });
    fc.assert(
      fc.property(fc.array(lamp, { minLength: 1, maxLength: 8 }), (lamps) => {
        expect(parseLamps(lamps.map(({ hours, on }) => `${hours} ${on ? 1 : 0}`).join(' '))).toEqual(lamps);
      }),
    );
    expect(() => parseLamps(Array(9).fill('1 0').join(' '))).toThrow(ProtocolError);
  });

  it('names inputs by type and number', () => {
    expect(['11', '5Z', '61'].every(isInput)).toBe(true);
    expect(['10', '71', '1', '111', '1a', ''].some(isInput)).toBe(false);
    expect(parseInputs('')).toEqual([]);
  });
});
