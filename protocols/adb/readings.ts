import { ProtocolError } from '../bytes/error.ts';
import { isPackageName, isSerial } from './services.ts';

/** One line of `host:devices-l`. */
export interface ListedDevice {
  readonly serial: string;
  /** `device` when ready; else `unauthorized`, `offline` and other words of the server. */
  readonly state: string;
  /** `Quest_3`; absent while the server does not know it. */
  readonly model?: string;
}

const maxDevices = 256;
const maxPackages = 1_000;
/** Two parts, because `no permissions (user in plugdev group; ...)` has spaces and the properties have colons. */
const listLine = /^(\S+)\s+(no permissions|\S+)/;

/** Reads `host:devices-l`. Throws ProtocolError `malformed` or `oversize`. */
export function parseDevices(text: string): readonly ListedDevice[] {
  const lines = linesOf(text);
  if (lines.length > maxDevices) throw new ProtocolError('oversize', `${lines.length} devices at one server`);
  return lines.flatMap((line) => {
    const [, serial, state] = listLine.exec(line) ?? [];
    if (serial === undefined || state === undefined) throw new ProtocolError('malformed', 'a device has no state');
    const [, model] = / model:(\S{1,80})/.exec(line) ?? [];
    return isSerial(serial) ? [{ serial, state, ...(model === undefined ? {} : { model }) }] : [];
  });
}

/** Reads `getprop`: lines of `[name]: [value]`; values that span lines keep their first. Throws ProtocolError `malformed`. */
export function parseProperties(text: string): ReadonlyMap<string, string> {
  const properties = new Map<string, string>();
  for (const line of linesOf(text)) {
    const [, name, value] = /^\[([^\]]{1,200})\]: \[(.*?)\]?$/.exec(line) ?? [];
    if (name !== undefined && value !== undefined) properties.set(name, value);
  }
  if (properties.size === 0) throw new ProtocolError('malformed', 'getprop names no property');
  return properties;
}

export const chargeStates = ['unknown', 'unknown', 'charging', 'discharging', 'not-charging', 'full'] as const;
export const batteryHealths = [
  'unknown',
  'unknown',
  'good',
  'overheated',
  'dead',
  'overvoltage',
  'failure',
  'cold',
] as const;

/** Numbers are absent where the device does not say them or says nonsense. */
export interface Battery {
  readonly state: (typeof chargeStates)[number];
  readonly health: (typeof batteryHealths)[number];
  /** 0 to 100. */
  readonly percent: number | undefined;
  readonly celsius: number | undefined;
  readonly isPlugged: boolean;
}

/** Reads `dumpsys battery`; status and health are those of android.os.BatteryManager. Throws ProtocolError `malformed`. */
export function parseBattery(text: string): Battery {
  const values = new Map<string, string>();
  for (const line of linesOf(text)) {
    // The first word wins: some builds append a log that repeats the names.
    const [, name, value] = /^\s+([A-Za-z ]{1,40}): (\S+)$/.exec(line) ?? [];
    if (name !== undefined && value !== undefined && !values.has(name)) values.set(name, value);
  }
  const number = (name: string) => (/^-?\d{1,7}$/.test(values.get(name) ?? '') ? Number(values.get(name)) : undefined);
  const level = number('level');
  if (level === undefined) throw new ProtocolError('malformed', 'the battery tells no level');
  const percent = Math.round((level / (number('scale') || 100)) * 100);
  const tenths = number('temperature');
  return {
    state: chargeStates[number('status') ?? 0] ?? 'unknown',
    health: batteryHealths[number('health') ?? 0] ?? 'unknown',
    percent: percent >= 0 && percent <= 100 ? percent : undefined,
    celsius: tenths !== undefined && tenths > -500 && tenths < 1_500 ? tenths / 10 : undefined,
    isPlugged: ['AC', 'USB', 'Wireless', 'Dock'].some((source) => values.get(`${source} powered`) === 'true'),
  };
}

export interface Disk {
  readonly sizeBytes: number;
  readonly usedBytes: number;
}

/** Reads `df -k`: the last volume. Throws ProtocolError `malformed`. */
export function parseDisk(text: string): Disk {
  const line = linesOf(text).at(-1) ?? '';
  const [, size, used] = /^\S+\s+(\d{1,12})\s+(\d{1,12})\s+\d{1,12}\s+\d{1,3}%\s+\//.exec(line) ?? [];
  if (size === undefined || used === undefined) throw new ProtocolError('malformed', 'df tells no volume');
  return { sizeBytes: Number(size) * 1_024, usedBytes: Number(used) * 1_024 };
}

export interface InstalledPackage {
  readonly id: string;
  /** The version code, as text; empty where the build does not tell it. */
  readonly version: string;
}

/** Reads `pm list packages --show-versioncode`, in the order of ids. Throws ProtocolError `oversize` or `malformed`. */
export function parsePackages(text: string): readonly InstalledPackage[] {
  const lines = linesOf(text);
  if (lines.length > maxPackages) throw new ProtocolError('oversize', `${lines.length} packages`);
  const packages = lines.map((line) => {
    const [, id = '', version = ''] = /^package:(\S+?)(?: versionCode:(\d{1,20}))?(?: \S+)*$/.exec(line) ?? [];
    if (!isPackageName(id)) throw new ProtocolError('malformed', 'a line of the package list names no package');
    return { id, version };
  });
  return packages.sort((a, b) => (a.id < b.id ? -1 : 1));
}

/** The verdict of `pm install` and `pm uninstall`: undefined on success, else the reason, at most 200 characters. */
export function parsePackageFailure(text: string): string | undefined {
  const lines = linesOf(text);
  if (lines.some((line) => line.trim() === 'Success')) return undefined;
  return (lines.find((line) => /failure|error/i.test(line)) ?? lines.at(-1) ?? 'no answer').slice(0, 200);
}

/** Old devices answer through a terminal, which writes CR LF. */
function linesOf(text: string): string[] {
  return text
    .split('\n')
    .map((line) => line.replace(/\r+$/, ''))
    .filter((line) => line.trim() !== '');
}
