import { ProtocolError } from '../bytes/error.ts';

/** Where SSDP is spoken over IPv4 (UPnP Device Architecture 2.0 section 1.1). */
export const ssdpAddress = { host: '239.255.255.250', port: 1900 } as const;

export const maxAnswerBytes = 8 * 1_024;
const maxHeaders = 64;

/** One answer to a search, as its sender claims it. */
export interface SearchAnswer {
  /** What answers: `upnp:rootdevice`, or the type of a device or service. */
  readonly target: string;
  /** Its unique name, `uuid:…::<target>`. */
  readonly usn: string;
  /** Where it describes itself: LOCATION of UPnP, or AL of Redfish (DSP0266 section 14). */
  readonly location: string | undefined;
  /** Operating system and product, in its maker's words. */
  readonly server: string | undefined;
}

/** A search (UPnP Device Architecture 2.0 section 1.3.2); answers are spread over `waitSeconds`, 1 to 5. */
export function encodeSearch(target: string, waitSeconds: number, host: string = ssdpAddress.host): Uint8Array {
  const lines = [
    'M-SEARCH * HTTP/1.1',
    `HOST: ${host}:${ssdpAddress.port}`,
    'MAN: "ssdp:discover"',
    `MX: ${waitSeconds}`,
    `ST: ${target}`,
    '',
    '',
  ];
  return new TextEncoder().encode(lines.join('\r\n'));
}

/** Reads an answer to a search (section 1.3.3). Throws ProtocolError for anything else, such as an advertisement. */
export function decodeAnswer(bytes: Uint8Array): SearchAnswer {
  if (bytes.length > maxAnswerBytes) throw new ProtocolError('oversize', `an answer of ${bytes.length} bytes`);
  const text = new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes);
  const end = text.search(/\r?\n\r?\n/);
  if (end < 0) throw new ProtocolError('truncated', 'the headers of an answer do not end');
  const [status = '', ...lines] = text.slice(0, end).split(/\r?\n/);
  if (!/^HTTP\/1\.[01] 200( |$)/.test(status)) throw new ProtocolError('malformed', 'no answer to a search');
  if (lines.length > maxHeaders) throw new ProtocolError('oversize', `an answer of ${lines.length} headers`);
  const headers = new Map<string, string>();
  for (const line of lines) {
    const at = line.indexOf(':');
    if (at <= 0) throw new ProtocolError('malformed', 'a header has no name');
    const name = line.slice(0, at).trim().toLowerCase();
    if (!headers.has(name)) headers.set(name, line.slice(at + 1).trim());
  }
  const [target, usn] = [headers.get('st'), headers.get('usn')];
  if (!target || !usn) throw new ProtocolError('malformed', 'an answer tells neither what nor who it is');
  return {
    target,
    usn,
    // DSP0266 has AL, UPnP has LOCATION; a header that stands empty says nothing.
    location: headers.get('location') || headers.get('al') || undefined,
    server: headers.get('server') || undefined,
  };
}
