import { ProtocolError } from '../bytes/error.ts';

/** The discard port, where network cards listen for magic packets by custom; they look at the bytes alone. */
export const wakeOnLanPort = 9;

/**
 * The magic packet (AMD, "Magic Packet Technology", 1995): six times FF, sixteen times the MAC, and the SecureOn password
 * of the card where it has one. Both are written as six hex pairs with `:` or `-`. Throws ProtocolError `malformed`.
 */
export function encodeMagicPacket(mac: string, secureOn?: string): Uint8Array {
  const address = hexPairs(mac, 'a MAC address');
  const repeated = Array.from({ length: 16 }, () => address).flat();
  const password = secureOn === undefined ? [] : hexPairs(secureOn, 'a SecureOn password');
  return Uint8Array.of(...Array.from({ length: 6 }, () => 0xff), ...repeated, ...password);
}

function hexPairs(text: string, what: string): number[] {
  if (!/^[0-9a-fA-F]{2}(?:([:-])[0-9a-fA-F]{2})(?:\1[0-9a-fA-F]{2}){4}$/.test(text)) {
    throw new ProtocolError('malformed', `${what} is six hex pairs such as 00:11:22:33:44:55`);
  }
  return text.split(/[:-]/).map((pair) => Number.parseInt(pair, 16));
}
