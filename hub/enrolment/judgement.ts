import { EnrolmentError } from './error.ts';

/** Pure decisions on vouchers and credentials; rows come from the database, time from the clock. */

const dayMs = 24 * 3600 * 1000;
/** How long the credential before a renewal is still accepted while the new one was never used. */
export const overlapMs = 7 * dayMs;
/** How long after its end a certificate may still be renewed: a machine that was off over the summer comes back by itself. */
export const renewableAfterEndMs = 180 * dayMs;
/** Part of a certificate's life after which it may be renewed. */
const renewableFrom = 2 / 3;

export interface VoucherFacts {
  readonly expires_at: Date;
  readonly used_at: Date | null;
  readonly revoked_at: Date | null;
  /** When a machine last came with it after its end. */
  readonly late_at: Date | null;
}

/** Where a voucher is in its life. What was used stays used, whatever came after. */
export function stateOf(voucher: VoucherFacts, nowMs: number): 'open' | 'used' | 'late' | 'expired' | 'revoked' {
  if (voucher.used_at) return 'used';
  if (voucher.revoked_at) return 'revoked';
  if (voucher.expires_at.getTime() > nowMs) return 'open';
  return voucher.late_at ? 'late' : 'expired';
}

/** Throws EnrolmentError for a voucher that is not known, used, revoked or expired. */
export function checkVoucher<V extends VoucherFacts>(voucher: V | undefined, nowMs: number): V {
  if (!voucher)
    throw new EnrolmentError(
      'voucher-wrong',
      'The hub does not know this voucher. Compare the code with the original, or ask for a new one.',
    );
  if (voucher.used_at)
    throw new EnrolmentError(
      'voucher-used',
      `This voucher was used on ${stamp(voucher.used_at)}. A voucher enrols one machine once; ask for a new one.`,
    );
  if (voucher.revoked_at) throw new EnrolmentError('voucher-revoked', 'This voucher was withdrawn. Ask for a new one.');
  if (voucher.expires_at.getTime() <= nowMs)
    throw new EnrolmentError(
      'voucher-expired',
      `This voucher was good until ${stamp(voucher.expires_at)}. Ask for a new one, or have this one extended: it is in the dashboard among the vouchers that came late.`,
      { late: true },
    );
  return voucher;
}

export interface CredentialFacts {
  readonly status: 'active' | 'superseded' | 'revoked';
  readonly agentStatus: 'active' | 'quarantined' | 'revoked';
  readonly notBefore: Date;
  readonly notAfter: Date;
  /** When the newest active credential of the agent was issued; null when there is none. */
  readonly newestIssuedAt: Date | null;
}

/** Why a credential is not accepted now, in a sentence; undefined when it is. Its end is looked at apart. */
export function refusalOf(credential: CredentialFacts | undefined, nowMs: number): string | undefined {
  if (!credential) return 'This certificate is not one that the hub has issued.';
  if (credential.agentStatus === 'revoked') return 'The access of this agent was withdrawn.';
  if (credential.agentStatus === 'quarantined') return 'This agent is in quarantine; a person must release it.';
  if (credential.status === 'revoked') return 'This certificate was replaced or withdrawn.';
  if (credential.status === 'superseded') {
    const issuedMs = credential.newestIssuedAt?.getTime() ?? Number.NEGATIVE_INFINITY;
    if (nowMs > issuedMs + overlapMs) return 'This certificate was replaced, and the time to change over has passed.';
  }
  return undefined;
}

/** Throws EnrolmentError when this credential may not be renewed now. */
export function checkRenewal(credential: CredentialFacts | undefined, nowMs: number): void {
  const refusal = refusalOf(credential, nowMs);
  if (refusal || !credential) throw new EnrolmentError('credential-refused', refusal ?? 'unknown');
  const from = credential.notBefore.getTime();
  const end = credential.notAfter.getTime();
  const earliest = from + (end - from) * renewableFrom;
  if (nowMs < earliest)
    throw new EnrolmentError('renewal-early', `This certificate may be renewed from ${stamp(new Date(earliest))} on.`);
  if (nowMs > end + renewableAfterEndMs)
    throw new EnrolmentError(
      'credential-refused',
      'This certificate ran out too long ago to be renewed. Enrol the machine again with a new voucher.',
    );
}

/** `2026-03-02 07:15 UTC`: read on a terminal anywhere. */
function stamp(date: Date): string {
  return `${date.toISOString().slice(0, 16).replace('T', ' ')} UTC`;
}
