import { sign } from 'node:crypto';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Authority, openAuthority } from '../../../provisioning/authority/index.ts';
import { fromBase32, toBase32 } from '../../../provisioning/enrolment/crockford.ts';
import { newKeyPem } from '../../../provisioning/enrolment/key-pair.ts';
import { namesRoot, parseVoucherCode } from '../../../provisioning/enrolment/voucher-code.ts';
import { judgeExpiry, readVoucherText } from '../../../provisioning/enrolment/voucher-text.ts';
import {
  formatVoucherToken,
  readVoucherToken,
  type VoucherClaims,
} from '../../../provisioning/enrolment/voucher-token.ts';
import { createFakeClock } from '../../support/clock.ts';
import { temporaryFolder } from '../../support/store.ts';

const [here, elsewhere] = [temporaryFolder(), temporaryFolder()];
const clock = createFakeClock(Date.UTC(2026, 2, 2));
const day = 86_400_000;
let authority: Authority;
let other: Authority;
let claims: VoucherClaims;
let token: string;

beforeAll(async () => {
  authority = await openAuthority({ folder: here.path, clock });
  other = await openAuthority({ folder: elsewhere.path, clock });
  claims = {
    secret: '00112233445566778899aabbccddeeff',
    school: 'Trường Tiểu học và Trung học cơ sở Nghĩa Lộ',
    issuedAt: new Date(clock.now()),
    expiresAt: new Date(clock.now() + day),
    hubUrl: 'https://hub.example:8443',
  };
  token = await formatVoucherToken(claims, authority);
});
afterAll(() => {
  here[Symbol.dispose]();
  elsewhere[Symbol.dispose]();
});

describe('base 32', () => {
  it('comes back, and takes nothing that no bytes give', () => {
    fc.assert(
      fc.property(fc.uint8Array(), (bytes) => {
        expect(fromBase32(toBase32(bytes))).toEqual(Buffer.from(bytes));
      }),
    );
    // RFC 4648, 10, in Crockford's letters.
    expect(toBase32(Buffer.from('foobar'))).toBe('CSQPYRK1E8');
    for (const text of ['U', '!', '1', 'ZZZ1']) expect(fromBase32(text), text).toBeUndefined();
  });
});

describe('a signed voucher', () => {
  it('says without a network whose it is, however a scanner types it', () => {
    for (const text of [token, token.toLowerCase(), `${token}\r\n`, token.replace(/(.{60})/g, '$1\n')]) {
      const { code, ...said } = readVoucherToken(text);
      expect(said).toEqual(claims);
      expect(parseVoucherCode(code).secret).toBe(claims.secret);
      expect(namesRoot(parseVoucherCode(code), authority.rootFingerprint)).toBe(true);
    }
    expect(readVoucherText(token)).toMatchObject({ hubUrl: claims.hubUrl, claims: { school: claims.school } });
    // What a QR code of version 25 holds in capitals and digits (ISO/IEC 18004, table 7): a sheet has room for that.
    expect(token.length).toBeLessThanOrEqual(1_853);
    expect(token).toMatch(/^[A-Z0-9-]+$/);
  });

  it('is refused when any letter of it is another', () => {
    fc.assert(
      fc.property(fc.nat(token.length - 6), fc.integer({ min: 1, max: 31 }), (at, shift) => {
        const alphabet = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
        const place = at + 5;
        const letter = alphabet[(alphabet.indexOf(token.charAt(place)) + shift) % 32] ?? '';
        const changed = token.slice(0, place) + letter + token.slice(place + 1);
        expect(() => readVoucherToken(changed)).toThrow(/signed voucher|last two bits/);
      }),
      { numRuns: 300 },
    );
    for (const cut of [6, 100, token.length - 1])
      expect(() => readVoucherToken(token.slice(0, cut))).toThrow('not whole');
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        expect(() => readVoucherToken(`EFT1-${toBase32(bytes)}`)).toThrow('signed voucher');
      }),
    );
  });

  it('is refused with the signature of another authority, or of a key that no authority certified', async () => {
    const mixed = { rootPem: authority.rootPem, deviceCaPem: authority.deviceCaPem };
    const foreign = await formatVoucherToken(claims, { ...mixed, signVoucher: (bytes) => other.signVoucher(bytes) });
    expect(() => readVoucherToken(foreign)).toThrow('not that of its hub');
    const chain = { rootPem: authority.rootPem, deviceCaPem: other.deviceCaPem };
    const torn = await formatVoucherToken(claims, { ...chain, signVoucher: (bytes) => other.signVoucher(bytes) });
    expect(() => readVoucherToken(torn)).toThrow('not that of its hub');
    const key = newKeyPem();
    const forged = await formatVoucherToken(claims, {
      ...mixed,
      signVoucher: async (bytes) => sign('sha256', bytes, { key, dsaEncoding: 'ieee-p1363' }),
    });
    expect(() => readVoucherToken(forged)).toThrow('not that of its hub');
    // Whoever has an authority of his own can sign for it, and for no other: the code then names that one.
    const own = readVoucherToken(await formatVoucherToken(claims, other));
    expect(namesRoot(parseVoucherCode(own.code), authority.rootFingerprint)).toBe(false);
  });
});

describe('the end of a voucher by a clock that may be wrong', () => {
  it('is believed only where the clock can be right', () => {
    const judge = (nowMs: number) => judgeExpiry(claims, nowMs);
    const [made, end] = [claims.issuedAt.getTime(), claims.expiresAt.getTime()];
    expect(judge(made)).toBe('open');
    expect(judge(end - 1)).toBe('open');
    expect(judge(end)).toBe('expired');
    expect(judge(end + 365 * day)).toBe('expired');
    // A battery that ran out, and one that was set by hand.
    expect(judge(Date.UTC(2006, 0, 1))).toBe('clock-wrong');
    expect(judge(0)).toBe('clock-wrong');
    expect(judge(Date.UTC(2046, 0, 1))).toBe('clock-wrong');
    fc.assert(
      fc.property(fc.date({ noInvalidDate: true }), (now) => {
        if (judge(now.getTime()) === 'expired') expect(now.getTime()).toBeGreaterThanOrEqual(end);
        if (judge(now.getTime()) === 'open') expect(now.getTime()).toBeLessThan(end);
      }),
    );
  });
});
