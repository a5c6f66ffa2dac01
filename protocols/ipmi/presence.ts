import { ProtocolError } from '../bytes/error.ts';

/** RMCP port of management controllers (IPMI 2.0 section 13.1.2). */
export const rmcpPort = 623;

/** RMCP header: version 1.0, no acknowledgement wanted, class ASF (IPMI 2.0 section 13.1.3). */
const header = [0x06, 0x00, 0xff, 0x06];
/** IANA number of the ASF. */
const asf = [0x00, 0x00, 0x11, 0xbe];
const ping = 0x80;
const pong = 0x40;

/** An RMCP/ASF Presence Ping (IPMI 2.0 section 13.2.3): is somebody there? `tag` 0 to 254 comes back in the answer. */
export function encodePresencePing(tag: number): Uint8Array {
  return Uint8Array.from([...header, ...asf, ping, tag, 0x00, 0x00]);
}

/**
 * Reads a Presence Pong: whether the controller speaks IPMI, and whose ping it answers (IPMI 2.0 section 13.2.4).
 * Throws ProtocolError for anything else.
 */
export function decodePresencePong(bytes: Uint8Array): { readonly tag: number; readonly speaksIpmi: boolean } {
  if (bytes.length < 28) throw new ProtocolError('truncated', `a pong has 28 bytes, this has ${bytes.length}`);
  const expected = [
    [0, header[0]],
    [3, header[3]],
    ...asf.map((byte, at) => [4 + at, byte]),
    [8, pong],
    [11, 16],
  ] as const;
  for (const [at, byte] of expected) {
    if (bytes[at ?? 0] !== byte)
      throw new ProtocolError('malformed', `no presence pong: byte ${at} is ${bytes[at ?? 0]}`);
  }
  return { tag: bytes[9] ?? 0, speaksIpmi: ((bytes[20] ?? 0) & 0x80) !== 0 };
}
