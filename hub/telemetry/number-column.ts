import { type ByteReader, type ByteWriter, largestInteger } from './bytes.ts';

/** Most decimal places of a number that is packed as a whole one. */
const mostDecimals = 6;
/** In place of decimals: the numbers need all their bits. */
export const asFloats = 7;
/** Added to decimals: all numbers of the column are the same. */
const constant = 8;

const powers = [1, 10, 100, 1_000, 10_000, 100_000, 1_000_000] as const;

/** The number as a whole one of `10^-decimals`. */
export function scale(value: number, decimals: number): number {
  return Math.round(value * (powers[decimals] ?? 1));
}

/** Back from `scale`: division gives the double that is nearest to the decimal fraction, which is what was scaled. */
export function unscale(whole: number, decimals: number): number {
  return whole / (powers[decimals] ?? 1);
}

function fits(value: number, decimals: number): boolean {
  const whole = scale(value, decimals);
  // Minus zero is a number of its own; as a whole one it would lose its sign.
  return !Object.is(value, -0) && Math.abs(whole) <= largestInteger && unscale(whole, decimals) === value;
}

/** The fewest decimals, from `least`, in which each number is exact; `asFloats` when there are none. */
export function decimalsOf(values: readonly number[], least = 0): number {
  let decimals = least;
  let largest = 0;
  for (const value of values) {
    while (decimals <= mostDecimals && !fits(value, decimals)) decimals++;
    if (decimals > mostDecimals) return asFloats;
    largest = Math.max(largest, Math.abs(value));
  }
  // A few decimals of one number may be too many for a large one before it.
  return scale(largest, decimals) <= largestInteger ? decimals : asFloats;
}

/** Packs numbers: scaled to whole ones and then their differences, or all 64 bits against the number before. */
export function writeNumbers(writer: ByteWriter, values: readonly number[]): void {
  const decimals = decimalsOf(values);
  const first = values[0] ?? 0;
  const same = values.every((value) => Object.is(value, first));
  writer.byte(decimals + (same ? constant : 0));
  const column = same ? values.slice(0, 1) : values;
  if (decimals === asFloats) writeFloats(writer, column);
  else writeWhole(writer, column, decimals);
}

export function readNumbers(reader: ByteReader, count: number): number[] {
  const mode = reader.byte();
  const same = mode >= constant;
  const decimals = same ? mode - constant : mode;
  const stored = same ? Math.min(count, 1) : count;
  const values = decimals === asFloats ? readFloats(reader, stored) : readWhole(reader, stored, decimals);
  return same && count > 1 ? new Array<number>(count).fill(values[0] ?? 0) : values;
}

function writeWhole(writer: ByteWriter, values: readonly number[], decimals: number): void {
  let before = 0;
  for (const value of values) {
    const whole = scale(value, decimals);
    writer.signed(whole - before);
    before = whole;
  }
}

function readWhole(reader: ByteReader, count: number, decimals: number): number[] {
  const values: number[] = [];
  let whole = 0;
  for (let index = 0; index < count; index++) {
    whole += reader.signed();
    values.push(unscale(whole, decimals));
  }
  return values;
}

const double = new Float64Array(1);
const doubleBytes = new Uint8Array(double.buffer);

/** Exclusive or with the number before, without its equal bytes: a byte with the count at the front and at the end, then the rest. */
function writeFloats(writer: ByteWriter, values: readonly number[]): void {
  const before = new Uint8Array(8);
  const mixed = new Uint8Array(8);
  for (const value of values) {
    double[0] = value;
    for (let at = 0; at < 8; at++) mixed[at] = (doubleBytes[at] ?? 0) ^ (before[at] ?? 0);
    before.set(doubleBytes);
    let low = 0;
    while (low < 8 && mixed[low] === 0) low++;
    let high = 8;
    while (high > low && mixed[high - 1] === 0) high--;
    writer.byte((low << 4) | (high - low));
    writer.bytes(mixed.subarray(low, high));
  }
}

function readFloats(reader: ByteReader, count: number): number[] {
  const values: number[] = [];
  const bits = new Uint8Array(8);
  for (let index = 0; index < count; index++) {
    const shape = reader.byte();
    const low = shape >> 4;
    for (let at = low; at < low + (shape & 15); at++) bits[at] = (bits[at] ?? 0) ^ reader.byte();
    doubleBytes.set(bits);
    values.push(double[0] ?? 0);
  }
  return values;
}
