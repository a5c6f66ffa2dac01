import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ProtocolError } from '../../../protocols/bytes/error.ts';
import { digestPassword } from '../../../protocols/pjlink/authentication.ts';
import { type Command, createLineFramer, decodeLine, encodeCommand } from '../../../protocols/pjlink/line.ts';
import { bytesOf, loadVectors, testVectors } from '../../support/vectors.ts';

describe('lines of a projector', () => {
  testVectors(loadVectors('pjlink', 'lines'), { decode: decodeLine, framer: createLineFramer });

  it('drops the NUL and LF with which some projectors pad', () => {
    const padded = new TextEncoder().encode(`PJLINK 0\r${'\0'.repeat(500)}%1POWR=1\r\n`);
    const lines = [...createLineFramer().push(padded)].map(decodeLine);
    expect(lines.map((line) => line.kind)).toEqual(['greeting', 'answer']);
  });

  it('takes 136 bytes and not one more', () => {
    const longest = `%1NAME=${'n'.repeat(128)}\r`;
    expect([...createLineFramer().push(new TextEncoder().encode(longest))]).toHaveLength(1);
    expect(() => [...createLineFramer().push(new TextEncoder().encode(`x${longest}`))]).toThrow(ProtocolError);
    expect(() => decodeLine(new Uint8Array(200).fill(0x41))).toThrow(ProtocolError);
  });

  it.each([
    ['', 'malformed'],
    ['PJLINK', 'malformed'],
    ['PJLINK 1', 'malformed'],
    ['PJLINK 1 xyz', 'malformed'],
    ['PJLINK XXX', 'malformed'],
    ['PJLINK 2 00112233445566778899aabbccddeeff', 'unsupported'],
    ['%1ABCD/5', 'malformed'],
    ['%1ABCDE/5', 'malformed'],
    ['%3POWR=1', 'malformed'],
    ['HTTP/1.1 400 Bad Request', 'malformed'],
  ])('refuses %j', (text, code) => {
    expect(() => decodeLine(new TextEncoder().encode(text))).toThrow(expect.objectContaining({ code }));
  });

  it('throws nothing but ProtocolError on random bytes, and reads what it can of broken names', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 150 }), (bytes) => {
        try {
          decodeLine(bytes);
        } catch (thrown) {
          expect(thrown).toBeInstanceOf(ProtocolError);
        }
      }),
    );
    const broken = Uint8Array.from([...new TextEncoder().encode('%1NAME=Ph'), 0xf2, 0x6e, 0x67]);
    expect(decodeLine(broken)).toEqual({ kind: 'answer', class: 1, code: 'NAME', parameter: 'Ph\uFFFDng' });
  });

  it('gives back any parameter that is not an error', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 30 }), (text) => {
        fc.pre(!/[\r\n\0]/.test(text) && !/^ERR[1-4]$/i.test(text) && text.isWellFormed());
        const bytes = new TextEncoder().encode(`%1NAME=${text}`);
        fc.pre(bytes.length <= 135);
        expect(decodeLine(bytes)).toEqual({ kind: 'answer', class: 1, code: 'NAME', parameter: text });
      }),
    );
  });
});

describe('commands', () => {
  for (const vector of loadVectors('pjlink', 'commands')) {
    it(`writes ${vector.name}`, () => {
      const { token, password, ...command } = vector.value as Command & { token?: string; password?: string };
      const digest = token !== undefined && password !== undefined ? digestPassword(token, password) : '';
      expect(encodeCommand(command, digest)).toEqual(bytesOf(vector));
    });
  }

  it('writes no second command into a parameter', () => {
    const injected: Command = { class: 1, code: 'INPT', parameter: '31\r%1POWR 0' };
    expect(() => encodeCommand(injected)).toThrow(ProtocolError);
    expect(() => encodeCommand({ class: 1, code: 'POWR ', parameter: '1' })).toThrow(ProtocolError);
    expect(() => encodeCommand({ class: 1, code: 'NAME', parameter: 'x'.repeat(129) })).toThrow(ProtocolError);
  });

  it('has at most 136 bytes and one end, beside the digest', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 140 }), (parameter) => {
        try {
          const bytes = encodeCommand({ class: 2, code: 'INNM', parameter });
          expect(bytes.length).toBeLessThanOrEqual(136);
          expect(bytes.indexOf(0x0d)).toBe(bytes.length - 1);
        } catch (thrown) {
          expect(thrown).toBeInstanceOf(ProtocolError);
        }
      }),
    );
  });
});

describe('digest', () => {
  it('is that of the standard', () => {
    expect(digestPassword('498e4a67', 'JBMIAProjectorLink')).toBe('5d8409bc1c3fa39749434aa3a5c38682');
  });

  it('has a longer form for later projectors', () => {
    expect(digestPassword('498e4a67', 'JBMIAProjectorLink', 'sha256')).toMatch(/^[0-9a-f]{64}$/);
  });
});
