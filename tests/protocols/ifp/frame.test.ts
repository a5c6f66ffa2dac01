import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ProtocolError } from '../../../protocols/bytes/error.ts';
import { createIfpFramer, decodeIfp, encodeIfp, type IfpRequest } from '../../../protocols/ifp/frame.ts';
import { bytesOf, loadVectors, testVectors } from '../../support/vectors.ts';

describe('frame of interactive panels', () => {
  for (const vector of loadVectors('ifp', 'requests')) {
    it(`writes ${vector.name}`, () => expect(encodeIfp(vector.value as IfpRequest)).toEqual(bytesOf(vector)));
  }
  testVectors(loadVectors('ifp', 'replies'), { decode: decodeIfp, framer: createIfpFramer });

  it('gives values back as they were, however the network cuts them', () => {
    const ascii = fc.string({
      unit: fc.integer({ min: 0x20, max: 0x7e }).map((code) => String.fromCharCode(code)),
      minLength: 1,
      maxLength: 60,
    });
    const values = fc.array(fc.tuple(fc.integer({ min: 1, max: 98 }), fc.integer({ min: 0x20, max: 0x7e }), ascii), {
      maxLength: 6,
    });
    fc.assert(
      fc.property(values, fc.integer({ min: 1, max: 12 }), (list, step) => {
        const stream = Buffer.concat(
          list.map(([id, command, value]) =>
            Buffer.from(
              `${String.fromCharCode(0x30 + 5 + value.length)}${String(id).padStart(2, '0')}r${String.fromCharCode(command)}${value}\r`,
              'latin1',
            ),
          ),
        );
        const cutter = createIfpFramer();
        const read: unknown[] = [];
        for (let at = 0; at < stream.length; at += step) {
          for (const frame of cutter.push(stream.subarray(at, at + step))) read.push(decodeIfp(frame));
        }
        expect(read).toEqual(list.map(([id, command, value]) => ({ kind: 'value', id, command, value })));
      }),
    );
  });

  it('throws nothing but ProtocolError on random bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => {
        for (const work of [() => decodeIfp(bytes), () => [...createIfpFramer().push(bytes)].map(decodeIfp)]) {
          try {
            work();
          } catch (thrown) {
            expect(thrown).toBeInstanceOf(ProtocolError);
          }
        }
      }),
    );
  });

  it.each(['801r!001x', '801s!001\r', '8a1r!001\r', '401*\r', '901r!001\r'])('refuses %j', (text) => {
    expect(() => decodeIfp(Buffer.from(text, 'latin1'))).toThrow(ProtocolError);
  });

  it('writes no second command into a value', () => {
    const request: IfpRequest = { type: 'set', id: 1, command: 0x21, value: '001' };
    for (const wrong of [
      { value: '001\r' },
      { value: '' },
      { value: 'é' },
      { id: 100 },
      { id: 1.5 },
      { command: 0x0d },
    ]) {
      expect(() => encodeIfp({ ...request, ...wrong })).toThrow(expect.objectContaining({ code: 'malformed' }));
    }
    expect(() => encodeIfp({ ...request, value: '0'.repeat(80) })).toThrow(
      expect.objectContaining({ code: 'oversize' }),
    );
  });
});
