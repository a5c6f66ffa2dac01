import { namespaces } from './namespaces.ts';
import { requireChild, type SoapOperation } from './soap.ts';
import { parseCount, parseMac } from './values.ts';
import { attribute, child, childrenNamed, textAt, type XmlElement } from './xml.ts';
import { type XmlMarkup, xml } from './xml-markup.ts';

/** What a device is [ONVIF Core 8.1.1]. Strings as they came: `1.10` is not `1.1`. Absent where the device says nothing. */
export interface DeviceInformation {
  readonly manufacturer: string | undefined;
  readonly model: string | undefined;
  readonly firmwareVersion: string | undefined;
  readonly serialNumber: string | undefined;
  readonly hardwareId: string | undefined;
}

/** Where each service of a device says it is. The addresses are the device's claim; only port and path may be used. */
export interface ServiceAddresses {
  readonly media?: string;
  readonly media2?: string;
  readonly ptz?: string;
  readonly events?: string;
  readonly imaging?: string;
  readonly deviceIo?: string;
  readonly analytics?: string;
  /** Keys and certificates [ONVIF Security]. */
  readonly security?: string;
}

export interface NetworkInterface {
  readonly name: string | undefined;
  /** Lower case with colons; undefined when the device gives none that can be read. */
  readonly mac: string | undefined;
}

/** Most entries that are read from any list of a device. */
export const maxEntries = 64;

/** The device's clock, milliseconds since the Unix epoch in UTC; undefined when it gives none. Needs no credentials [ONVIF Core 8.1.6, access class PRE_AUTH]. */
export function getSystemDateAndTime(): SoapOperation<number | undefined> {
  return deviceOperation('GetSystemDateAndTime', undefined, (answer) => readUtc(child(answer, 'SystemDateAndTime')));
}

/** The UTC time inside a tt:SystemDateTime; undefined when there is none that can be read. */
export function readUtc(systemTime: XmlElement | undefined): number | undefined {
  const utc = child(systemTime, 'UTCDateTime');
  const field = (group: string, name: string) => parseCount(textAt(utc, group, name));
  const date = [field('Date', 'Year'), field('Date', 'Month'), field('Date', 'Day')];
  const time = [field('Time', 'Hour'), field('Time', 'Minute'), field('Time', 'Second')];
  const [year, month, day, hour, minute, second] = [...date, ...time];
  if (year === undefined || month === undefined || day === undefined) return undefined;
  if (hour === undefined || minute === undefined || second === undefined) return undefined;
  const milliseconds = Date.UTC(year, month - 1, day, hour, minute, second);
  // Date.UTC puts years before 100 into the last century; a camera clock that far off is no clock.
  return Number.isNaN(milliseconds) || year < 1970 ? undefined : milliseconds;
}

export function getDeviceInformation(): SoapOperation<DeviceInformation> {
  return deviceOperation('GetDeviceInformation', undefined, (answer) => ({
    manufacturer: textAt(answer, 'Manufacturer'),
    model: textAt(answer, 'Model'),
    firmwareVersion: textAt(answer, 'FirmwareVersion'),
    serialNumber: textAt(answer, 'SerialNumber'),
    hardwareId: textAt(answer, 'HardwareId'),
  }));
}

/** Every service with its namespace and address [ONVIF Core 8.1.2.1]; devices of before 2011 know only GetCapabilities. */
export function getServices(): SoapOperation<ServiceAddresses> {
  const body = xml`<tds:IncludeCapability>false</tds:IncludeCapability>`;
  return deviceOperation('GetServices', body, (answer) => {
    const services = childrenNamed(answer, 'Service').slice(0, maxEntries);
    const address = (namespace: string) =>
      textAt(
        services.find((service) => textAt(service, 'Namespace') === namespace),
        'XAddr',
      );
    return serviceAddresses({
      media: address(namespaces.trt),
      media2: address(namespaces.tr2),
      ptz: address(namespaces.tptz),
      events: address(namespaces.tev),
      imaging: address(namespaces.timg),
      deviceIo: address(namespaces.tmd),
      analytics: address(namespaces.tan),
      security: address(namespaces.tas),
    });
  });
}

/** The older list of services [ONVIF Core 8.1.2.3]; it knows nothing of Media 2. */
export function getCapabilities(): SoapOperation<ServiceAddresses> {
  const body = xml`<tds:Category>All</tds:Category>`;
  return deviceOperation('GetCapabilities', body, (answer) => {
    const capabilities = requireChild(answer, 'Capabilities');
    return serviceAddresses({
      media: textAt(capabilities, 'Media', 'XAddr'),
      media2: undefined,
      ptz: textAt(capabilities, 'PTZ', 'XAddr'),
      events: textAt(capabilities, 'Events', 'XAddr'),
      imaging: textAt(capabilities, 'Imaging', 'XAddr'),
      deviceIo: textAt(capabilities, 'Extension', 'DeviceIO', 'XAddr'),
      analytics: textAt(capabilities, 'Analytics', 'XAddr'),
      security: undefined,
    });
  });
}

/** The scope URIs of the device, the same that it sends in discovery [ONVIF Core 8.1.10]. */
export function getScopes(): SoapOperation<readonly string[]> {
  return deviceOperation('GetScopes', undefined, (answer) =>
    childrenNamed(answer, 'Scopes')
      .slice(0, maxEntries)
      .flatMap((scope) => textAt(scope, 'ScopeItem') ?? []),
  );
}

export function getHostname(): SoapOperation<string | undefined> {
  return deviceOperation('GetHostname', undefined, (answer) => textAt(answer, 'HostnameInformation', 'Name'));
}

export function getNetworkInterfaces(): SoapOperation<readonly NetworkInterface[]> {
  return deviceOperation('GetNetworkInterfaces', undefined, (answer) =>
    childrenNamed(answer, 'NetworkInterfaces')
      .slice(0, maxEntries)
      .map((entry) => ({
        name: textAt(entry, 'Info', 'Name') ?? attribute(entry, 'token'),
        mac: parseMac(textAt(entry, 'Info', 'HwAddress')),
      })),
  );
}

/** One question to the device service. `content` goes inside its element. */
export function deviceOperation<Result>(
  name: string,
  content: XmlMarkup | undefined,
  read: (answer: XmlElement) => Result,
): SoapOperation<Result> {
  const tag = { markup: name };
  return {
    action: `${namespaces.tds}/${name}`,
    body: xml`<tds:${tag} xmlns:tds="${namespaces.tds}" xmlns:tt="${namespaces.tt}">${content}</tds:${tag}>`,
    answer: { namespace: namespaces.tds, name: `${name}Response` },
    read,
  };
}

function serviceAddresses(found: Readonly<Record<keyof ServiceAddresses, string | undefined>>): ServiceAddresses {
  return Object.fromEntries(Object.entries(found).filter(([, address]) => address !== undefined));
}
