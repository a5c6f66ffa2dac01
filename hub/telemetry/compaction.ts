import { sql } from 'kysely';
import { RecoverableError } from '../../protocols/errors.ts';
import { type Trx, tryLock } from '../store/index.ts';
import { decodeChunk, encodeChunk, mergeSeries, type Series } from './chunk.ts';
import { type GatherDeps, type Gathered, gather, type HourOfDevice, readFrames } from './gather.ts';
import { decodeLatest, encodeLatest, type LatestValue } from './latest.ts';
import { dayMs, type Layer, type LayerName, layers, type Retention, spanOf, spanStart } from './layer.ts';
import type { Partitions } from './partitions.ts';
import { decodeRollups, encodeRollups, mergeRollups, type Rollup, rollUp } from './rollup.ts';

export interface CompactionDeps extends GatherDeps {
  readonly partitions: Partitions;
  readonly retention: Retention;
}

export interface CompactionResult {
  readonly frames: number;
  readonly samples: number;
}

const rowsAStatement = 500;

/**
 * Moves frames of agents whose oldest is at least `olderThanMs` old into chunks and roll-ups, in one transaction: a crash
 * leaves either the frames or the rows. Returns what it moved; nothing left to do, or another hub at work, is 0 frames.
 */
export async function compactOnce(deps: CompactionDeps, nowMs: number, olderThanMs: number): Promise<CompactionResult> {
  const frames = await readFrames(deps.store, new Date(nowMs - olderThanMs));
  if (frames.length === 0) return { frames: 0, samples: 0 };
  const samples = await gather(deps, frames);
  const moved = await deps.store.transaction(async (trx) => {
    if (!(await tryLock(trx, 'telemetry-compaction'))) return false;
    await takeFrames(
      trx,
      frames.map(({ id }) => id),
    );
    await writeRaw(deps, trx, samples, nowMs);
    await writeRollups(deps, trx, samples, 'fiveMinute', nowMs);
    await writeRollups(deps, trx, samples, 'hourly', nowMs);
    await writeLatest(trx, samples);
    return true;
  });
  return moved ? { frames: frames.length, samples: samples.count } : { frames: 0, samples: 0 };
}

/** Throws RecoverableError when somebody else took one of them. */
async function takeFrames(trx: Trx, ids: readonly number[]): Promise<void> {
  const { numDeletedRows } = await trx
    .deleteFrom('telemetry_frame')
    .where('id', '=', sql<number>`any(${[...ids]}::bigint[])`)
    .executeTakeFirstOrThrow();
  if (numDeletedRows !== BigInt(ids.length))
    throw new RecoverableError('compaction-conflict', 'frames were compacted elsewhere meanwhile');
}

/** One row of a layer: a device and the start of a span. */
interface RowKey {
  readonly sid: number;
  readonly start: number;
}

/** Rows that stand already, by `sid start`. */
async function readRows(trx: Trx, layer: Layer, keys: readonly RowKey[]): Promise<ReadonlyMap<string, Buffer>> {
  const starts = keys.map(({ start }) => start);
  const { rows } = await sql<{ sid: number; start: Date; body: Buffer }>`
    select t.device_sid as sid, t.${sql.ref(layer.column)} as start, t.body
    from unnest(${keys.map(({ sid }) => sid)}::int[], ${starts.map((start) => new Date(start))}::timestamptz[]) as k (sid, start)
    join ${sql.table(layer.table)} t on t.device_sid = k.sid and t.${sql.ref(layer.column)} = k.start
    where t.${sql.ref(layer.column)} between ${new Date(Math.min(...starts))} and ${new Date(Math.max(...starts))}`.execute(
    trx,
  );
  return new Map(rows.map(({ sid, start, body }) => [`${sid} ${start.getTime()}`, body]));
}

/** Hours that are young enough for this layer, as keys of its rows. */
function keysOf({ hours }: Gathered, layer: Layer, oldest: number): RowKey[] {
  const keys: RowKey[] = [];
  for (const [sid, byHour] of hours) {
    const starts = new Set([...byHour.keys()].filter((hour) => hour >= oldest).map((hour) => spanStart(layer, hour)));
    for (const start of starts) keys.push({ sid, start });
  }
  return keys.sort((a, b) => a.sid - b.sid || a.start - b.start);
}

function oldestOf({ retention }: CompactionDeps, name: LayerName, nowMs: number): number {
  return spanStart(layers[name], nowMs - retention[name] * dayMs);
}

function seriesOf(hour: HourOfDevice): Series[] {
  return [...hour].map(([metric, { times, values }]) =>
    mergeSeries({ metric, times, values }, { metric, times: [], values: [] }),
  );
}

