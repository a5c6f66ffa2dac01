import { ProtocolError } from '../bytes/error.ts';
import { encodeCommand, encodeInquiry } from './message.ts';

// Commands and questions as in the command lists of Sony SRG-300H and SRG-120DU; PTZOptics and other makers take the same.

/** A question and how its answer is read. `parse` throws ProtocolError. */
export interface ViscaInquiry<T> {
  readonly name: string;
  readonly request: Uint8Array;
  readonly parse: (data: Uint8Array) => T;
}

/** Steps of the camera's own motors, 0 in the middle; how many there are differs from model to model. */
export interface ViscaPosition {
  readonly pan: number;
  readonly tilt: number;
}

export interface ViscaVersion {
  /** 1 is Sony. */
  readonly vendor: number;
  readonly model: number;
  readonly rom: number;
}

/** The highest speeds that every model takes. */
const maxPanSpeed = 0x18;
const maxTiltSpeed = 0x14;
const maxZoomSpeed = 7;
/** Presets of the wire; many models have only the first 6 or 16. */
const maxPreset = 0x7f;

/** On, or into standby. */
export function setPower(on: boolean): Uint8Array {
  return encodeCommand([0x04, 0x00, on ? 0x02 : 0x03]);
}

/** Goes to a stored position. `preset` is 0 to 127. */
export function recallPreset(preset: number): Uint8Array {
  if (preset > maxPreset) throw new ProtocolError('malformed', `${preset} is no preset from 0 to ${maxPreset}`);
  return encodeCommand([0x04, 0x3f, 0x02, preset]);
}

/**
 * Turns until it is told to stop. Speeds are -1 to 1; right and up are positive, 0 stands.
 * Whoever sends this must send `drive(0, 0)` after it, whatever happens in between.
 */
export function drive(pan: number, tilt: number): Uint8Array {
  return encodeCommand([
    0x06,
    0x01,
    speedOf(pan, maxPanSpeed),
    speedOf(tilt, maxTiltSpeed),
    directionOf(pan, { negative: 1, positive: 2 }),
    directionOf(tilt, { negative: 2, positive: 1 }),
  ]);
}

/** Zooms until it is told to stop. `speed` is -1 (wide) to 1 (tele); 0 stands. */
export function zoom(speed: number): Uint8Array {
  if (speed === 0) return encodeCommand([0x04, 0x07, 0x00]);
  const step = Math.round(Math.min(Math.abs(speed), 1) * maxZoomSpeed);
  return encodeCommand([0x04, 0x07, (speed > 0 ? 0x20 : 0x30) | step]);
}

/** Goes to a position at full speed. */
export function moveTo({ pan, tilt }: ViscaPosition): Uint8Array {
  return encodeCommand([0x06, 0x02, maxPanSpeed, maxTiltSpeed, ...nibbles(pan), ...nibbles(tilt)]);
}

/** Goes to a zoom position, 0 (wide) to 0x4000 (tele) on most models. */
export function zoomTo(position: number): Uint8Array {
  return encodeCommand([0x04, 0x47, ...nibbles(position)]);
}

export const inquiries = {
  /** True when on, false in standby. */
  power: inquiry('power', [0x04, 0x00], (data) => {
    const [state] = exactly(data, 1);
    if (state === 2 || state === 3) return state === 2;
    throw new ProtocolError('malformed', `${state} is no power state`);
  }),
  position: inquiry('position', [0x06, 0x12], (data): ViscaPosition => {
    const bytes = exactly(data, 8);
    return { pan: signed(fromNibbles(bytes.subarray(0, 4))), tilt: signed(fromNibbles(bytes.subarray(4))) };
  }),
  zoom: inquiry('zoom', [0x04, 0x47], (data) => fromNibbles(exactly(data, 4))),
  version: inquiry('version', [0x00, 0x02], (data): ViscaVersion => {
    const bytes = exactly(data, 7);
    const word = (at: number) => ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);
    return { vendor: word(0), model: word(2), rom: word(4) };
  }),
} as const;

function inquiry<T>(name: string, bytes: readonly number[], parse: (data: Uint8Array) => T): ViscaInquiry<T> {
  return { name, request: encodeInquiry(bytes), parse };
}

/** Speed 1 also where an axis stands: 0 is no speed of the wire. */
function speedOf(value: number, max: number): number {
  return Math.max(1, Math.round(Math.min(Math.abs(value), 1) * max));
}

function directionOf(value: number, codes: { readonly negative: number; readonly positive: number }): number {
  if (value === 0) return 3;
  return value > 0 ? codes.positive : codes.negative;
}

function exactly(data: Uint8Array, length: number): Uint8Array {
  if (data.length === length) return data;
  throw new ProtocolError('unsupported', `an answer of ${data.length} bytes where ${length} are known`);
}

/** 16 bits as four bytes of four bits. */
function nibbles(value: number): readonly number[] {
  if (!Number.isInteger(value) || value < -0x8000 || value > 0xffff) {
    throw new ProtocolError('malformed', `${value} does not fit in 16 bits`);
  }
  return [12, 8, 4, 0].map((shift) => (value >> shift) & 0x0f);
}

function fromNibbles(bytes: Uint8Array): number {
  return bytes.reduce((value, byte) => (value << 4) | (byte & 0x0f), 0);
}

function signed(value: number): number {
  return value >= 0x8000 ? value - 0x1_0000 : value;
}
