import { describe, expect, it } from 'vitest';
import {
  type CredentialFacts,
  checkRenewal,
  checkVoucher,
  overlapMs,
  refusalOf,
  renewableAfterEndMs,
} from '../../../hub/enrolment/judgement.ts';

const day = 24 * 3600 * 1000;
const now = Date.UTC(2026, 2, 2);
const voucher = { expires_at: new Date(now + day), used_at: null, revoked_at: null, late_at: null };
const credential: CredentialFacts = {
  status: 'active',
  agentStatus: 'active',
  notBefore: new Date(now - 30 * day),
  notAfter: new Date(now + 30 * day),
  newestIssuedAt: new Date(now - 29 * day),
};
const codeOf = (work: () => unknown) => {
  try {
    work();
    return 'accepted';
  } catch (thrown) {
    return (thrown as { code?: string }).code;
  }
};

describe('vouchers', () => {
  it('tell apart why they are not taken, in a sentence that says what to do', () => {
    const cases = [
      [undefined, 'voucher-wrong'],
      [{ ...voucher, used_at: new Date(now) }, 'voucher-used'],
      [{ ...voucher, revoked_at: new Date(now) }, 'voucher-revoked'],
      [{ ...voucher, expires_at: new Date(now) }, 'voucher-expired'],
      [voucher, 'accepted'],
    ] as const;
    for (const [facts, code] of cases) {
      expect(codeOf(() => checkVoucher(facts, now))).toBe(code);
      if (code !== 'accepted') expect(() => checkVoucher(facts, now)).toThrow(/ask for a new one/i);
    }
  });
});

describe('credentials', () => {
  it('are refused for what the database knows of them', () => {
    expect(refusalOf(undefined, now)).toMatch(/not one that the hub has issued/);
    expect(refusalOf(credential, now)).toBeUndefined();
    expect(refusalOf({ ...credential, status: 'revoked' }, now)).toMatch(/replaced or withdrawn/);
    expect(refusalOf({ ...credential, agentStatus: 'revoked' }, now)).toMatch(/withdrawn/);
    expect(refusalOf({ ...credential, agentStatus: 'quarantined' }, now)).toMatch(/quarantine/);
  });

  it('overlap for seven days after a renewal and no longer', () => {
    const old: CredentialFacts = { ...credential, status: 'superseded', newestIssuedAt: new Date(now - overlapMs) };
    expect(refusalOf(old, now)).toBeUndefined();
    expect(refusalOf(old, now + 1)).toMatch(/time to change over has passed/);
    expect(refusalOf({ ...old, newestIssuedAt: null }, now)).toBeDefined();
  });

  it('may be renewed from two thirds of their life until long after its end', () => {
    const from = credential.notBefore.getTime() + 40 * day;
    expect(codeOf(() => checkRenewal(credential, from - 1))).toBe('renewal-early');
    expect(codeOf(() => checkRenewal(credential, from))).toBe('accepted');
    const end = credential.notAfter.getTime();
    expect(codeOf(() => checkRenewal(credential, end + renewableAfterEndMs))).toBe('accepted');
    expect(codeOf(() => checkRenewal(credential, end + renewableAfterEndMs + 1))).toBe('credential-refused');
    expect(codeOf(() => checkRenewal({ ...credential, agentStatus: 'revoked' }, end))).toBe('credential-refused');
    expect(codeOf(() => checkRenewal(undefined, end))).toBe('credential-refused');
  });
});
