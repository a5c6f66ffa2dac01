import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ProtocolError } from '../../../protocols/bytes/error.ts';
import {
  modelQuestion,
  parseCelsius,
  parseHours,
  parseInput,
  parseModelText,
  parsePercent,
  parseSwitch,
} from '../../../protocols/ifp/values.ts';

describe('values of interactive panels', () => {
  it('reads switches, levels, temperatures and inputs', () => {
    expect([parseSwitch('000'), parseSwitch('001')]).toEqual([false, true]);
    expect([parsePercent('000'), parsePercent('067'), parsePercent('100')]).toEqual([0, 67, 100]);
    // ViewSonic IFP8650, Get-Function table: 000~100 and -01~-99.
    expect([parseCelsius('041'), parseCelsius('-07')]).toEqual([41, -7]);
    expect(parseInput('104')).toEqual({ signal: true, code: '04' });
    expect(parseInput('00a')).toEqual({ signal: false, code: '0A' });
  });

  it('reads hours from four answers and from one', () => {
    expect(parseHours(['000', '001', '023', '045'])).toBe(12_345);
    expect(parseHours(['00012345'])).toBe(12_345);
  });

  it('reads the model of BenQ by its part', () => {
    expect(parseModelText('\x06EIP3F0005202E\0', 6)).toBe('EIP3F0005202E');
    expect(() => parseModelText('\x02RM8602K', 6)).toThrow(ProtocolError);
    expect(modelQuestion(6)).toHaveLength(15);
  });

  it.each(['002', '', '0010', 'abc', '999'])('refuses %j as a switch', (value) => {
    expect(() => parseSwitch(value)).toThrow(ProtocolError);
  });

  it('throws nothing but ProtocolError on any text', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 12 }), (text) => {
        const parsers = [
          parseSwitch,
          parsePercent,
          parseCelsius,
          parseInput,
          (value: string) => parseHours([value]),
          (value: string) => parseModelText(value, 6),
        ];
        for (const parse of parsers) {
          try {
            parse(text);
          } catch (thrown) {
            expect(thrown).toBeInstanceOf(ProtocolError);
          }
        }
      }),
    );
  });
});
