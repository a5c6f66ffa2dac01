import { deviceOperation, maxEntries } from '../device.ts';
import { acknowledge, requireChild, type SoapOperation } from '../soap.ts';
import { parseBoolean, parseCount, parseMac } from '../values.ts';
import { attribute, child, childrenNamed, textAt, type XmlElement } from '../xml.ts';
import { xml } from '../xml-markup.ts';
import { readHost } from './host.ts';

/** One interface with its addresses [ONVIF Core 8.2.9]. */
export interface InterfaceAddresses {
  readonly name: string;
  /** Lower case with colons. */
  readonly mac: string | undefined;
  /** With prefix length, `192.168.1.64/24`; those in force, without link-local ones. */
  readonly addresses: readonly string[];
  /** Undefined where the device says nothing about IPv4. */
  readonly isFromDhcp: boolean | undefined;
}

export interface NetworkProtocol {
  readonly name: string;
  readonly isEnabled: boolean;
  readonly ports: readonly number[];
}

export interface HostnameSettings {
  readonly name: string | undefined;
  readonly isFromDhcp: boolean;
}

export function getHostnameSettings(): SoapOperation<HostnameSettings> {
  return deviceOperation('GetHostname', undefined, (answer) => {
    const told = requireChild(answer, 'HostnameInformation');
    return { name: textAt(told, 'Name'), isFromDhcp: parseBoolean(textAt(told, 'FromDHCP')) ?? false };
  });
}

/** Sets the host name; some devices use it only after a restart [ONVIF Core 8.2.2]. */
export function setHostname(name: string): SoapOperation<undefined> {
  return deviceOperation('SetHostname', xml`<tds:Name>${name}</tds:Name>`, acknowledge);
}

/** The interfaces once more, with what their addresses are and where they come from. */
export function getInterfaceAddresses(): SoapOperation<readonly InterfaceAddresses[]> {
  return deviceOperation('GetNetworkInterfaces', undefined, (answer) =>
    childrenNamed(answer, 'NetworkInterfaces')
      .slice(0, maxEntries)
      .map((entry) => {
        const v4 = child(entry, 'IPv4', 'Config');
        const isFromDhcp = parseBoolean(textAt(v4, 'DHCP'));
        const isOn = parseBoolean(textAt(entry, 'IPv4', 'Enabled')) ?? true;
        return {
          name: textAt(entry, 'Info', 'Name') ?? attribute(entry, 'token') ?? '',
          mac: parseMac(textAt(entry, 'Info', 'HwAddress')),
          addresses: [
            ...(isOn ? addressesOf(v4, isFromDhcp ? ['FromDHCP'] : ['Manual']) : []),
            ...addressesOf(child(entry, 'IPv6', 'Config'), ['Manual', 'FromDHCP', 'FromRA']),
          ],
          isFromDhcp,
        };
      }),
  );
}

export function getDefaultGateways(): SoapOperation<readonly string[]> {
  return deviceOperation('GetNetworkDefaultGateway', undefined, (answer) => {
    const gateway = requireChild(answer, 'NetworkGateway');
    return [...childrenNamed(gateway, 'IPv4Address'), ...childrenNamed(gateway, 'IPv6Address')]
      .slice(0, maxEntries)
      .map(({ text }) => text.trim())
      .filter((address) => address !== '' && address !== '0.0.0.0');
  });
}

/** The name servers in force [ONVIF Core 8.2.3]. */
export function getDns(): SoapOperation<readonly string[]> {
  return deviceOperation('GetDNS', undefined, (answer) => {
    const dns = requireChild(answer, 'DNSInformation');
    const isFromDhcp = parseBoolean(textAt(dns, 'FromDHCP')) ?? false;
    return childrenNamed(dns, isFromDhcp ? 'DNSFromDHCP' : 'DNSManual')
      .slice(0, maxEntries)
      .flatMap((server) => readHost(server) ?? []);
  });
}

export function getNetworkProtocols(): SoapOperation<readonly NetworkProtocol[]> {
  return deviceOperation('GetNetworkProtocols', undefined, (answer) =>
    childrenNamed(answer, 'NetworkProtocols')
      .slice(0, maxEntries)
      .flatMap((protocol) => {
        const name = textAt(protocol, 'Name');
        if (name === undefined) return [];
        const ports = childrenNamed(protocol, 'Port').map(({ text }) => parseCount(text) ?? 0);
        return {
          name,
          isEnabled: parseBoolean(textAt(protocol, 'Enabled')) ?? false,
          ports: ports.filter((port) => port > 0 && port <= 65_535).slice(0, maxEntries),
        };
      }),
  );
}

function addressesOf(config: XmlElement | undefined, kinds: readonly string[]): readonly string[] {
  return kinds
    .flatMap((kind) => childrenNamed(config, kind))
    .slice(0, maxEntries)
    .flatMap((entry) => {
      const address = textAt(entry, 'Address');
      const prefix = parseCount(textAt(entry, 'PrefixLength'));
      return address === undefined ? [] : prefix === undefined ? address : `${address}/${prefix}`;
    });
}
