import { ProtocolError } from '../bytes/error.ts';
import { namespaces } from './namespaces.ts';
import { buildEnvelope, parseReply } from './soap.ts';
import { parseList, parseMac } from './values.ts';
import { childrenNamed, maxEventBytes, textAt, type XmlElement } from './xml.ts';
import { xml } from './xml-markup.ts';

/** Where WS-Discovery listens [WS-Discovery 2005/04 section 2.4]. */
export const discoveryAddress = { host: '239.255.255.250', port: 3702 } as const;

/** One device in an answer to a probe. Every field is only what the sender claims. */
export interface ProbeMatch {
  /** Stable name of the device over reboots and addresses, usually `urn:uuid:…`. */
  readonly endpoint: string;
  readonly types: readonly string[];
  readonly scopes: readonly string[];
  /** Where it says its device service is. */
  readonly addresses: readonly string[];
}

export interface ProbeMatches {
  /** Message id of the probe that it answers; undefined when the sender left it out. */
  readonly relatesTo: string | undefined;
  readonly matches: readonly ProbeMatch[];
}

/** What a device tells about itself in its scopes [ONVIF Core 7.3.2.2]. */
export interface ScopeFacts {
  readonly name: string | undefined;
  readonly hardware: string | undefined;
  readonly location: string | undefined;
  /** Lower case with colons. Not in the standard; several makers publish it. */
  readonly mac: string | undefined;
}

const scopePrefix = 'onvif://www.onvif.org/';
/** More matches than one device ever sends are not read. */
const maxMatches = 32;

/** A probe for network video transmitters [ONVIF Core 7.3.4]; `messageId` is `urn:uuid:` and a fresh UUID. */
export function buildProbe(messageId: string): string {
  return buildEnvelope(
    xml`<d:Probe xmlns:d="${namespaces.wsd}" xmlns:dn="${namespaces.dn}"><d:Types>dn:NetworkVideoTransmitter</d:Types></d:Probe>`,
    [
      xml`<a:Action xmlns:a="${namespaces.wsaDiscovery}" s:mustUnderstand="1">${namespaces.wsd}/Probe</a:Action>`,
      xml`<a:MessageID xmlns:a="${namespaces.wsaDiscovery}">${messageId}</a:MessageID>`,
      xml`<a:ReplyTo xmlns:a="${namespaces.wsaDiscovery}"><a:Address>${namespaces.wsaDiscovery}/role/anonymous</a:Address></a:ReplyTo>`,
      xml`<a:To xmlns:a="${namespaces.wsaDiscovery}" s:mustUnderstand="1">urn:schemas-xmlsoap-org:ws:2005:04:discovery</a:To>`,
    ],
  );
}

/** Reads an answer to a probe. Throws ProtocolError for anything else, such as another device's probe. */
export function parseProbeMatches(bytes: Uint8Array): ProbeMatches {
  const reply = parseReply(bytes, maxEventBytes);
  if (reply.kind === 'fault') throw new ProtocolError('malformed', `a fault instead of probe matches`);
  const answer = childrenNamed(reply.body, 'ProbeMatches')[0];
  if (!answer) throw new ProtocolError('malformed', 'the datagram holds no probe matches');
  return {
    relatesTo: textAt(reply.header, 'RelatesTo'),
    matches: childrenNamed(answer, 'ProbeMatch')
      .slice(0, maxMatches)
      .flatMap((match) => readMatch(match) ?? []),
  };
}

function readMatch(match: XmlElement): ProbeMatch | undefined {
  const endpoint = textAt(match, 'EndpointReference', 'Address');
  if (endpoint === undefined) return undefined;
  return {
    endpoint,
    types: parseList(textAt(match, 'Types')),
    scopes: parseList(textAt(match, 'Scopes')),
    addresses: parseList(textAt(match, 'XAddrs')),
  };
}

/** Picks the facts that matter out of a device's scopes; unknown and undecodable ones are passed over. */
export function readScopes(scopes: readonly string[]): ScopeFacts {
  const value = (category: string): string | undefined => {
    const prefix = `${scopePrefix}${category}/`;
    const scope = scopes.find((candidate) => candidate.toLowerCase().startsWith(prefix));
    const text = decode(scope?.slice(prefix.length) ?? '').trim();
    return text === '' ? undefined : text;
  };
  return {
    name: value('name'),
    hardware: value('hardware'),
    location: value('location'),
    mac: parseMac(value('mac')),
  };
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    // A scope that is not percent-encoded is shown as it came.
    return text;
  }
}
