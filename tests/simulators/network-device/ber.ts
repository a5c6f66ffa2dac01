/** Just enough of ASN.1 BER for an SNMP agent (X.690; RFC 3417 section 8). */
export interface Element {
  readonly tag: number;
  readonly body: Buffer;
}

export function encode(tag: number, ...parts: readonly Buffer[]): Buffer {
  const body = Buffer.concat(parts);
  const size = body.length;
  const length = size < 0x80 ? [size] : size < 0x100 ? [0x81, size] : [0x82, size >> 8, size & 0xff];
  return Buffer.concat([Buffer.from([tag, ...length]), body]);
}

/** The elements that `bytes` consists of. Throws when one is cut off. */
export function decode(bytes: Buffer): Element[] {
  const elements: Element[] = [];
  for (let at = 0; at < bytes.length; ) {
    const tag = bytes[at] ?? 0;
    const first = bytes[at + 1] ?? 0;
    const width = first < 0x80 ? 0 : first & 0x7f;
    const size = width === 0 ? first : bytes.readUIntBE(at + 2, width);
    const start = at + 2 + width;
    if (start + size > bytes.length) throw new Error('cut off');
    elements.push({ tag, body: bytes.subarray(start, start + size) });
    at = start + size;
  }
  return elements;
}

/** Two's complement, as short as can be. Unsigned types (counters, gauges) take the same bytes. */
export function encodeNumber(tag: number, value: bigint): Buffer {
  const bytes: number[] = [];
  let rest = value;
  do {
    bytes.unshift(Number(rest & 0xffn));
    rest >>= 8n;
  } while (rest !== 0n && rest !== -1n);
  const isSignWrong = (((bytes[0] ?? 0) & 0x80) !== 0) !== value < 0n;
  if (isSignWrong) bytes.unshift(value < 0n ? 0xff : 0);
  return encode(tag, Buffer.from(bytes));
}

export function decodeNumber({ body }: Element): number {
  return body.length === 0 ? 0 : body.readIntBE(0, Math.min(6, body.length));
}

export function encodeOid(oid: string): Buffer {
  const [first = 0, second = 0, ...rest] = oid.split('.').map(Number);
  const bytes = [first * 40 + second, ...rest].flatMap((part) => {
    const groups = [part & 0x7f];
    for (let left = Math.floor(part / 128); left > 0; left = Math.floor(left / 128))
      groups.unshift((left & 0x7f) | 0x80);
    return groups;
  });
  return encode(0x06, Buffer.from(bytes));
}

export function decodeOid({ body }: Element): string {
  const parts: number[] = [];
  let value = 0;
  for (const byte of body) {
    value = value * 128 + (byte & 0x7f);
    if (byte & 0x80) continue;
    parts.push(value);
    value = 0;
  }
  const [first = 0, ...rest] = parts;
  return [Math.floor(first / 40), first % 40, ...rest].join('.');
}