async function writeRaw(deps: CompactionDeps, trx: Trx, samples: Gathered, nowMs: number): Promise<void> {
  const keys = keysOf(samples, layers.raw, oldestOf(deps, 'raw', nowMs));
  const write = async (part: readonly RowKey[]) => {
    const known = await readRows(trx, layers.raw, part);
    const rows = part.map(({ sid, start }) => {
      const body = known.get(`${sid} ${start}`);
      const series = combine(body ? decodeChunk(start, body) : [], seriesOf(hourAt(samples, sid, start)), mergeSeries);
      const count = series.reduce((sum, { times }) => sum + times.length, 0);
      return { device_sid: sid, hour: new Date(start), samples: count, body: encodeChunk(start, series) };
    });
    await trx
      .insertInto('telemetry_chunk')
      .values(rows)
      .onConflict((conflict) =>
        conflict
          .columns(['device_sid', 'hour'])
          .doUpdateSet({ samples: sql`excluded.samples`, body: sql`excluded.body` }),
      )
      .execute();
  };
  await writeParts(deps, trx, layers.raw, keys, write);
}

async function writeRollups(
  deps: CompactionDeps,
  trx: Trx,
  samples: Gathered,
  name: 'fiveMinute' | 'hourly',
  nowMs: number,
): Promise<void> {
  const layer = layers[name];
  const oldest = oldestOf(deps, name, nowMs);
  const write = async (part: readonly RowKey[]) => {
    const known = await readRows(trx, layer, part);
    const rows = part.map(({ sid, start }) => {
      const span = spanOf(layer, start);
      const body = known.get(`${sid} ${start}`);
      let rollups: Rollup[] = body ? decodeRollups(span, body) : [];
      for (let hour = start; hour < start + layer.spanMs; hour += layers.raw.spanMs) {
        const fresh = [...hourAt(samples, sid, hour)].map(([metric, { times, values }]) =>
          rollUp(span, metric, times, values),
        );
        rollups = combine(rollups, fresh, mergeRollups);
      }
      return [sid, new Date(start), encodeRollups(span, rollups)] as const;
    });
    const values = sql.join(
      rows.map(([sid, start, body]) => sql`(${sid}::int, ${start}::timestamptz, ${body}::bytea)`),
    );
    await sql`insert into ${sql.table(layer.table)} (device_sid, ${sql.ref(layer.column)}, body) values ${values}
      on conflict (device_sid, ${sql.ref(layer.column)}) do update set body = excluded.body`.execute(trx);
  };
  await writeParts(deps, trx, layer, keysOf(samples, layer, oldest), write);
}

async function writeParts(
  { partitions }: CompactionDeps,
  trx: Trx,
  layer: Layer,
  keys: readonly RowKey[],
  write: (part: readonly RowKey[]) => Promise<void>,
): Promise<void> {
  await partitions.ensure(trx, layer, new Set(keys.map(({ start }) => start)));
  for (let at = 0; at < keys.length; at += rowsAStatement) await write(keys.slice(at, at + rowsAStatement));
}

const noHour: HourOfDevice = new Map();

function hourAt({ hours }: Gathered, sid: number, hour: number): HourOfDevice {
  return hours.get(sid)?.get(hour) ?? noHour;
}

/** Both lists by metric, what both have merged. */
function combine<T extends { readonly metric: number }>(
  known: readonly T[],
  fresh: readonly T[],
  merge: (a: T, b: T) => T,
): T[] {
  const byMetric = new Map(known.map((one) => [one.metric, one]));
  for (const one of fresh) {
    const before = byMetric.get(one.metric);
    byMetric.set(one.metric, before ? merge(before, one) : one);
  }
  return [...byMetric.values()];
}

async function writeLatest(trx: Trx, { latest }: Gathered): Promise<void> {
  const sids = [...latest.keys()].sort((a, b) => a - b);
  const rows = await trx
    .selectFrom('device_latest')
    .selectAll()
    .where('device_sid', '=', sql<number>`any(${sids}::int[])`)
    .execute();
  const known = new Map(rows.map((row) => [row.device_sid, decodeLatest(row.body)]));
  const merged = sids.map((sid) => {
    const values = known.get(sid) ?? new Map<number, LatestValue>();
    for (const [metric, value] of latest.get(sid) ?? [])
      if (value.at >= (values.get(metric)?.at ?? 0)) values.set(metric, value);
    return { device_sid: sid, body: encodeLatest(values) };
  });
  for (let at = 0; at < merged.length; at += rowsAStatement) {
    await trx
      .insertInto('device_latest')
      .values(merged.slice(at, at + rowsAStatement))
      .onConflict((conflict) => conflict.column('device_sid').doUpdateSet({ body: sql`excluded.body` }))
      .execute();
  }
}
