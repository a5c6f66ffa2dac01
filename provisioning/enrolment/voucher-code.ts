import { FatalError } from '../../protocols/errors.ts';
import { alphabet, plainCode } from './crockford.ts';

/** What the typeable code of a voucher says. Both are lower-case hex. */
export interface VoucherCode {
  /** 128 bits that only the hub and the holder of the code know. */
  readonly secret: string;
  /** First 80 bits of the SHA-256 of the hub's root certificate (DER): whom the agent may hand the secret to. */
  readonly rootPrefix: string;
}

const mark = 'EF1';
const secretBytes = 16;
const prefixBytes = 10;
/** 26 bytes are 41.6 symbols; the last two bits are zero. */
const dataSymbols = 42;
const checkSymbols = 2;
const groupLength = 4;

/**
 * `EF1-` and eleven groups of four symbols: 26 bytes and two check symbols.
 * `secret` has 32 hex digits; of `rootFingerprint` (SHA-256, hex) the first 20 digits are used.
 */
export function formatVoucherCode(secret: string, rootFingerprint: string): string {
  const bytes = Buffer.from(secret + rootFingerprint.slice(0, prefixBytes * 2), 'hex');
  if (bytes.length !== secretBytes + prefixBytes || secret.length !== secretBytes * 2) {
    throw new FatalError('invalid-voucher', 'a voucher code is made of 16 secret bytes and a SHA-256 in hex');
  }
  const data = toSymbols(bytes);
  const text = [...data, ...checksOf(data)].map((symbol) => alphabet[symbol]).join('');
  const groups = text.match(new RegExp(`.{${groupLength}}`, 'g')) ?? [];
  return [mark, ...groups].join('-');
}

/**
 * Reads a code as people type it: in any case, with or without hyphens and spaces, O for 0, I and L for 1.
 * Throws FatalError `invalid-voucher`; every single wrong symbol and every swap of two neighbours is noticed.
 */
export function parseVoucherCode(text: string): VoucherCode {
  const plain = plainCode(text);
  if (!plain.startsWith(mark)) throw invalid(`a voucher code begins with ${mark}-`);
  const typed = plain.slice(mark.length);
  const stranger = [...typed].find((letter) => !alphabet.includes(letter));
  if (stranger !== undefined) throw invalid(`a voucher code has no ${stranger}`);
  const wanted = dataSymbols + checkSymbols;
  if (typed.length !== wanted) {
    throw invalid(`a voucher code has ${wanted} letters and digits after ${mark}, this one has ${typed.length}`);
  }
  const symbols = [...typed].map((letter) => alphabet.indexOf(letter));
  const data = symbols.slice(0, dataSymbols);
  const bytes = toBytes(data);
  const isWhole = checksOf(data).every((check, index) => check === symbols[dataSymbols + index]);
  if (!isWhole || !bytes) throw invalid('a letter or digit of the voucher code is wrong; compare it with the original');
  return { secret: bytes.toString('hex', 0, secretBytes), rootPrefix: bytes.toString('hex', secretBytes) };
}

/** Whether a root certificate with this SHA-256 (hex) is the one that the code names. */
export function namesRoot(code: VoucherCode, rootFingerprint: string): boolean {
  return rootFingerprint.length === 64 && rootFingerprint.toLowerCase().startsWith(code.rootPrefix);
}

function invalid(message: string): FatalError {
  return new FatalError('invalid-voucher', message);
}

function toSymbols(bytes: Uint8Array): number[] {
  const bits = BigInt(`0x${Buffer.from(bytes).toString('hex')}`) << 2n;
  return Array.from({ length: dataSymbols }, (_, index) =>
    Number((bits >> BigInt((dataSymbols - 1 - index) * 5)) & 31n),
  );
}

/** Undefined when the two bits that must be zero are not. */
function toBytes(symbols: readonly number[]): Buffer | undefined {
  const bits = symbols.reduce((sum, symbol) => (sum << 5n) | BigInt(symbol), 0n);
  if ((bits & 3n) !== 0n) return undefined;
  return Buffer.from((bits >> 2n).toString(16).padStart((secretBytes + prefixBytes) * 2, '0'), 'hex');
}

/**
 * Two check symbols over GF(32): the sum of all symbols, and the sum weighted by powers of a generator. A change of one
 * symbol changes the first; a swap of two different neighbours changes the second, whose weights differ.
 */
function checksOf(data: readonly number[]): readonly [number, number] {
  let plain = 0;
  let weighted = 0;
  // Horner's rule: each step multiplies what came before by the generator.
  for (const symbol of data) {
    plain ^= symbol;
    weighted = timesGenerator(weighted) ^ symbol;
  }
  return [plain, weighted];
}

/** Multiplication by x modulo the primitive polynomial x^5 + x^2 + 1. */
function timesGenerator(value: number): number {
  const shifted = value << 1;
  return shifted & 32 ? (shifted ^ 0b100101) & 31 : shifted;
}
