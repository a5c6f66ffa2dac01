import { sql } from 'kysely';
import type { z } from 'zod';
import type { Telemetry, telemetryQuery } from '../../protocols/api/devices.ts';
import { findMetric } from '../../protocols/fleet/capabilities/index.ts';
import { InvalidInputError } from '../access/index.ts';
import type { Store } from '../store/index.ts';
import { decodeChunk } from './chunk.ts';
import type { MetricDictionary } from './dictionary.ts';
import { readStoredFrame } from './frame.ts';
import { dayMs, hourMs, type Layer, layers, spanOf, spanStart } from './layer.ts';
import { type Bucket, decodeRollups, mergeRollups, type Rollup, rollUp } from './rollup.ts';

export type TelemetryQuery = z.output<typeof telemetryQuery>;

/** Whose samples: rows carry the short number, frames the id and their agent. */
export interface SeriesOwner {
  readonly id: string;
  readonly sid: number;
  readonly agentId: string;
}

export interface SeriesDeps {
  readonly store: Store;
  readonly dictionary: MetricDictionary;
}

type Point = Telemetry['points'][number];
type Step = Telemetry['step'];

/** Longest time told in samples as they came, and in steps of five minutes; beyond, steps of an hour. */
const longest = { raw: 6 * hourMs, rawWhenAsked: 2 * dayMs, fiveMinute: 10 * dayMs, any: 3_660 * dayMs } as const;

/**
 * One metric of one device over time: what is compacted and what is not yet, from one snapshot. Steps that are too fine
 * for the time asked are made coarser; the answer tells its step. Throws InvalidInputError.
 */
export async function readSeries(deps: SeriesDeps, owner: SeriesOwner, query: TelemetryQuery): Promise<Telemetry> {
  const from = Date.parse(query.from);
  const to = Date.parse(query.to);
  if (!(from < to)) throw new InvalidInputError('to', 'The end must lie after the beginning.');
  if (to - from > longest.any) throw new InvalidInputError('from', 'At most ten years at a time.');
  const step = stepFor(query.step, to - from);
  const range = { from, to, metric: query.metric };
  const points = step === 'raw' ? await rawPoints(deps, owner, range) : await stepPoints(deps, owner, range, step);
  return { metric: query.metric, unit: findMetric(query.metric)?.unit ?? '', step, points };
}

function stepFor(asked: TelemetryQuery['step'], lengthMs: number): Step {
  if (asked === 'raw' && lengthMs <= longest.rawWhenAsked) return 'raw';
  if (asked === 'auto' && lengthMs <= longest.raw) return 'raw';
  if (asked !== '1h' && lengthMs <= longest.fiveMinute) return '5m';
  return '1h';
}

interface Range {
  readonly from: number;
  readonly to: number;
  readonly metric: string;
}

interface Found {
  /** Start of a span with its packed row, or undefined with a frame that is not compacted yet. */
  readonly start: Date | null;
  readonly body: Buffer;
}

/** Packed rows and frames in one statement, hence of one moment: nothing is counted twice while it is being compacted. */
async function find({ store }: SeriesDeps, owner: SeriesOwner, layer: Layer, { from, to }: Range): Promise<Found[]> {
  const column = sql.ref(layer.column);
  const { rows } = await sql<Found>`
    select ${column} as start, body from ${sql.table(layer.table)}
    where device_sid = ${owner.sid} and ${column} >= ${new Date(spanStart(layer, from))} and ${column} < ${new Date(to)}
    union all
    select null, payload from telemetry_frame
    where agent_id = ${owner.agentId} and last_at >= ${new Date(from)} and first_at < ${new Date(to)}`.execute(
    store.db,
  );
  return rows;
}

interface Samples {
  readonly times: number[];
  readonly values: number[];
}

function samplesOfFrame(body: Buffer, device: string, { from, to, metric }: Range, samples: Samples): void {
  for (const tick of readStoredFrame(body)) {
    const value = tick.values[metric];
    if (tick.device !== device || value === undefined || tick.at < from || tick.at >= to) continue;
    samples.times.push(tick.at);
    samples.values.push(value);
  }
}

async function rawPoints(deps: SeriesDeps, owner: SeriesOwner, range: Range): Promise<Point[]> {
  const metric = await deps.dictionary.find(deps.store.db, range.metric);
  const samples: Samples = { times: [], values: [] };
  for (const { start, body } of await find(deps, owner, layers.raw, range)) {
    if (start === null) samplesOfFrame(body, owner.id, range, samples);
    else if (metric !== undefined) samplesOfChunk(decodeChunk(start.getTime(), body, metric), samples);
  }
  const points: Point[] = [];
  for (const [index, at] of samples.times.entries()) {
    const value = samples.values[index] ?? 0;
    if (at >= range.from && at < range.to) points.push([at, value, value, value, 1]);
  }
  return points.sort((a, b) => a[0] - b[0]);
}

/** One by one: a chunk may hold more samples than a call takes arguments. */
function samplesOfChunk(chunk: ReturnType<typeof decodeChunk>, samples: Samples): void {
  for (const { times, values } of chunk) {
    for (const at of times) samples.times.push(at);
    for (const value of values) samples.values.push(value);
  }
}

async function stepPoints(deps: SeriesDeps, owner: SeriesOwner, range: Range, step: '5m' | '1h'): Promise<Point[]> {
  const layer: Layer = step === '5m' ? layers.fiveMinute : layers.hourly;
  const metric = await deps.dictionary.find(deps.store.db, range.metric);
  // Whole steps: the first and the last are told with all their samples.
  const whole = {
    ...range,
    from: Math.floor(range.from / layer.stepMs) * layer.stepMs,
    to: Math.ceil(range.to / layer.stepMs) * layer.stepMs,
  };
  const rollups = new Map<number, Rollup>();
  const put = (start: number, rollup: Rollup) => {
    const known = rollups.get(start);
    rollups.set(start, known ? mergeRollups(known, rollup) : rollup);
  };
  const samples: Samples = { times: [], values: [] };
  for (const { start, body } of await find(deps, owner, layer, whole)) {
    if (start === null) samplesOfFrame(body, owner.id, whole, samples);
    else if (metric !== undefined)
      for (const one of decodeRollups(spanOf(layer, start.getTime()), body, metric)) put(start.getTime(), one);
  }
  for (const [start, part] of bySpan(layer, samples))
    put(start, rollUp(spanOf(layer, start), metric ?? 0, part.times, part.values));
  const points = [...rollups].flatMap(([start, { buckets }]) =>
    buckets.flatMap((bucket, index) => (bucket ? [pointOf(start + index * layer.stepMs, bucket)] : [])),
  );
  return points.filter(([at]) => at >= whole.from && at < whole.to).sort((a, b) => a[0] - b[0]);
}

function bySpan(layer: Layer, { times, values }: Samples): ReadonlyMap<number, Samples> {
  const parts = new Map<number, Samples>();
  for (const [index, at] of times.entries()) {
    const start = spanStart(layer, at);
    const part = parts.get(start) ?? { times: [], values: [] };
    part.times.push(at);
    part.values.push(values[index] ?? 0);
    parts.set(start, part);
  }
  return parts;
}

function pointOf(at: number, { sum, count, min, max }: Bucket): Point {
  return [at, sum / count, min, max, count];
}
