import { FatalError } from '../../protocols/errors.ts';
import { parseVoucherCode } from './voucher-code.ts';
import { isVoucherToken, readVoucherToken, type VoucherClaims } from './voucher-token.ts';

/** What the holder of a voucher has in hand. */
export interface Voucher {
  /** `EF1-...`, as `parseVoucherCode` reads it. */
  readonly code: string;
  /** `https://host:port` of the hub that made it, where the text told it. */
  readonly hubUrl?: string;
  /** What its hub signed; absent for a code that says nothing of itself. */
  readonly claims?: Pick<VoucherClaims, 'school' | 'issuedAt' | 'expiresAt'>;
}

/** What the QR code of a label says: `EF1-...@https://host:port`. A scanner may type it like a keyboard. */
export function formatVoucherText({ code, hubUrl }: { readonly code: string; readonly hubUrl: string }): string {
  return `${code}@${hubUrl}`;
}

/**
 * Reads whatever a person typed or a scanner read: a code, a code with `@` and the address of the hub, or a signed voucher.
 * Throws FatalError `invalid-voucher` (see `parseVoucherCode`, `readVoucherToken`) or `invalid-url` for what is no address of a hub.
 */
export function readVoucherText(text: string): Voucher {
  if (isVoucherToken(text)) {
    const { code, hubUrl, school, issuedAt, expiresAt } = readVoucherToken(text);
    return { code, hubUrl: hubUrlOf(hubUrl), claims: { school, issuedAt, expiresAt } };
  }
  const [code = '', ...rest] = text.trim().split('@');
  parseVoucherCode(code);
  if (rest.length === 0) return { code };
  return { code, hubUrl: hubUrlOf(rest.join('@')) };
}

/** What this machine's own clock can say about the end of a voucher. */
export type ExpiryVerdict = 'open' | 'expired' | 'clock-wrong';

const dayMs = 24 * 3_600_000;
/** No voucher lies about for longer; a clock that says so is more likely wrong than right. */
const plausibleMs = 3 * 365 * dayMs;

/**
 * Judges by a clock that may be years off: before the voucher was made, or years after, it is the clock that is wrong, and only
 * the hub can tell. Pure.
 */
export function judgeExpiry({ issuedAt, expiresAt }: NonNullable<Voucher['claims']>, nowMs: number): ExpiryVerdict {
  if (nowMs < issuedAt.getTime() - dayMs || nowMs > expiresAt.getTime() + plausibleMs) return 'clock-wrong';
  return nowMs < expiresAt.getTime() ? 'open' : 'expired';
}

/** The origin of an address. Throws FatalError `invalid-url`. */
export function hubUrlOf(text: string): string {
  const url = URL.parse(text.trim());
  const isPlain = url !== null && url.username === '' && url.pathname === '/' && url.search === '' && url.hash === '';
  if (!isPlain || url.protocol !== 'https:')
    throw new FatalError('invalid-url', `${text.slice(0, 200)} is no address of a hub: it is https://host:port`);
  return url.origin;
}
