import { ProtocolError } from '../bytes/error.ts';
import { type Faults, type PjlinkPower, parseFaults, parseInput, parsePower } from './values.ts';

/**
 * What a projector of class 2 says over UDP [PJLink 2.00]. Nothing in it is authenticated: it is a
 * hint to look over TCP, and a Mac address in it is only what the sender claims.
 */
export type ProjectorDatagram =
  /** Answer to a search. */
  | { readonly kind: 'found'; readonly mac: string }
  /** The projector came onto the network. */
  | { readonly kind: 'link-up'; readonly mac: string }
  | { readonly kind: 'faults'; readonly faults: Faults }
  | { readonly kind: 'power'; readonly power: PjlinkPower }
  | { readonly kind: 'input'; readonly input: string };

/** The longest datagram, carriage return included. */
export const maxDatagramBytes = 136;
const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

/** The question to which every projector of class 2 answers, after a delay of its own of up to 10 s, to port 4352. */
export const searchDatagram: Uint8Array = new TextEncoder().encode('%2SRCH\r');

/** Reads one datagram. Throws ProtocolError `malformed`, `oversize` or, for a notice of a later edition, `unsupported`. */
export function decodeDatagram(bytes: Uint8Array): ProjectorDatagram {
  if (bytes.length > maxDatagramBytes) throw new ProtocolError('oversize', 'a PJLink datagram has at most 136 bytes');
  const [, code, value] = /^%2([A-Z0-9]{4})=([^\r\n]*)\r\n?$/i.exec(decoder.decode(bytes)) ?? [];
  if (code === undefined || value === undefined) {
    throw new ProtocolError('malformed', 'this is no datagram of a PJLink projector');
  }
  switch (code.toUpperCase()) {
    case 'ACKN':
      return { kind: 'found', mac: parseMac(value) };
    case 'LKUP':
      return { kind: 'link-up', mac: parseMac(value) };
    case 'ERST':
      return { kind: 'faults', faults: parseFaults(value) };
    case 'INPT':
      return { kind: 'input', input: parseInput(value) };
    case 'POWR':
      return { kind: 'power', power: parsePower(value) };
    default:
      throw new ProtocolError('unsupported', `PJLink notice ${code} is not known`);
  }
}

function parseMac(text: string): string {
  if (!/^[0-9a-f]{2}(:[0-9a-f]{2}){5}$/i.test(text)) {
    throw new ProtocolError('malformed', `this is no Mac address: ${JSON.stringify(text.slice(0, 30))}`);
  }
  return text.toLowerCase();
}
