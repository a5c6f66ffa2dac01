import { ProtocolError } from '../bytes/error.ts';

/** Command codes of MDC 15.0 that this product uses. */
export const mdcCommands = {
  status: 0x00,
  serial: 0x0b,
  faults: 0x0d,
  software: 0x0e,
  power: 0x11,
  volume: 0x12,
  mute: 0x13,
  input: 0x14,
  remoteControl: 0x36,
  panelLock: 0x5f,
  ticker: 0x63,
  name: 0x67,
  keysLock: 0x77,
  panelOnTime: 0x83,
  model: 0x8a,
  clockMinutes: 0xa7,
  clock: 0xc5,
  picture: 0xf9,
} as const;

/** Answer to `status`. Volume and mute are absent on models without sound. */
export interface MdcStatus {
  readonly on: boolean;
  readonly volume: number | undefined;
  readonly muted: boolean | undefined;
  readonly input: number;
}

/** Answer to `faults`: what the display finds wrong with itself, and its temperature in °C. */
export interface MdcFaults {
  readonly lamp: boolean;
  readonly temperature: boolean;
  readonly brightnessSensor: boolean;
  /** Undefined while an application is shown, which has no input signal. */
  readonly signal: boolean | undefined;
  readonly celsius: number;
  /** Undefined where there is no fan. */
  readonly fan: boolean | undefined;
}

const absent = 0xff;

/** Throws ProtocolError `truncated` or `malformed`. */
export function parseStatus(data: Uint8Array): MdcStatus {
  const [power, volume, mute, input] = require(data, 4, 'status');
  return {
    on: flag(power, 'power'),
    volume: volume === absent ? undefined : percent(volume),
    muted: mute === absent ? undefined : flag(mute, 'mute'),
    input,
  };
}

/** Throws ProtocolError `truncated` or `malformed`. */
export function parseFaults(data: Uint8Array): MdcFaults {
  const [lamp, temperature, brightness, noSync, celsius, fan] = require(data, 6, 'fault');
  return {
    lamp: flag(lamp, 'lamp'),
    temperature: flag(temperature, 'temperature'),
    // 0 no sensor, 1 broken, 2 sound.
    brightnessSensor: brightness === 1,
    signal: noSync === 2 ? undefined : !flag(noSync, 'no-sync'),
    celsius,
    fan: fan === 2 ? undefined : flag(fan, 'fan'),
  };
}

/** Hours from the counter of ten minutes, whose length grew with the models. Throws ProtocolError `truncated` or `malformed`. */
export function parsePanelOnHours(data: Uint8Array): number {
  if (data.length === 0) throw new ProtocolError('truncated', 'the panel-on time is empty');
  if (data.length > 4) throw new ProtocolError('malformed', `the panel-on time has ${data.length} bytes`);
  return data.reduce((sum, byte) => sum * 256 + byte, 0) / 6;
}

/** A text value without its padding. */
export function parseText(data: Uint8Array): string {
  const end = data.indexOf(0);
  return new TextDecoder().decode(end < 0 ? data : data.subarray(0, end)).trim();
}

/** A value of one byte that is 0 or 1. Throws ProtocolError `truncated` or `malformed`. */
export function parseFlag(data: Uint8Array): boolean {
  const [value] = require(data, 1, 'flag');
  return flag(value, 'flag');
}

function require(data: Uint8Array, length: number, what: string): [number, number, number, number, number, number] {
  if (data.length < length) {
    throw new ProtocolError('truncated', `an MDC ${what} answer has ${data.length} bytes, not ${length}`);
  }
  const [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0] = data;
  return [a, b, c, d, e, f];
}

function flag(value: number, what: string): boolean {
  if (value > 1) throw new ProtocolError('malformed', `MDC ${what} is 0 or 1, not ${value}`);
  return value === 1;
}

function percent(value: number): number {
  if (value > 100) throw new ProtocolError('malformed', `an MDC volume is at most 100, not ${value}`);
  return value;
}
