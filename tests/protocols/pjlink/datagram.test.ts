import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ProtocolError } from '../../../protocols/bytes/error.ts';
import { decodeDatagram, searchDatagram } from '../../../protocols/pjlink/datagram.ts';
import { loadVectors, testVectors } from '../../support/vectors.ts';

describe('datagrams of a projector', () => {
  testVectors(loadVectors('pjlink', 'datagrams'), { decode: decodeDatagram });

  it('asks with seven bytes', () => {
    expect(Buffer.from(searchDatagram).toString('latin1')).toBe('%2SRCH\r');
  });

  it.each([
    ['%2SRCH\r', 'malformed'],
    ['%1ACKN=00:11:22:33:44:55\r', 'malformed'],
    ['%2ACKN=00:11:22:33:44\r', 'malformed'],
    ['%2ACKN=00-11-22-33-44-55\r', 'malformed'],
    ['%2ACKN=0g:11:22:33:44:55\r', 'malformed'],
    ['%2ACKN=ERR3\r', 'malformed'],
    ['%2ACKN=00:11:22:33:44:55\r%2ACKN=00:11:22:33:44:56\r', 'malformed'],
    [`%2ACKN=${'a'.repeat(200)}\r`, 'oversize'],
    ['%2POWR=4\r', 'malformed'],
    ['%2NEWS=1\r', 'unsupported'],
  ])('refuses %j', (text, code) => {
    expect(() => decodeDatagram(new TextEncoder().encode(text))).toThrow(expect.objectContaining({ code }));
  });

  it('throws nothing but ProtocolError on random bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        expect(() => {
          try {
            decodeDatagram(bytes);
          } catch (thrown) {
            if (!(thrown instanceof ProtocolError)) throw thrown;
          }
        }).not.toThrow();
      }),
    );
  });
});
