import { ProtocolError } from '../bytes/error.ts';

/** Command codes of SICP V1.99 and V2.03 that this product uses. */
export const sicpCommands = {
  hours: 0x0f,
  serial: 0x15,
  setPower: 0x18,
  power: 0x19,
  temperature: 0x2f,
  setVolume: 0x44,
  volume: 0x45,
  mute: 0x46,
  setMute: 0x47,
  signal: 0x59,
  backlight: 0x71,
  setBacklight: 0x72,
  model: 0xa1,
  platform: 0xa2,
  setSource: 0xac,
  source: 0xad,
} as const;

/** Which part of `model` and `platform` is asked for. */
export const sicpParts = { modelNumber: 0x00, firmware: 0x01, platformLabel: 0x01, platformVersion: 0x02 } as const;
/** The operating hours among the miscellaneous values. */
export const operatingHours = 0x02;

/** Throws ProtocolError `truncated` or `malformed`. */
export function parsePower(data: Uint8Array): boolean {
  const value = first(data, 'power');
  if (value !== 1 && value !== 2) throw new ProtocolError('malformed', `SICP power is 1 or 2, not ${value}`);
  return value === 2;
}

/** The loudspeaker's part of the answer, 0 to 100. Throws ProtocolError `truncated` or `malformed`. */
export function parseVolume(data: Uint8Array): number {
  const value = first(data, 'volume');
  if (value > 100) throw new ProtocolError('malformed', `a SICP volume is at most 100, not ${value}`);
  return value;
}

/** A value of one byte that is 0 or 1. Throws ProtocolError `truncated` or `malformed`. */
export function parseFlag(data: Uint8Array): boolean {
  const value = first(data, 'flag');
  if (value > 1) throw new ProtocolError('malformed', `this SICP value is 0 or 1, not ${value}`);
  return value === 1;
}

/** The first sensor in °C; undefined for what no panel survives, with which some tell that they have no sensor. */
export function parseTemperature(data: Uint8Array): number | undefined {
  const value = first(data, 'temperature');
  return value > 120 ? undefined : value;
}

/** High byte first. Throws ProtocolError `truncated`. */
export function parseHours(data: Uint8Array): number {
  const [high, low] = data;
  if (high === undefined || low === undefined) throw new ProtocolError('truncated', 'SICP hours have two bytes');
  return high * 256 + low;
}

/** The source byte. Throws ProtocolError `truncated`. */
export function parseSource(data: Uint8Array): number {
  return first(data, 'source');
}

/** Text without the zero bytes and spaces around it. */
export function parseText(data: Uint8Array): string {
  return new TextDecoder().decode(data).replaceAll('\0', ' ').trim();
}

function first(data: Uint8Array, what: string): number {
  const [value] = data;
  if (value === undefined) throw new ProtocolError('truncated', `a SICP ${what} answer is empty`);
  return value;
}
