import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ProtocolError } from '../../../protocols/bytes/error.ts';
import { createLgFramer, decodeLg, encodeLg, type LgRequest, parseHex } from '../../../protocols/lg/line.ts';
import { bytesOf, loadVectors, testVectors } from '../../support/vectors.ts';

describe('lines of LG', () => {
  for (const vector of loadVectors('lg', 'requests')) {
    it(`writes ${vector.name}`, () => expect(encodeLg(vector.value as LgRequest)).toEqual(bytesOf(vector)));
  }
  testVectors(loadVectors('lg', 'replies'), { decode: decodeLg, framer: createLgFramer });

  it('reads an answer behind a line end, and a set id of three digits', () => {
    expect(decodeLg(Buffer.from('\r\na 01f OK01'))).toEqual({ command: 'a', setId: 31, accepted: true, data: '01' });
  });

  it.each(['', 'a 01', 'a 01 MAYBE01', 'ab 01 OK01', 'a zz OK01', 'a 01 OK\u00ff'])('refuses %j', (text) => {
    expect(() => decodeLg(Buffer.from(text, 'latin1'))).toThrow(ProtocolError);
  });

  it('gives every answer back as it was', () => {
    const answers = fc.record({
      command: fc.constantFrom('a', 'b', 'f', 'y'),
      setId: fc.integer({ min: 1, max: 255 }),
      accepted: fc.boolean(),
      data: fc.stringMatching(/^[0-9A-Za-wyz.-]{0,20}$/),
    });
    fc.assert(
      fc.property(answers, (answer) => {
        const text = `${answer.command} ${answer.setId.toString(16).padStart(2, '0')} ${answer.accepted ? 'OK' : 'NG'}${answer.data}x`;
        const [frame] = createLgFramer().push(Buffer.from(text));
        expect(decodeLg(frame ?? new Uint8Array())).toEqual(answer);
      }),
    );
  });

  it('throws nothing but ProtocolError on random bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        for (const work of [() => decodeLg(bytes), () => [...createLgFramer().push(bytes)].map(decodeLg)]) {
          try {
            work();
          } catch (thrown) {
            expect(thrown).toBeInstanceOf(ProtocolError);
          }
        }
      }),
    );
  });

  it('writes no second command', () => {
    const request: LgRequest = { command: 'ka', setId: 1, idDigits: 2, data: ['01'] };
    for (const wrong of [{ command: 'ka 01' }, { data: ['01\rka'] }, { data: [] }, { setId: 256 }, { setId: 0.5 }]) {
      expect(() => encodeLg({ ...request, ...wrong })).toThrow(expect.objectContaining({ code: 'malformed' }));
    }
  });

  it('reads hex numbers', () => {
    expect(parseHex('2A')).toBe(42);
    for (const wrong of ['', 'xyz', '123456789']) expect(() => parseHex(wrong)).toThrow(ProtocolError);
  });
});
