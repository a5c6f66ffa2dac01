import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ProtocolError } from '../../../protocols/bytes/error.ts';
import { createAuthenticationFramer, decodeAuthentication, encodePin } from '../../../protocols/mdc/security.ts';
import { loadVectors, testVectors } from '../../support/vectors.ts';

describe('secured MDC', () => {
  testVectors(loadVectors('mdc', 'authentication'), {
    decode: decodeAuthentication,
    framer: createAuthenticationFramer,
  });

  it('sends four digits and nothing else', () => {
    expect(Buffer.from(encodePin('0042')).toString()).toBe('0042');
    for (const pin of ['', '42', '12345', 'abcd', '12 4', '１２３４']) {
      expect(() => encodePin(pin)).toThrow(expect.objectContaining({ code: 'malformed' }));
    }
  });

  it('tells a refusal of an unknown kind from a wrong PIN', () => {
    expect(decodeAuthentication(Buffer.from('MDCAUTH<<FAIL:0x00ff>>'))).toBe('refused');
  });

  it('refuses what is no answer to a PIN', () => {
    for (const text of ['MDCAUTH<<PASS>', 'MDCAUTH<<FAIL:0xZZZZ>>', 'MDCSTART<<TLS>>', 'HTTP/1.1 400 Bad Request']) {
      expect(() => decodeAuthentication(Buffer.from(text))).toThrow(ProtocolError);
    }
    expect(() => [...createAuthenticationFramer().push(Buffer.from('HTTP/1.1 400 Bad Request'))]).toThrow(
      ProtocolError,
    );
  });

  it('throws nothing but ProtocolError on random bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
        for (const work of [() => decodeAuthentication(bytes), () => [...createAuthenticationFramer().push(bytes)]]) {
          try {
            work();
          } catch (thrown) {
            expect(thrown).toBeInstanceOf(ProtocolError);
          }
        }
      }),
    );
  });
});
