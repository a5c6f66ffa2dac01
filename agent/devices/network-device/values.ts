import snmp from 'net-snmp';

/** A value as this driver uses it: numbers (counters of 64 bits too, exact up to 2^53), bytes, object identifiers. */
export type SnmpValue = number | Uint8Array | string;

const maxTextLength = 200;

/** Undefined for an object that the device does not have (RFC 3416 section 3: noSuchObject, noSuchInstance, endOfMibView). */
export function decodeValue(varbind: Pick<snmp.Varbind, 'type' | 'value'>): SnmpValue | undefined {
  const { type, value } = varbind as { type?: number; value: unknown };
  if (type === snmp.ObjectType.Counter64) {
    return Buffer.isBuffer(value) && value.length <= 8 ? Number(`0x${value.toString('hex') || '0'}`) : undefined;
  }
  if (type === undefined || snmp.isVarbindError(varbind as snmp.Varbind)) return undefined;
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
