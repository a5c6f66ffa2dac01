import { ProtocolError } from '../bytes/error.ts';
import { createDelimiterFramer, type Framer } from '../bytes/framer.ts';

/** Usual TCP port of a library system; the standard names none. */
export const sip2Port = 6001;

/** A message of 3M's Standard Interchange Protocol 2.00: a code, values of fixed places, and fields by name. */
export interface Sip2Message {
  /** Two digits. */
  readonly code: string;
  /** The values in their fixed places behind the code; their length belongs to the code. */
  readonly fixed: string;
  /** In no order; a name may come several times. */
  readonly fields: readonly Sip2Field[];
  /** 0 to 9, given back by the answer; absent in a message without error detection, and in requests to resend. */
  readonly sequence?: number;
  /** Whether a checksum stood at the end. A wrong one never comes this far. */
  readonly isChecked: boolean;
}

export interface Sip2Field {
  /** Two letters or digits. */
  readonly name: string;
  readonly value: string;
}

/** Longest message that we read or write; an answer about an item has some 500 bytes. */
const maxMessageBytes = 8 * 1024;
const maxFieldBytes = 255;
const carriageReturn = 0x0d;
const lineFeed = 0x0a;

/** How many characters stand behind each code before the fields. */
const fixedLengths: Readonly<Record<string, number>> = {
  '17': 18,
  '18': 24,
  '93': 2,
  '94': 1,
  '96': 0,
  '97': 0,
  '98': 34,
  '99': 8,
};

const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

/** Cuts the stream into messages, whether they end with CR, LF or both. Throws ProtocolError `oversize`. */
export function createMessageFramer(): Framer {
  const framer = createDelimiterFramer(carriageReturn, maxMessageBytes);
  return {
    *push(chunk) {
      const ended = chunk.map((byte) => (byte === lineFeed ? carriageReturn : byte));
      for (const frame of framer.push(ended)) if (frame.length > 0) yield frame;
    },
    get pendingBytes() {
      return framer.pendingBytes;
    },
  };
}

/** The four hex digits that make the sum of all bytes, `AZ` included, zero in its low 16 bits. */
export function checksum(bytes: Uint8Array): string {
  const sum = bytes.reduce((total, byte) => total + byte, 0);
  return (-sum & 0xffff).toString(16).toUpperCase().padStart(4, '0');
}

/**
 * Reads one message without its end. The checksum covers bytes, not characters; what is no UTF-8 in a value is read with
 * replacement signs. Throws ProtocolError `checksum`, `malformed`, or `unsupported` for a code that we do not know.
 */
export function decodeMessage(bytes: Uint8Array): Sip2Message {
  if (bytes.length > maxMessageBytes) throw new ProtocolError('oversize', `a message of ${bytes.length} bytes`);
  const text = decoder.decode(bytes);
  const [, sequence, sum] = /(?:AY(\d))?AZ([0-9A-Fa-f]{4})$/.exec(text) ?? [];
  if (sum !== undefined && checksum(bytes.subarray(0, bytes.length - sum.length)) !== sum.toUpperCase()) {
    throw new ProtocolError('checksum', 'the checksum of a message does not fit it', { details: { sum } });
  }
  const tailLength = sum === undefined ? 0 : 'AZ'.length + sum.length + (sequence === undefined ? 0 : 'AY0'.length);
  const code = text.slice(0, 2);
  const fixedLength = Object.hasOwn(fixedLengths, code) ? fixedLengths[code] : undefined;
  if (fixedLength === undefined) {
    const isCode = /^\d\d$/.test(code);
    throw new ProtocolError(isCode ? 'unsupported' : 'malformed', `we do not know a message ${JSON.stringify(code)}`);
  }
  const body = text.slice(2, text.length - tailLength);
  if (body.length < fixedLength) {
    throw new ProtocolError('truncated', `message ${code} has ${fixedLength} characters before its fields`);
  }
  return {
    code,
    fixed: body.slice(0, fixedLength),
    fields: readFields(body.slice(fixedLength)),
    ...(sequence === undefined ? {} : { sequence: Number(sequence) }),
    isChecked: sum !== undefined,
  };
}

/** Fields without their checksum; what has not even a name is ignored, as the standard asks. */
function readFields(text: string): Sip2Field[] {
  return text.split('|').flatMap((part) => {
    const name = part.slice(0, 2);
    return /^[A-Z0-9]{2}$/.test(name) ? [{ name, value: part.slice(2).replaceAll('&#124;', '|') }] : [];
  });
}

/** Writes one message, CR included. Throws ProtocolError `malformed` for what would be read as something else. */
export function encodeMessage(message: Sip2Message): Uint8Array {
  const { code, fixed, fields, sequence, isChecked } = message;
  const isSound =
    fixedLengths[code] === fixed.length &&
    !/[\r\n|]/.test(fixed) &&
    (sequence === undefined || (isChecked && /^\d$/.test(String(sequence))));
  if (!isSound) throw new ProtocolError('malformed', `no message ${code} can be made of this`);
  const body = `${code}${fixed}${fields.map(writeField).join('')}`;
  if (!isChecked) return encoder.encode(`${body}\r`);
  const summed = encoder.encode(`${body}${sequence === undefined ? '' : `AY${sequence}`}AZ`);
  const sum = encoder.encode(`${checksum(summed)}\r`);
  const bytes = new Uint8Array(summed.length + sum.length);
  bytes.set(summed);
  bytes.set(sum, summed.length);
  return bytes;
}

function writeField({ name, value }: Sip2Field): string {
  const written = value.replaceAll('|', '&#124;');
  if (!/^[A-Z0-9]{2}$/.test(name) || /[\r\n]/.test(value) || encoder.encode(written).length > maxFieldBytes) {
    throw new ProtocolError('malformed', `field ${name} cannot be sent: a value has one line and at most 255 bytes`);
  }
  return `${name}${written}|`;
}

/** The first value of a field; undefined when the message has none. */
export function fieldOf(message: Sip2Message, name: string): string | undefined {
  return message.fields.find((field) => field.name === name)?.value;
}
