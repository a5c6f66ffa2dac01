import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ProtocolError } from '../../../protocols/bytes/error.ts';
import {
  parseFlag,
  parseHours,
  parsePower,
  parseSource,
  parseTemperature,
  parseText,
  parseVolume,
} from '../../../protocols/sicp/values.ts';

const bytes = (...values: number[]) => Uint8Array.from(values);

describe('values of SICP', () => {
  it('reads power as 1 off and 2 on', () => {
    expect(parsePower(bytes(1))).toBe(false);
    expect(parsePower(bytes(2))).toBe(true);
    expect(() => parsePower(bytes(0))).toThrow(ProtocolError);
  });

  it('reads volume, source, hours, temperature and text', () => {
    expect(parseVolume(bytes(30, 40))).toBe(30);
    expect(() => parseVolume(bytes(101))).toThrow(ProtocolError);
    expect(parseSource(bytes(0x0d, 1, 0, 0))).toBe(0x0d);
    expect(parseHours(bytes(0x12, 0x34))).toBe(0x1234);
    expect(() => parseHours(bytes(1))).toThrow(ProtocolError);
    expect(parseTemperature(bytes(41, 39))).toBe(41);
    expect(parseTemperature(bytes(0xff))).toBeUndefined();
    expect(parseText(Buffer.from('BDL8652T\0\0'))).toBe('BDL8652T');
  });

  it('throws nothing but ProtocolError on random bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 6 }), (data) => {
        for (const parse of [
          parsePower,
          parseVolume,
          parseFlag,
          parseTemperature,
          parseHours,
          parseSource,
          parseText,
        ]) {
          try {
            parse(data);
          } catch (thrown) {
            expect(thrown).toBeInstanceOf(ProtocolError);
          }
        }
      }),
    );
  });
});
