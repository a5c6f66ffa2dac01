import { createHash, verify, X509Certificate } from 'node:crypto';
import { z } from 'zod';
import { FatalError } from '../../protocols/errors.ts';
import { fromBase32, plainCode, toBase32 } from './crockford.ts';
import { formatVoucherCode } from './voucher-code.ts';

/** What a signed voucher says of itself. */
export interface VoucherClaims {
  /** 128 bits, lower-case hex. */
  readonly secret: string;
  readonly school: string;
  readonly issuedAt: Date;
  readonly expiresAt: Date;
  /** `https://host:port`. */
  readonly hubUrl: string;
}

/** Who signs: the device CA over bytes, and the certificates that prove it. PEM texts. */
export interface VoucherSigner {
  readonly rootPem: string;
  readonly deviceCaPem: string;
  /** ECDSA P-256 with SHA-256 (FIPS 186-5), r and s of 32 bytes each. */
  signVoucher(statement: Uint8Array): Promise<Uint8Array>;
}

/**
 * The signed form of a voucher, for a QR code or a file: `EFT1-` and Crockford's base 32 of
 * `claims (JSON) | device CA (DER) | root (DER) | signature`, the first three each after their length in two bytes. Base 32, because
 * a scanner that types like a keyboard loses case and signs to the layout of that keyboard, and because a QR code holds
 * capitals and digits in 5.5 bits.
 */
const mark = 'EFT1';
/** Sets the signature apart from whatever else this key signs; a certificate begins with 0x30. */
const context = 'edufleet-voucher-v1\0';
const signatureBytes = 64;
/** More than three certificates of ours; a bound on what is decoded. */
const mostSymbols = 16_000;

const claimsSchema = z.object({
  s: z.string().regex(/^[0-9a-f]{32}$/),
  n: z.string().min(1).max(200),
  i: z.int().min(0),
  x: z.int().min(0),
  h: z.url({ protocol: /^https$/ }),
});

/** Whether a text wants to be a signed voucher. */
export function isVoucherToken(text: string): boolean {
  return plainCode(text.slice(0, 16)).startsWith(mark);
}

/** Signs a voucher. Times are kept to the second. */
export async function formatVoucherToken(claims: VoucherClaims, signer: VoucherSigner): Promise<string> {
  const { secret, school, issuedAt, expiresAt, hubUrl } = claims;
  const said = { s: secret, n: school.slice(0, 200), i: seconds(issuedAt), x: seconds(expiresAt), h: hubUrl };
  const body = Buffer.from(JSON.stringify(said));
  const signature = await signer.signVoucher(statementOf(body));
  const parts = [body, derOf(signer.deviceCaPem), derOf(signer.rootPem)];
  return `${mark}-${toBase32(Buffer.concat([...parts.flatMap((part) => [lengthOf(part), part]), signature]))}`;
}

/**
 * Reads a signed voucher and proves, without any network, that the hub of the root in it signed all that it says. Returns the
 * typeable code of the same voucher as well. It judges no time: that is `judgeExpiry`'s.
 * Throws FatalError `invalid-voucher` for what was damaged or changed.
 */
export function readVoucherToken(text: string): VoucherClaims & { readonly code: string } {
  const plain = plainCode(text);
  const bytes = plain.startsWith(mark) && plain.length < mostSymbols ? fromBase32(plain.slice(mark.length)) : undefined;
  const parts = bytes && partsOf(bytes);
  if (!parts) throw damaged('it is not whole');
  const { body, deviceCa, root, signature } = parts;
  if (!isProven(statementOf(body), deviceCa, root, signature)) throw damaged('its signature is not that of its hub');
  const claims = claimsSchema.safeParse(jsonOf(body));
  if (!claims.success) throw damaged('it says what no voucher says');
  const { s, n, i, x, h } = claims.data;
  const code = formatVoucherCode(s, createHash('sha256').update(root.raw).digest('hex'));
  return { secret: s, school: n, issuedAt: new Date(i * 1_000), expiresAt: new Date(x * 1_000), hubUrl: h, code };
}

function isProven(statement: Buffer, deviceCa: X509Certificate, root: X509Certificate, signature: Buffer): boolean {
  try {
    const isRoot = root.ca && root.verify(root.publicKey);
    const isCertified = deviceCa.ca && deviceCa.checkIssued(root) && deviceCa.verify(root.publicKey);
    const key = { key: deviceCa.publicKey, dsaEncoding: 'ieee-p1363' } as const;
    return isRoot && isCertified && verify('sha256', statement, key, signature);
  } catch {
    // A certificate with no key that OpenSSL can read proves nothing.
    return false;
  }
}

function partsOf(bytes: Buffer) {
  const parts: Buffer[] = [];
  let at = 0;
  for (let index = 0; index < 3; index++) {
    if (at + 2 > bytes.length) return undefined;
    const end = at + 2 + bytes.readUInt16BE(at);
    parts.push(bytes.subarray(at + 2, end));
    at = end;
  }
  const [body, deviceCaDer, rootDer] = parts;
  if (!body || !deviceCaDer || !rootDer || bytes.length !== at + signatureBytes) return undefined;
  try {
    return {
      body,
      deviceCa: new X509Certificate(deviceCaDer),
      root: new X509Certificate(rootDer),
      signature: bytes.subarray(at),
    };
  } catch {
    // No certificate: the text was damaged.
    return undefined;
  }
}

function jsonOf(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8'));
  } catch {
    // The hub signed no JSON: another version than this.
    return undefined;
  }
}

function statementOf(body: Buffer): Buffer {
  return Buffer.concat([Buffer.from(context), body]);
}

function lengthOf(part: Buffer): Buffer {
  const length = Buffer.alloc(2);
  length.writeUInt16BE(part.length);
  return length;
}

function derOf(pem: string): Buffer {
  return new X509Certificate(pem).raw;
}

function seconds(at: Date): number {
  return Math.floor(at.getTime() / 1_000);
}

function damaged(why: string): FatalError {
  return new FatalError(
    'invalid-voucher',
    `this signed voucher cannot be used: ${why}; scan it again or ask for a new one`,
  );
}
