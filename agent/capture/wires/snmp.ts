interface Element {
  readonly tag: number;
  readonly from: number;
  readonly end: number;
}

const sequence = 0x30;
const octets = 0x04;
const integer = 0x02;
const version3 = 3;

/**
 * A message of SNMP with `placeholder` for its community when that is `community`, its lengths made right [RFC 3416, RFC 1901]. A message of
 * version 3 gives undefined: it is signed and hidden by keys that come from the password, so that its bytes let passwords be tried.
 */
export function scrubSnmp(
  bytes: Uint8Array,
  community: string | undefined,
  placeholder: string,
): Uint8Array | undefined {
  const message = readElement(bytes, 0);
  const version =
    message?.tag === sequence && message.end === bytes.length ? readElement(bytes, message.from) : undefined;
  if (!version || version.tag !== integer) return bytes;
  if (bytes[version.end - 1] === version3) return undefined;
  const name = readElement(bytes, version.end);
  if (!name || name.tag !== octets || community === undefined) return bytes;
  if (Buffer.from(bytes.subarray(name.from, name.end)).toString() !== community) return bytes;
  const alias = Buffer.from(placeholder);
  const content = Buffer.concat([
    bytes.subarray(version.from - 2, version.end),
    Buffer.from([octets, alias.length]),
    alias,
    bytes.subarray(name.end),
  ]);
  return Buffer.concat([Buffer.from([sequence, ...lengthOf(content.length)]), content]);
}

function readElement(bytes: Uint8Array, at: number): Element | undefined {
  const tag = bytes[at];
  const first = bytes[at + 1];
  if (tag === undefined || first === undefined) return undefined;
  const count = first < 0x80 ? 0 : first & 0x7f;
  if (count > 3) return undefined;
  const from = at + 2 + count;
  const length = count === 0 ? first : bytes.subarray(at + 2, from).reduce((total, byte) => total * 256 + byte, 0);
  return from + length > bytes.length ? undefined : { tag, from, end: from + length };
}

/** Always two bytes of length behind the mark, which every reader takes [X.690 section 8.1.3.5]. */
function lengthOf(length: number): readonly number[] {
  return length < 0x80 ? [length] : [0x82, length >> 8, length & 0xff];
}
