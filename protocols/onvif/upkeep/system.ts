import { ProtocolError } from '../../bytes/error.ts';
import { deviceOperation, maxEntries } from '../device.ts';
import { requireChild, requireText, type SoapOperation } from '../soap.ts';
import { parseBoolean, parseDuration } from '../values.ts';
import { attribute, child, childrenNamed, textAt, type XmlElement } from '../xml.ts';
import { xml } from '../xml-markup.ts';
import { isInclude } from './multipart.ts';

/** What a device says that it can do for its own upkeep. Undefined where it does not say. */
export interface UpkeepCapabilities {
  /** StartFirmwareUpgrade and an HTTP POST. */
  readonly hasHttpUpgrade: boolean | undefined;
  /** UpgradeSystemFirmware, the older way. */
  readonly hasSoapUpgrade: boolean | undefined;
  readonly hasLog: boolean | undefined;
  /** GetSystemUris: the log as a file. */
  readonly hasHttpLog: boolean | undefined;
}

export type LogKind = 'system' | 'access';

/** A log: as text, or the address of the attachment that holds it. */
export type SystemLog = { readonly text: string } | { readonly attachment: string };

export interface UpgradeOffer {
  /** The device's claim; only port and path may be used. */
  readonly uploadUri: string;
  /** How long to wait before the image may come. */
  readonly uploadDelayMs: number;
  /** How long the device expects to be away afterwards; undefined when it cannot be read. */
  readonly downTimeMs: number | undefined;
}

/** Where the image is in an upgrade by SOAP: an attachment named by this. */
const imageId = 'image@edufleet';

/** The device service's own capabilities, as attributes [ONVIF Core 8.1.2.2]. Needs no credentials. */
export function getUpkeepCapabilities(): SoapOperation<UpkeepCapabilities> {
  return deviceOperation('GetServiceCapabilities', undefined, (answer) => {
    const system = child(requireChild(answer, 'Capabilities'), 'System');
    const flag = (name: string) => parseBoolean(system && attribute(system, name));
    return {
      hasHttpUpgrade: flag('HttpFirmwareUpgrade'),
      hasSoapUpgrade: flag('FirmwareUpgrade'),
      hasLog: flag('SystemLogging'),
      hasHttpLog: flag('HttpSystemLogging'),
    };
  });
}

/** The same of devices of before 2011, as elements [ONVIF Core 8.1.2.3]. */
export function getOldUpkeepCapabilities(): SoapOperation<UpkeepCapabilities> {
  const content = xml`<tds:Category>Device</tds:Category>`;
  return deviceOperation('GetCapabilities', content, (answer) => {
    const system = child(requireChild(answer, 'Capabilities'), 'Device', 'System');
    const flag = (...path: readonly string[]) => parseBoolean(textAt(system, ...path));
    return {
      hasHttpUpgrade: flag('Extension', 'HttpFirmwareUpgrade'),
      hasSoapUpgrade: flag('FirmwareUpgrade'),
      hasLog: flag('SystemLogging'),
      hasHttpLog: flag('Extension', 'HttpSystemLogging'),
    };
  });
}

/** A log of the device [ONVIF Core 8.1.8]. Faults `SystemlogUnavailable` and `AccesslogUnavailable` say that there is none. */
export function getSystemLog(kind: LogKind): SoapOperation<SystemLog> {
  const type = kind === 'access' ? 'Access' : 'System';
  return deviceOperation('GetSystemLog', xml`<tds:LogType>${type}</tds:LogType>`, (answer) => {
    const log = requireChild(answer, 'SystemLog');
    const text = child(log, 'String')?.text;
    if (text !== undefined) return { text };
    return readBinary(child(log, 'Binary'));
  });
}

/** Addresses of the logs as files, by kind [ONVIF Core 8.1.12]. */
export function getSystemUris(): SoapOperation<Readonly<Partial<Record<LogKind, string>>>> {
  return deviceOperation('GetSystemUris', undefined, (answer) => {
    const uris: Partial<Record<LogKind, string>> = {};
    for (const entry of childrenNamed(child(answer, 'SystemLogUris'), 'SystemLog').slice(0, maxEntries)) {
      const uri = textAt(entry, 'Uri');
      if (uri !== undefined) uris[textAt(entry, 'Type') === 'Access' ? 'access' : 'system'] ??= uri;
    }
    return uris;
  });
}

/** Asks for a place to send an image to [ONVIF Core 8.1.13]. */
export function startFirmwareUpgrade(): SoapOperation<UpgradeOffer> {
  return deviceOperation('StartFirmwareUpgrade', undefined, (answer) => ({
    uploadUri: requireText(answer, 'UploadUri'),
    uploadDelayMs: parseDuration(textAt(answer, 'UploadDelay')) ?? 0,
    downTimeMs: parseDuration(textAt(answer, 'ExpectedDownTime')),
  }));
}

/**
 * Sends an image inside the request, which must go as a multipart message with it [ONVIF Core 2.x 8.2.11; no longer in 26.06].
 * The result is what the device has to say.
 */
export function upgradeSystemFirmware(): SoapOperation<string | undefined> & { readonly imageId: string } {
  const include = xml`<xop:Include xmlns:xop="http://www.w3.org/2004/08/xop/include" href="cid:${imageId}"/>`;
  const content = xml`<tds:Firmware xmlns:xmime="http://www.w3.org/2005/05/xmlmime" xmime:contentType="application/octet-stream">${include}</tds:Firmware>`;
  return { ...deviceOperation('UpgradeSystemFirmware', content, (answer) => textAt(answer, 'Message')), imageId };
}

/** Restarts the device. It answers first [ONVIF Core 8.1.11]; the result is what it has to say. */
export function systemReboot(): SoapOperation<string | undefined> {
  return deviceOperation('SystemReboot', undefined, (answer) => textAt(answer, 'Message'));
}

/** An attachment by reference, or base64 in place, which XOP makes of it where a device does not optimise [XOP 1.0 section 2]. */
function readBinary(binary: XmlElement | undefined): SystemLog {
  const include = binary?.children.find(isInclude);
  const reference = include && attribute(include, 'href');
  if (reference !== undefined) return { attachment: reference };
  const inline = binary?.text.replace(/\s+/g, '');
  if (inline) return { text: Buffer.from(inline, 'base64').toString('utf8') };
  throw new ProtocolError('malformed', 'the log has neither text nor attachment');
}
