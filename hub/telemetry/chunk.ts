import { ProtocolError } from '../../protocols/bytes/error.ts';
import { ByteReader, ByteWriter } from './bytes.ts';
import { readNumbers, writeNumbers } from './number-column.ts';

/** The samples of one metric, by time; equal times are allowed. Times are milliseconds since the Unix epoch. */
export interface Series {
  readonly metric: number;
  readonly times: readonly number[];
  readonly values: readonly number[];
}

const version = 1;
/** Which ticks of the chunk a metric has. */
const presence = { all: 0, bitmap: 1, gaps: 2 } as const;

/**
 * Packs the samples that one device has in one span, none earlier than `start`. The moments are kept once for all metrics
 * (differences of differences), then each metric has its own block: which moments, and its numbers as a column.
 */
export function encodeChunk(start: number, series: readonly Series[]): Buffer {
  const ticks = ticksOf(series);
  const unit = ticks.every((tick) => tick % 1_000 === 0) && start % 1_000 === 0 ? 1_000 : 1;
  const writer = new ByteWriter();
  writer.byte(version);
  writer.varint(unit);
  writer.varint(ticks.length);
  let before = start;
  let step = 0;
  for (const tick of ticks) {
    const next = (tick - before) / unit;
    writer.signed(next - step);
    step = next;
    before = tick;
  }
  writer.varint(series.length);
  const block = new ByteWriter();
  for (const one of series) {
    block.reset();
    writePresence(block, one.times, ticks);
    writeNumbers(block, one.values);
    writer.varint(one.metric);
    writer.varint(block.length);
    writer.bytes(block.view());
  }
  return writer.finish();
}

/** The series of a chunk, or of one metric alone. Throws ProtocolError `truncated` or `unsupported`. */
export function decodeChunk(start: number, body: Uint8Array, metric?: number): Series[] {
  const reader = new ByteReader(body);
  const format = reader.byte();
  if (format !== version) throw new ProtocolError('unsupported', `chunk format ${format}`);
  const unit = reader.varint();
  const count = reader.varint();
  const ticks: number[] = [];
  let step = 0;
  let tick = start;
  for (let index = 0; index < count; index++) {
    step += reader.signed();
    tick += step * unit;
    ticks.push(tick);
  }
  const series: Series[] = [];
  for (let left = reader.varint(); left > 0; left--) {
    const id = reader.varint();
    const block = reader.part(reader.varint());
    if (metric !== undefined && id !== metric) continue;
    const times = readPresence(block, ticks);
    series.push({ metric: id, times, values: readNumbers(block, times.length) });
  }
  return series;
}

/** Both together, in order of time; at one moment the first's samples come first. */
export function mergeSeries(first: Series, second: Series): Series {
  const times = [...first.times, ...second.times];
  const values = [...first.values, ...second.values];
  if (times.every((time, index) => index === 0 || time >= (times[index - 1] ?? 0)))
    return { metric: first.metric, times, values };
  const order = times.map((_, index) => index).sort((a, b) => (times[a] ?? 0) - (times[b] ?? 0) || a - b);
  return {
    metric: first.metric,
    times: order.map((index) => times[index] ?? 0),
    values: order.map((index) => values[index] ?? 0),
  };
}

/** Every moment of any series, as often as the series that has it most often. */
function ticksOf(series: readonly Series[]): number[] {
  const first = series[0]?.times ?? [];
  if (series.every(({ times }) => sameTimes(times, first))) return [...first];
  const counts = new Map<number, number>();
  for (const { times } of series) {
    let run = 0;
    for (const [index, time] of times.entries()) {
      run = time === times[index - 1] ? run + 1 : 1;
      if (run > (counts.get(time) ?? 0)) counts.set(time, run);
    }
  }
  return [...counts.keys()]
    .sort((a, b) => a - b)
    .flatMap((time) => new Array<number>(counts.get(time) ?? 1).fill(time));
}

function sameTimes(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((time, index) => time === b[index]);
}

function writePresence(writer: ByteWriter, times: readonly number[], ticks: readonly number[]): void {
  if (times.length === ticks.length) {
    writer.byte(presence.all);
    return;
  }
  const at: number[] = [];
  for (let tick = 0; at.length < times.length; tick++) if (ticks[tick] === times[at.length]) at.push(tick);
  const bitmapBytes = Math.ceil(ticks.length / 8);
  if (at.length + 1 < bitmapBytes) {
    writer.byte(presence.gaps);
    writer.varint(at.length);
    for (const [index, tick] of at.entries()) writer.varint(tick - (at[index - 1] ?? -1) - 1);
    return;
  }
  const bitmap = new Uint8Array(bitmapBytes);
  for (const tick of at) bitmap[tick >> 3] = (bitmap[tick >> 3] ?? 0) | (1 << (tick & 7));
  writer.byte(presence.bitmap);
  writer.bytes(bitmap);
}

function readPresence(reader: ByteReader, ticks: readonly number[]): readonly number[] {
  const mode = reader.byte();
  if (mode === presence.all) return ticks;
  const times: number[] = [];
  if (mode === presence.gaps) {
    let tick = -1;
    for (let left = reader.varint(); left > 0; left--) {
      tick += reader.varint() + 1;
      times.push(ticks[tick] ?? 0);
    }
    return times;
  }
  let bits = 0;
  for (const [tick, time] of ticks.entries()) {
    if ((tick & 7) === 0) bits = reader.byte();
    if (bits & (1 << (tick & 7))) times.push(time);
  }
  return times;
}
