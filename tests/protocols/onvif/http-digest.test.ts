import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ProtocolError } from '../../../protocols/bytes/error.ts';
import {
  basicAuthorization,
  type Challenge,
  type DigestInput,
  digestAuthorization,
  parseChallenges,
  pickDigest,
} from '../../../protocols/onvif/http-digest.ts';
import { loadVectors, type Vector } from '../../support/vectors.ts';

interface DigestVector extends Vector {
  readonly answer?: Omit<DigestInput, 'challenge'>;
  readonly response?: string;
}

const vectors = loadVectors<DigestVector>('onvif', 'digest');
const plain = (challenges: readonly Challenge[]) =>
  challenges.map(({ scheme, parameters }) => ({ scheme, parameters: Object.fromEntries(parameters) }));

describe('parseChallenges', () => {
  it.each(vectors)('reads: $name', ({ text, value }) => {
    expect(plain(parseChallenges([text ?? '']))).toEqual(value);
  });

  it('reads the same from one header as from several', () => {
    const texts = vectors.map(({ text }) => text ?? '');
    expect(plain(parseChallenges([texts.join(', ')]))).toEqual(plain(parseChallenges(texts)));
  });

  it('throws nothing but ProtocolError, and ends', () => {
    const pieces = fc.constantFrom('Digest', 'realm', '=', '"', ',', ' ', '\\', 'a', ';', 'é', 'nonce="x"');
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.array(pieces).map((parts) => parts.join('')),
        ),
        (header) => {
          try {
            parseChallenges([header]);
          } catch (thrown) {
            expect(thrown).toBeInstanceOf(ProtocolError);
          }
        },
      ),
      { numRuns: 2_000 },
    );
  });

  it('refuses a header of unreasonable length and reads no more than 16 challenges', () => {
    expect(() => parseChallenges([`Digest realm="${'x'.repeat(9_000)}"`])).toThrow(ProtocolError);
    expect(parseChallenges([Array.from({ length: 50 }, () => 'Basic').join(', ')])).toHaveLength(16);
  });
});

describe('digestAuthorization', () => {
  it.each(vectors.filter(({ response }) => response !== undefined))('answers: $name', ({ text, answer, response }) => {
    const challenge = pickDigest(parseChallenges([text ?? '']));
    if (!challenge || !answer) throw new Error('the vector has no digest challenge');
    const header = digestAuthorization({ challenge, ...answer });
    expect(header).toContain(`response="${response}"`);
    expect(header).toContain(`opaque="${challenge.opaque}"`);
    expect(header).toContain('nc=00000001');
  });

  it('leaves qop, nc and cnonce out for a device that knows none (RFC 2617 section 3.2.2.1)', () => {
    const challenge = pickDigest(parseChallenges(['Digest realm="r", nonce="n"']));
    if (!challenge) throw new Error('no challenge');
    const header = digestAuthorization({
      challenge,
      username: 'u"\\',
      password: 'p',
      method: 'GET',
      uri: '/',
      clientNonce: 'c',
      nonceCount: 1,
    });
    expect(header).not.toMatch(/qop|nc=|cnonce/);
    expect(header).toContain('username="u\\"\\\\"');
    // echo -n 'u"\:r:p' | md5sum and so on, by coreutils.
    expect(header).toContain('response="ea94c7069bd2970b1710a1baf83b2016"');
  });

  it('refuses to put a control character into a header', () => {
    const challenge = pickDigest(parseChallenges(['Digest realm="a\r\nX: y", nonce="n", qop="auth"']));
    if (!challenge) throw new Error('no challenge');
    const input = { username: 'u', password: 'p', method: 'GET', uri: '/', clientNonce: 'c', nonceCount: 1 };
    expect(() => digestAuthorization({ challenge, ...input })).toThrow(ProtocolError);
  });
});

describe('pickDigest', () => {
  const pick = (...headers: readonly string[]) => pickDigest(parseChallenges(headers));

  it('prefers SHA-256, wherever it stands', () => {
    const md5 = 'Digest realm="r", nonce="1", algorithm=MD5, qop="auth"';
    const sha = 'Digest realm="r", nonce="2", algorithm=SHA-256, qop="auth"';
    expect(pick(md5, sha)?.nonce).toBe('2');
    expect(pick(sha, md5)?.nonce).toBe('2');
    expect(pick(`${md5}, ${sha}`)?.nonce).toBe('2');
  });

  it('passes over what it cannot answer', () => {
    expect(pick('Basic realm="r"')).toBeUndefined();
    expect(pick('Digest realm="r"')).toBeUndefined();
    expect(pick('Digest realm="r", nonce="1", algorithm=SHA-512-256')).toBeUndefined();
    expect(pick('Digest realm="r", nonce="1", qop="auth-int"')).toBeUndefined();
  });
});

describe('basicAuthorization', () => {
  it('is that of RFC 7617 section 2', () => {
    expect(basicAuthorization('Aladdin', 'open sesame')).toBe('Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==');
    expect(basicAuthorization('test', '123£')).toBe('Basic dGVzdDoxMjPCow==');
  });
});
