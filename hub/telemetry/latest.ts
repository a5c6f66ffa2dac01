import { ByteReader, ByteWriter } from './bytes.ts';
import type { SamplesOfTick } from './frame.ts';

/** The last value of one metric. */
export interface LatestValue {
  readonly value: number;
  readonly at: number;
}

/** Last values of one device, in arrays of plain numbers: some five for each of 100,000 devices. */
interface DeviceValues {
  readonly metrics: number[];
  readonly values: number[];
  readonly times: number[];
  reportedAt: number;
}

const version = 1;

/** The last value of every metric of every device, in memory. */
export class LatestValues {
  readonly #devices = new Map<string, DeviceValues>();
  /** Each key once, however often a frame brings it. */
  readonly #keys: string[] = [];
  readonly #numbers = new Map<string, number>();

  /** A later time wins; of two values at one moment the one that comes later. */
  put(device: string, key: string, value: number, at: number): void {
    this.#set(this.#device(device), this.#numberOf(key), value, at);
  }

  putTick({ device, at, values }: SamplesOfTick, receivedAt: number): void {
    const known = this.#device(device);
    known.reportedAt = Math.max(known.reportedAt, receivedAt);
    for (const key in values) this.#set(known, this.#numberOf(key), values[key] ?? 0, at);
  }

  /** When the hub last stored samples of this device; undefined when memory has none. */
  reportedAt(device: string): number | undefined {
    return this.#devices.get(device)?.reportedAt || undefined;
  }

  of(device: string): ReadonlyMap<string, LatestValue> {
    const known = this.#devices.get(device);
    if (!known) return new Map();
    return new Map(
      known.metrics.map((metric, index) => [
        this.#keys[metric] ?? '',
        { value: known.values[index] ?? 0, at: known.times[index] ?? 0 },
      ]),
    );
  }

  #device(id: string): DeviceValues {
    let known = this.#devices.get(id);
    if (!known) {
      known = { metrics: [], values: [], times: [], reportedAt: 0 };
      this.#devices.set(id, known);
    }
    return known;
  }

  #numberOf(key: string): number {
    let number = this.#numbers.get(key);
    if (number === undefined) {
      number = this.#keys.push(key) - 1;
      this.#numbers.set(key, number);
    }
    return number;
  }

  #set(known: DeviceValues, metric: number, value: number, at: number): void {
    const index = known.metrics.indexOf(metric);
    if (index === -1) {
      known.metrics.push(metric);
      known.values.push(value);
      known.times.push(at);
    } else if (at >= (known.times[index] ?? 0)) {
      known.values[index] = value;
      known.times[index] = at;
    }
  }
}

/** Packs the last values of one device, by number of the metric. */
export function encodeLatest(values: ReadonlyMap<number, LatestValue>): Buffer {
  const writer = new ByteWriter();
  writer.byte(version);
  writer.varint(values.size);
  for (const [metric, { value, at }] of values) {
    writer.varint(metric);
    writer.varint(at);
    writer.double(value);
  }
  return writer.finish();
}

export function decodeLatest(body: Uint8Array): Map<number, LatestValue> {
  const reader = new ByteReader(body);
  const values = new Map<number, LatestValue>();
  if (reader.byte() !== version) return values;
  for (let left = reader.varint(); left > 0; left--) {
    const metric = reader.varint();
    const at = reader.varint();
    values.set(metric, { at, value: reader.double() });
  }
  return values;
}
