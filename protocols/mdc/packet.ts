import { ProtocolError } from '../bytes/error.ts';
import type { Framer } from '../bytes/framer.ts';
import { createLengthFramer } from '../bytes/length-framer.ts';
import { tlsGreeting } from './security.ts';

/** TCP port of Samsung's Multiple Display Control (MDC Protocol 15.0, 2020-11-06). */
export const mdcPort = 1515;

const header = 0xaa;
const responseCommand = 0xff;
const acknowledged = 0x41;
const refused = 0x4e;
/** Header, command, id, length and checksum around at most 255 bytes of data. */
const maxPacketBytes = 260;

/** One question or order; without data most commands are questions. Identities are 0 to 253, 254 is every display and is never answered. */
export interface MdcRequest {
  readonly command: number;
  readonly id: number;
  readonly data?: readonly number[] | Uint8Array;
}

/** What a display says; `starts-tls` is the plain text with which a display in secured mode begins every connection. */
export type MdcReply =
  | { readonly kind: 'ack'; readonly id: number; readonly command: number; readonly data: Uint8Array }
  | { readonly kind: 'nak'; readonly id: number; readonly command: number; readonly error: number }
  | { readonly kind: 'starts-tls' };

/** Throws ProtocolError `malformed` for numbers that are no bytes, `oversize` for more than 255 bytes of data. */
export function encodeRequest({ command, id, data = [] }: MdcRequest): Uint8Array {
  if (data.length > 255) throw new ProtocolError('oversize', `MDC carries 255 bytes of data, not ${data.length}`);
  const body = [command, id, data.length, ...data];
  if (body.some((byte) => !Number.isInteger(byte) || byte < 0 || byte > 255)) {
    throw new ProtocolError('malformed', 'an MDC packet holds bytes only');
  }
  return Uint8Array.of(header, ...body, checksumOf(body));
}

/** Cuts what a display sends into packets; the greeting of secured mode comes as one frame too. */
export function createReplyFramer(): Framer {
  return createLengthFramer({ headerBytes: 4, lengthOf: lengthOfReply, maxBytes: maxPacketBytes });
}

/** Throws ProtocolError `truncated`, `checksum` or `malformed`. */
export function decodeReply(packet: Uint8Array): MdcReply {
  if (packet.length === tlsGreeting.length && isGreeting(packet)) return { kind: 'starts-tls' };
  const [first, response, id, length, verdict, command] = packet;
  if (first !== header || response !== responseCommand) {
    throw new ProtocolError('malformed', 'this is no MDC answer');
  }
  if (id === undefined || length === undefined || packet.length !== length + 5) {
    throw new ProtocolError('truncated', 'an MDC answer does not have the length that it tells');
  }
  const body = packet.subarray(1, -1);
  if (checksumOf(body) !== packet.at(-1)) throw new ProtocolError('checksum', 'the sum of an MDC answer is wrong');
  if (length < 2 || command === undefined) throw new ProtocolError('malformed', 'an MDC answer names no command');
  const data = packet.slice(6, -1);
  if (verdict === acknowledged) return { kind: 'ack', id, command, data };
  // The subcommand is not repeated in a refusal; the one byte is the error.
  if (verdict === refused) return { kind: 'nak', id, command, error: data[0] ?? 0 };
  throw new ProtocolError('malformed', 'an MDC answer is neither ACK nor NAK');
}

function lengthOfReply(head: Uint8Array): number {
  if (isGreeting(head)) return tlsGreeting.length;
  const [first, response, , length = 0] = head;
  if (first !== header || response !== responseCommand) {
    throw new ProtocolError('malformed', 'this is neither an MDC answer nor the start of secured MDC');
  }
  return length + 5;
}

/** Whether the bytes are the greeting or its beginning. */
function isGreeting(bytes: Uint8Array): boolean {
  return bytes.subarray(0, tlsGreeting.length).every((byte, index) => byte === tlsGreeting[index]);
}

/** Sum of all bytes after the header, modulo 256. */
function checksumOf(body: Iterable<number>): number {
  let sum = 0;
  for (const byte of body) sum = (sum + byte) & 0xff;
  return sum;
}
