import { deviceOperation, maxEntries, readUtc } from '../device.ts';
import { acknowledge, requireChild, type SoapOperation } from '../soap.ts';
import { parseBoolean } from '../values.ts';
import { childrenNamed, textAt, type XmlElement } from '../xml.ts';
import { type XmlMarkup, xml } from '../xml-markup.ts';
import { readHost, type TimeHost } from './host.ts';

/** How a device keeps its time [ONVIF Core 8.1.6]. */
export interface SystemTime {
  /** Whether the time comes from NTP; false where a person or a program sets it. Servers alone activate nothing. */
  readonly isNtp: boolean;
  readonly isDaylightSaving: boolean;
  /** POSIX 1003.1 section 8.3: `ICT-7` is seven hours ahead of UTC. */
  readonly timeZone: string | undefined;
  /** Milliseconds since the Unix epoch; undefined when the device gives none. */
  readonly now: number | undefined;
}

/** Where a device looks for NTP [ONVIF Core 8.2.5]. */
export interface NtpSettings {
  readonly isFromDhcp: boolean;
  /** Those in force: the ones of DHCP, or the ones that were set. */
  readonly servers: readonly string[];
}

/** Needs no credentials, like the clock alone. */
export function getSystemTime(): SoapOperation<SystemTime> {
  return deviceOperation('GetSystemDateAndTime', undefined, (answer) => {
    const time = requireChild(answer, 'SystemDateAndTime');
    return {
      isNtp: textAt(time, 'DateTimeType')?.toUpperCase() === 'NTP',
      isDaylightSaving: parseBoolean(textAt(time, 'DaylightSavings')) ?? false,
      timeZone: textAt(time, 'TimeZone', 'TZ'),
      now: readUtc(time),
    };
  });
}

/** Puts NTP in force: until this a device knows servers and asks none [ONVIF Core 8.1.5]. */
export function activateNtp(keep: Pick<SystemTime, 'isDaylightSaving' | 'timeZone'>): SoapOperation<undefined> {
  return deviceOperation('SetSystemDateAndTime', timeContent('NTP', keep), acknowledge);
}

/** Sets the clock itself, to the second; that ends NTP. */
export function setSystemTime(
  now: number,
  keep: Pick<SystemTime, 'isDaylightSaving' | 'timeZone'>,
): SoapOperation<undefined> {
  const at = new Date(now);
  const time = xml`<tt:Time><tt:Hour>${at.getUTCHours()}</tt:Hour><tt:Minute>${at.getUTCMinutes()}</tt:Minute><tt:Second>${at.getUTCSeconds()}</tt:Second></tt:Time>`;
  const date = xml`<tt:Date><tt:Year>${at.getUTCFullYear()}</tt:Year><tt:Month>${at.getUTCMonth() + 1}</tt:Month><tt:Day>${at.getUTCDate()}</tt:Day></tt:Date>`;
  const content = xml`${timeContent('Manual', keep)}<tds:UTCDateTime>${time}${date}</tds:UTCDateTime>`;
  return deviceOperation('SetSystemDateAndTime', content, acknowledge);
}

export function getNtp(): SoapOperation<NtpSettings> {
  return deviceOperation('GetNTP', undefined, (answer) => {
    const ntp = requireChild(answer, 'NTPInformation');
    const isFromDhcp = parseBoolean(textAt(ntp, 'FromDHCP')) ?? false;
    return { isFromDhcp, servers: readHosts(ntp, isFromDhcp ? 'NTPFromDHCP' : 'NTPManual') };
  });
}

/** Says where NTP is; it activates nothing. Without hosts the device takes those of DHCP [ONVIF Core 8.2.6]. */
export function setNtp(hosts: readonly TimeHost[]): SoapOperation<undefined> {
  const manual = hosts.map(
    (host) =>
      xml`<tds:NTPManual><tt:Type>${host.type}</tt:Type><tt:${tag(host)}>${host.value}</tt:${tag(host)}></tds:NTPManual>`,
  );
  return deviceOperation('SetNTP', xml`<tds:FromDHCP>${hosts.length === 0}</tds:FromDHCP>${manual}`, acknowledge);
}

function tag({ type }: TimeHost): XmlMarkup {
  return { markup: type === 'DNS' ? 'DNSname' : `${type}Address` };
}

function timeContent(
  type: 'NTP' | 'Manual',
  { isDaylightSaving, timeZone }: Pick<SystemTime, 'isDaylightSaving' | 'timeZone'>,
): XmlMarkup {
  const zone = timeZone === undefined ? undefined : xml`<tds:TimeZone><tt:TZ>${timeZone}</tt:TZ></tds:TimeZone>`;
  return xml`<tds:DateTimeType>${type}</tds:DateTimeType><tds:DaylightSavings>${isDaylightSaving}</tds:DaylightSavings>${zone}`;
}

function readHosts(parent: XmlElement, name: string): readonly string[] {
  return childrenNamed(parent, name)
    .slice(0, maxEntries)
    .flatMap((host) => readHost(host) ?? []);
}
