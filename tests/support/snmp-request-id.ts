interface Element {
  readonly tag: number;
  /** Where its content stands. */
  readonly from: number;
  readonly end: number;
}

interface Place {
  readonly pdu: Element;
  readonly number: Element;
  readonly head: Uint8Array;
}

/** The number of a question in a message of SNMP v1 or v2c, as its bytes [RFC 1901, RFC 3416 section 3]; undefined for anything else. */
export function readRequestId(bytes: Uint8Array): Uint8Array | undefined {
  const place = placeOf(bytes);
  return place && bytes.subarray(place.number.from, place.number.end);
}

/** The same message about another question, with its lengths made right. */
export function withRequestId(bytes: Uint8Array, number: Uint8Array): Uint8Array {
  const place = placeOf(bytes);
  if (!place) return bytes;
  const rest = bytes.subarray(place.number.end, place.pdu.end);
  const pdu = wrap(place.pdu.tag, Buffer.concat([wrap(0x02, number), rest]));
  return wrap(0x30, Buffer.concat([place.head, pdu]));
}

function placeOf(bytes: Uint8Array): Place | undefined {
  const message = elementAt(bytes, 0);
  const version = message?.tag === 0x30 ? elementAt(bytes, message.from) : undefined;
  const community = version?.tag === 0x02 ? elementAt(bytes, version.end) : undefined;
  const pdu = community?.tag === 0x04 ? elementAt(bytes, community.end) : undefined;
  const number = pdu && pdu.tag >= 0xa0 ? elementAt(bytes, pdu.from) : undefined;
  if (!message || !community || !pdu || number?.tag !== 0x02) return undefined;
  return { pdu, number, head: bytes.subarray(message.from, community.end) };
}

function elementAt(bytes: Uint8Array, at: number): Element | undefined {
  const tag = bytes[at];
  const first = bytes[at + 1];
  if (tag === undefined || first === undefined) return undefined;
  const count = first < 0x80 ? 0 : first & 0x7f;
  const from = at + 2 + count;
  const length = count === 0 ? first : bytes.subarray(at + 2, from).reduce((sum, byte) => sum * 256 + byte, 0);
  return from + length > bytes.length ? undefined : { tag, from, end: from + length };
}

function wrap(tag: number, content: Uint8Array): Uint8Array {
  const { length } = content;
  return Buffer.concat([Buffer.from(length < 0x80 ? [tag, length] : [tag, 0x82, length >> 8, length & 0xff]), content]);
}
