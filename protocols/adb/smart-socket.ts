import { ProtocolError } from '../bytes/error.ts';

/** TCP port of the adb server (adb OVERVIEW.TXT, "smart sockets"). */
export const adbServerPort = 5037;

/** Bytes of a status word, and of a length in hexadecimal. */
export const wordBytes = 4;

/** Longest request: the server's own bound on a service name. */
const maxRequestBytes = 1_024;

const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

/**
 * One request: the service's length as four hexadecimal digits, then its name (adb SERVICES.TXT).
 * Throws ProtocolError `oversize`, and `malformed` for a name that is empty or holds control characters.
 */
export function encodeRequest(service: string): Uint8Array {
  const bytes = encoder.encode(service);
  if (bytes.length > maxRequestBytes) throw new ProtocolError('oversize', `a request of ${bytes.length} bytes`);
  if (bytes.length === 0 || bytes.some((byte) => byte < 0x20 || byte === 0x7f)) {
    throw new ProtocolError('malformed', 'a request is empty or holds control characters');
  }
  return encoder.encode(bytes.length.toString(16).padStart(wordBytes, '0') + service);
}

/** The first four bytes of an answer. Throws ProtocolError `truncated` or `malformed`. */
export function decodeStatus(word: Uint8Array): 'okay' | 'fail' {
  if (word.length < wordBytes) throw new ProtocolError('truncated', 'a status has four bytes');
  const text = decoder.decode(word);
  if (text === 'OKAY') return 'okay';
  if (text === 'FAIL') return 'fail';
  throw new ProtocolError('malformed', 'the answer begins with neither OKAY nor FAIL');
}

/** Bytes that follow a length word, at most `maxBytes`. Throws ProtocolError `truncated`, `malformed` or `oversize`. */
export function decodeLength(word: Uint8Array, maxBytes: number): number {
  if (word.length < wordBytes) throw new ProtocolError('truncated', 'a length has four digits');
  const text = decoder.decode(word);
  if (!/^[0-9a-f]{4}$/i.test(text)) throw new ProtocolError('malformed', 'a length is no four hexadecimal digits');
  const length = Number.parseInt(text, 16);
  if (length > maxBytes) throw new ProtocolError('oversize', `a block of ${length} bytes where ${maxBytes} may be`);
  return length;
}

/** A whole block, length word included. Throws ProtocolError. */
export function decodeBlock(bytes: Uint8Array, maxBytes: number): string {
  const length = decodeLength(bytes.subarray(0, wordBytes), maxBytes);
  const body = bytes.subarray(wordBytes);
  if (body.length < length)
    throw new ProtocolError('truncated', `${length} bytes are wanted, ${body.length} are there`);
  if (body.length > length) throw new ProtocolError('malformed', 'bytes follow the block');
  return decoder.decode(body);
}
