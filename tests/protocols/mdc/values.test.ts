import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ProtocolError } from '../../../protocols/bytes/error.ts';
import { parseFaults, parseFlag, parsePanelOnHours, parseStatus, parseText } from '../../../protocols/mdc/values.ts';

const bytes = (...values: number[]) => Uint8Array.from(values);

describe('values of MDC', () => {
  it('reads a status', () => {
    expect(parseStatus(bytes(1, 30, 0, 0x21, 0x10, 0, 0))).toEqual({ on: true, volume: 30, muted: false, input: 0x21 });
    // Models without sound [samsung-mdc 1.18.0, STATUS].
    expect(parseStatus(bytes(0, 0xff, 0xff, 0x14, 0, 0, 0))).toEqual({
      on: false,
      volume: undefined,
      muted: undefined,
      input: 0x14,
    });
    for (const wrong of [
      bytes(),
      bytes(1, 30, 0),
      bytes(2, 30, 0, 0x21),
      bytes(1, 101, 0, 0x21),
      bytes(1, 30, 7, 0x21),
    ]) {
      expect(() => parseStatus(wrong)).toThrow(ProtocolError);
    }
  });

  it('reads what the display finds wrong with itself', () => {
    const sound = { lamp: false, temperature: false, brightnessSensor: false, signal: true, celsius: 41, fan: false };
    expect(parseFaults(bytes(0, 0, 2, 0, 41, 0))).toEqual(sound);
    expect(parseFaults(bytes(0, 0, 0, 2, 41, 2))).toEqual({ ...sound, signal: undefined, fan: undefined });
    expect(parseFaults(bytes(1, 1, 1, 1, 90, 1))).toEqual({
      lamp: true,
      temperature: true,
      brightnessSensor: true,
      signal: false,
      celsius: 90,
      fan: true,
    });
    expect(() => parseFaults(bytes(0, 0, 2, 0, 41))).toThrow(ProtocolError);
  });

  it('reads the hours of old and new models', () => {
    // samsung-mdc 1.18.0, tests: 80 00 is 32768 times ten minutes.
    expect(parsePanelOnHours(bytes(0x80, 0))).toBeCloseTo(32_768 / 6);
    expect(parsePanelOnHours(bytes(0, 1, 0, 0))).toBeCloseTo(65_536 / 6);
    expect(() => parsePanelOnHours(bytes())).toThrow(ProtocolError);
    expect(() => parsePanelOnHours(bytes(1, 2, 3, 4, 5))).toThrow(ProtocolError);
  });

  it('reads text without its padding', () => {
    expect(parseText(Buffer.from('QM55R\0\0\0'))).toBe('QM55R');
    expect(parseText(Buffer.from(' Bảng 7 '))).toBe('Bảng 7');
  });

  it('throws nothing but ProtocolError on random bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 12 }), (data) => {
        for (const parse of [parseStatus, parseFaults, parsePanelOnHours, parseFlag, parseText]) {
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
