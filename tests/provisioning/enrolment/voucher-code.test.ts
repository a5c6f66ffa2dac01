import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatVoucherCode, namesRoot, parseVoucherCode } from '../../../provisioning/enrolment/voucher-code.ts';

const alphabet = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
const hex = (bytes: number) =>
  fc.uint8Array({ minLength: bytes, maxLength: bytes }).map((value) => Buffer.from(value).toString('hex'));
const secret = hex(16);
const fingerprint = hex(32);

describe('voucher code', () => {
  it('has a fixed shape', () => {
    const code = formatVoucherCode('00112233445566778899aabbccddeeff', 'fedcba98765432100123'.padEnd(64, '0'));
    expect(code).toMatch(/^EF1(-[0-9A-HJKMNP-TV-Z]{4}){11}$/);
    // 16 + 10 bytes in Crockford's base 32, by hand with Python's base64.b32encode and a translation table.
    expect(code.replaceAll('-', '').slice(3, 45)).toBe('008J4CT4ANK7F24SNAXWSQFEZZZDSEMRESA344014C');
  });

  it('comes back from what is typed, however it is typed', () => {
    const typed = fc.record({
      lower: fc.boolean(),
      separator: fc.constantFrom('-', ' ', '', ' - ', '–', '\t'),
      zero: fc.constantFrom('0', 'O', 'o'),
      one: fc.constantFrom('1', 'I', 'l', 'L', 'i'),
    });
    fc.assert(
      fc.property(secret, fingerprint, typed, (key, root, style) => {
        const code = formatVoucherCode(key, root);
        const cased = style.lower ? code.toLowerCase() : code;
        const text = cased.replaceAll('-', style.separator).replaceAll('0', style.zero).replaceAll('1', style.one);
        expect(parseVoucherCode(`  ${text}\n`)).toEqual({ secret: key, rootPrefix: root.slice(0, 20) });
      }),
    );
  });

  it('notices every single wrong symbol', () => {
    fc.assert(
      fc.property(secret, fingerprint, fc.nat(43), fc.nat(31), (key, root, at, symbol) => {
        const plain = formatVoucherCode(key, root).replaceAll('-', '');
        const wrong = alphabet.charAt(symbol);
        fc.pre(plain[3 + at] !== wrong);
        expect(() => parseVoucherCode(plain.slice(0, 3 + at) + wrong + plain.slice(4 + at))).toThrow(/wrong/);
      }),
      { numRuns: 1_000 },
    );
  });

  it('notices every swap of two neighbours, also across a hyphen', () => {
    fc.assert(
      fc.property(secret, fingerprint, fc.nat(42), (key, root, at) => {
        const plain = formatVoucherCode(key, root).replaceAll('-', '');
        const [a = '', b = ''] = plain.slice(3 + at, 5 + at);
        fc.pre(a !== b);
        expect(() => parseVoucherCode(plain.slice(0, 3 + at) + b + a + plain.slice(5 + at))).toThrow(/wrong/);
      }),
      { numRuns: 1_000 },
    );
  });

  it.each([
    ['EF2-0000', 'begins with EF1-'],
    ['EF1-UUUU', 'has no U'],
    ['EF1-0000', 'this one has 4'],
    ['', 'begins with'],
  ])('says what is wrong with "%s"', (text, message) => {
    expect(() => parseVoucherCode(text)).toThrow(message);
  });

  it('fails closed on any text', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        expect(() => parseVoucherCode(text)).toThrow(expect.objectContaining({ code: 'invalid-voucher' }));
      }),
    );
  });

  it('names its own root and no other', () => {
    const root = 'ab'.repeat(32);
    const code = parseVoucherCode(formatVoucherCode('00'.repeat(16), root));
    expect(namesRoot(code, root.toUpperCase())).toBe(true);
    expect(namesRoot(code, `${root.slice(0, 19)}c${root.slice(20)}`)).toBe(false);
    expect(namesRoot(code, root.slice(0, 20))).toBe(false);
  });

  it('refuses to be made of too little', () => {
    expect(() => formatVoucherCode('00', 'ab'.repeat(32))).toThrow('16 secret bytes');
    expect(() => formatVoucherCode('00'.repeat(16), 'ab')).toThrow('16 secret bytes');
    expect(() => formatVoucherCode('zz'.repeat(16), 'ab'.repeat(32))).toThrow('16 secret bytes');
  });
});
