import type { Varbind } from 'net-snmp';

/** A value as this driver uses it: numbers (counters of 64 bits too, exact up to 2^53), bytes, object identifiers. */
export type SnmpValue = number | Uint8Array | string;

const maxTextLength = 200;
/** Tags of RFC 3416 section 3, as the library tells them. */
const counter64 = 0x46;
/** noSuchObject, noSuchInstance, endOfMibView. */
const absences: readonly (number | undefined)[] = [0x80, 0x81, 0x82, undefined];

/** Undefined for an object that the device does not have (RFC 3416 section 3). */
export function decodeValue(varbind: Pick<Varbind, 'type' | 'value'>): SnmpValue | undefined {
  const { type, value } = varbind as { type?: number; value: unknown };
  if (type === counter64) {
    return Buffer.isBuffer(value) && value.length <= 8 ? Number(`0x${value.toString('hex') || '0'}`) : undefined;
  }
  if (absences.includes(type)) return undefined;
  if (typeof value === 'number' && Number.isFinite(value)) return value;
  if (Buffer.isBuffer(value)) return value;
  return typeof value === 'string' ? value : undefined;
}

/** What follows `column` in `oid`; undefined when `oid` is not below it. */
export function indexIn(column: string, oid: string): string | undefined {
  return oid.startsWith(`${column}.`) ? oid.slice(column.length + 1) : undefined;
}

export function numberOf(value: SnmpValue | undefined): number | undefined {
  return typeof value === 'number' ? value : undefined;
}

/** Printable text, without the NUL that some devices add; empty when there is none. */
export function textOf(value: SnmpValue | undefined): string {
  if (!(value instanceof Uint8Array)) return '';
  const text = new TextDecoder().decode(value);
  return text
    .replaceAll(/\p{Cc}+/gu, ' ')
    .trim()
    .slice(0, maxTextLength);
}
