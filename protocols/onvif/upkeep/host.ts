import { ProtocolError } from '../../bytes/error.ts';
import { textAt, type XmlElement } from '../xml.ts';

/** An address or a name as ONVIF writes it [tt:NetworkHost]. */
export interface TimeHost {
  readonly type: 'IPv4' | 'IPv6' | 'DNS';
  readonly value: string;
}

const ipv4 = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/;
const ipv6 = /^[0-9a-f:.]*:[0-9a-f:.]*$/i;
const dnsName = /^(?=.{1,253}$)[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*\.?$/i;

/** What kind of host a text names. Throws ProtocolError `unsupported` for what is neither address nor name. */
export function hostOf(text: string): TimeHost {
  const octets = ipv4.exec(text)?.slice(1);
  if (octets?.every((octet) => Number(octet) <= 255)) return { type: 'IPv4', value: text };
  if (ipv6.test(text) && URL.canParse(`http://[${text}]/`)) return { type: 'IPv6', value: text };
  // A name of digits alone is a mistyped address.
  if (!/^[\d.]+$/.test(text) && dnsName.test(text)) return { type: 'DNS', value: text };
  throw new ProtocolError('unsupported', `${text.slice(0, 100)} is neither an address nor a host name`);
}

/** The address or name in a tt:NetworkHost or tt:IPAddress; undefined for an empty one. */
export function readHost(host: XmlElement): string | undefined {
  return textAt(host, 'IPv4Address') ?? textAt(host, 'IPv6Address') ?? textAt(host, 'DNSname');
}
