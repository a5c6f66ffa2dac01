import { FatalError } from '../../protocols/errors.ts';
import { parseVoucherCode } from './voucher-code.ts';

/** What the holder of a voucher has in hand. */
export interface Voucher {
  /** `EF1-...`, as `parseVoucherCode` reads it. */
  readonly code: string;
  /** `https://host:port` of the hub that made it, where the text told it. */
  readonly hubUrl?: string;
}

/** What the QR code of a label says: `EF1-...@https://host:port`. A scanner may type it like a keyboard. */
export function formatVoucherText({ code, hubUrl }: Required<Voucher>): string {
  return `${code}@${hubUrl}`;
}

/**
 * Reads a code as it was typed, alone or with `@` and the address of the hub behind it. Throws FatalError `invalid-voucher`
 * (see `parseVoucherCode`) or `invalid-url` for what is no address of a hub.
 */
export function readVoucherText(text: string): Voucher {
  const [code = '', ...rest] = text.trim().split('@');
  parseVoucherCode(code);
  if (rest.length === 0) return { code };
  return { code, hubUrl: hubUrlOf(rest.join('@')) };
}

/** The origin of an address. Throws FatalError `invalid-url`. */
function hubUrlOf(text: string): string {
  const url = URL.parse(text.trim());
  const isPlain = url !== null && url.username === '' && url.pathname === '/' && url.search === '' && url.hash === '';
  if (!isPlain || url.protocol !== 'https:')
    throw new FatalError('invalid-url', `${text.slice(0, 200)} is no address of a hub: it is https://host:port`);
  return url.origin;
}
