import { ProtocolError } from '../../protocols/bytes/error.ts';
import { ByteReader, ByteWriter, largestInteger } from './bytes.ts';
import { asFloats, decimalsOf, scale, unscale } from './number-column.ts';

/** What is left of the samples of one step of time. Two of one step merge into exactly what all samples would have given. */
export interface Bucket {
  readonly count: number;
  readonly min: number;
  readonly max: number;
  readonly sum: number;
  /** The latest sample; of two at the same moment the larger. */
  readonly last: number;
  readonly lastAt: number;
}

/** The roll-ups of one metric within one span, by number of the step; steps without samples are undefined. */
export interface Rollup {
  readonly metric: number;
  /** Decimal places in which every sample was exact, which keeps sums exact; `asFloats` for none. */
  readonly decimals: number;
  readonly buckets: readonly (Bucket | undefined)[];
}

const version = 1;

/** Rolls samples up, `steps` steps of `stepMs` from `start`. Every time must lie within. */
export function rollUp(span: Span, metric: number, times: readonly number[], values: readonly number[]): Rollup {
  const decimals = decimalsOf(values);
  const buckets = new Array<Bucket | undefined>(span.steps).fill(undefined);
  for (const [index, time] of times.entries()) {
    const value = values[index] ?? 0;
    const step = Math.floor((time - span.start) / span.stepMs);
    const sample: Bucket = { count: 1, min: value, max: value, sum: value, last: value, lastAt: time };
    buckets[step] = mergeBuckets(buckets[step], sample, decimals);
  }
  return { metric, decimals, buckets };
}

/** `steps` steps of `stepMs` each, from `start`. */
export interface Span {
  readonly start: number;
  readonly stepMs: number;
  readonly steps: number;
}

export function mergeRollups(first: Rollup, second: Rollup): Rollup {
  const decimals = Math.max(first.decimals, second.decimals);
  const length = Math.max(first.buckets.length, second.buckets.length);
  const buckets = Array.from({ length }, (_, step) =>
    mergeBuckets(first.buckets[step], second.buckets[step], decimals),
  );
  return { metric: first.metric, decimals, buckets };
}

function mergeBuckets(a: Bucket | undefined, b: Bucket | undefined, decimals: number): Bucket | undefined {
  if (!a || !b) return a ?? b;
  const later = a.lastAt === b.lastAt ? (a.last > b.last ? a : b) : a.lastAt > b.lastAt ? a : b;
  return {
    count: a.count + b.count,
    min: Math.min(a.min, b.min),
    max: Math.max(a.max, b.max),
    sum: addExactly(a.sum, b.sum, decimals),
    last: later.last,
    lastAt: later.lastAt,
  };
}

/** A sum of decimal fractions has no more decimals than they: what binary fractions add beyond is taken off. */
function addExactly(a: number, b: number, decimals: number): number {
  const sum = a + b;
  if (decimals === asFloats) return sum;
  const whole = scale(sum, decimals);
  return Math.abs(whole) <= largestInteger ? unscale(whole, decimals) : sum;
}

/** Packs the roll-ups of one device in one span of at most 32 steps. */
export function encodeRollups(span: Span, rollups: readonly Rollup[]): Buffer {
  const writer = new ByteWriter();
  const block = new ByteWriter();
  writer.byte(version);
  writer.varint(rollups.length);
  for (const rollup of rollups) {
    block.reset();
    writeRollup(block, span, rollup);
    writer.varint(rollup.metric);
    writer.varint(block.length);
    writer.bytes(block.view());
  }
  return writer.finish();
}

/** The roll-ups of a row, or of one metric alone. Throws ProtocolError `truncated` or `unsupported`. */
export function decodeRollups(span: Span, body: Uint8Array, metric?: number): Rollup[] {
  const reader = new ByteReader(body);
  const format = reader.byte();
  if (format !== version) throw new ProtocolError('unsupported', `roll-up format ${format}`);
  const rollups: Rollup[] = [];
  for (let left = reader.varint(); left > 0; left--) {
    const id = reader.varint();
    const block = reader.part(reader.varint());
    if (metric === undefined || id === metric) rollups.push(readRollup(block, span, id));
  }
  return rollups;
}

/** Steps are told by one bit each; a step of a single sample needs its value only once. */
function writeRollup(writer: ByteWriter, span: Span, { decimals, buckets }: Rollup): void {
  const exact = decimals !== asFloats && buckets.every((bucket) => !bucket || isExact(bucket, decimals));
  writer.byte(decimals + (exact ? 0 : 8));
  let mask = 0;
  for (const [step, bucket] of buckets.entries()) if (bucket) mask += 2 ** step;
  writer.varint(mask);
  let before = 0;
  for (const [step, bucket] of buckets.entries()) {
    if (!bucket) continue;
    writer.varint(bucket.count);
    writer.varint(bucket.lastAt - span.start - step * span.stepMs);
    if (!exact) writeDoubles(writer, bucket);
    else before = writeWhole(writer, bucket, decimals, before);
  }
}

function isExact(bucket: Bucket, decimals: number): boolean {
  return [bucket.min, bucket.max, bucket.last, bucket.sum, bucket.last * bucket.count].every(
    (value) => Math.abs(scale(value, decimals)) <= largestInteger,
  );
}

function writeDoubles(writer: ByteWriter, { count, last, min, max, sum }: Bucket): void {
  writer.double(last);
  if (count === 1) return;
  for (const value of [min, max, sum]) writer.double(value);
}

function writeWhole(writer: ByteWriter, bucket: Bucket, decimals: number, before: number): number {
  const last = scale(bucket.last, decimals);
  writer.signed(last - before);
  if (bucket.count > 1) {
    writer.varint(last - scale(bucket.min, decimals));
    writer.varint(scale(bucket.max, decimals) - last);
    writer.signed(scale(bucket.sum, decimals) - last * bucket.count);
  }
  return last;
}

function readRollup(reader: ByteReader, span: Span, metric: number): Rollup {
  const mode = reader.byte();
  const decimals = mode & 7;
  const mask = reader.varint();
  let before = 0;
  const buckets = Array.from({ length: span.steps }, (_, step): Bucket | undefined => {
    if (Math.floor(mask / 2 ** step) % 2 === 0) return undefined;
    const count = reader.varint();
    const lastAt = span.start + step * span.stepMs + reader.varint();
    if (mode >= 8) return { count, lastAt, ...readDoubles(reader, count) };
    const last = before + reader.signed();
    before = last;
    return { count, lastAt, ...readWhole(reader, count, last, decimals) };
  });
  return { metric, decimals, buckets };
}

type Values = Omit<Bucket, 'count' | 'lastAt'>;

function readDoubles(reader: ByteReader, count: number): Values {
  const last = reader.double();
  if (count === 1) return { last, min: last, max: last, sum: last };
  return { last, min: reader.double(), max: reader.double(), sum: reader.double() };
}

function readWhole(reader: ByteReader, count: number, last: number, decimals: number): Values {
  const value = unscale(last, decimals);
  if (count === 1) return { last: value, min: value, max: value, sum: value };
  return {
    last: value,
    min: unscale(last - reader.varint(), decimals),
    max: unscale(last + reader.varint(), decimals),
    sum: unscale(last * count + reader.signed(), decimals),
  };
}
