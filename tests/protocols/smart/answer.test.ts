import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ProtocolError } from '../../../protocols/bytes/error.ts';
import { createAnswerFramer, decodeAnswer, emptyLine, encodeGet, encodeSet } from '../../../protocols/smart/answer.ts';
import { bytesOf, loadVectors, testVectors } from '../../support/vectors.ts';

describe('lines of SMART', () => {
  for (const vector of loadVectors('smart', 'requests')) {
    it(`writes ${vector.name}`, () => {
      const { name, value } = vector.value as { name: string; value?: string };
      expect(value === undefined ? encodeGet(name) : encodeSet(name, value)).toEqual(bytesOf(vector));
    });
  }
  testVectors(loadVectors('smart', 'replies'), { decode: decodeAnswer, framer: createAnswerFramer });

  it('takes echo and notices for no answer, and an empty line for nothing', () => {
    expect(decodeAnswer(Buffer.from('get volume\r\n\r\nvolume=20\r\n#mute=on\r\n'))).toEqual({
      kind: 'value',
      name: 'volume',
      value: '20',
    });
    expect(decodeAnswer(Buffer.from('\r\n'))).toEqual({ kind: 'nothing' });
    expect(emptyLine).toEqual(Uint8Array.of(13));
  });

  it('reads names in any case and values with spaces', () => {
    expect(decodeAnswer(Buffer.from('PowerState = ON\r\n'))).toEqual({
      kind: 'value',
      name: 'powerstate',
      value: 'ON',
    });
  });

  it('gives every answer back as it was', () => {
    const name = fc.stringMatching(/^[a-z]{1,20}$/).filter((text) => text !== 'get' && text !== 'set');
    const value = fc.stringMatching(/^[0-9A-Za-z.-]{0,40}$/);
    fc.assert(
      fc.property(name, value, (key, text) => {
        const [frame] = createAnswerFramer().push(Buffer.from(`\r\n${key}=${text}\r\n>`));
        expect(decodeAnswer(frame ?? new Uint8Array())).toEqual({ kind: 'value', name: key, value: text });
      }),
    );
  });

  it('throws nothing but ProtocolError on random bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        for (const work of [() => decodeAnswer(bytes), () => [...createAnswerFramer().push(bytes)].map(decodeAnswer)]) {
          try {
            work();
          } catch (thrown) {
            expect(thrown).toBeInstanceOf(ProtocolError);
          }
        }
      }),
    );
    expect(() => decodeAnswer(Buffer.from('HTTP/1.1 400 Bad Request\r\n'))).toThrow(ProtocolError);
  });

  it('writes no second command', () => {
    for (const wrong of ['volume\r', 'get volume', '']) expect(() => encodeGet(wrong)).toThrow(ProtocolError);
    for (const wrong of ['65\rset', '', '=', '-5']) expect(() => encodeSet('volume', wrong)).toThrow(ProtocolError);
  });
});
