import { setImmediate } from 'node:timers/promises';
import { sql } from 'kysely';
import { toError } from '../../protocols/errors.ts';
import type { Log } from '../../protocols/ports.ts';
import type { Store } from '../store/index.ts';
import type { MetricDictionary } from './dictionary.ts';
import { readStoredFrame, type SamplesOfTick } from './frame.ts';
import type { LatestValue } from './latest.ts';
import { layers, spanStart } from './layer.ts';

export interface GatherDeps {
  readonly store: Store;
  readonly dictionary: MetricDictionary;
  readonly log: Log;
}

/** Bounds of one transaction. */
const batch = { agents: 200, frames: 400, bytes: 4 * 1024 * 1024 } as const;

export interface StoredFrame {
  readonly id: number;
  readonly agent_id: string;
  readonly payload: Buffer;
}

/** Frames of agents that have one from before `cutoff`, as many as one transaction takes. */
export async function readFrames(store: Store, cutoff: Date): Promise<StoredFrame[]> {
  const due = await store.db
    .selectFrom('telemetry_frame')
    .select('agent_id')
    .groupBy('agent_id')
    .having((e) => e(e.fn.min('received_at'), '<=', cutoff))
    .orderBy((e) => e.fn.min('id'))
    .limit(batch.agents)
    .execute();
  if (due.length === 0) return [];
  // Newer frames of the same agents come along: their rows are written anyway.
  const frames = await store.db
    .selectFrom('telemetry_frame')
    .select(['id', 'agent_id', 'payload'])
    .where(
      'agent_id',
      'in',
      due.map(({ agent_id }) => agent_id),
    )
    .orderBy('agent_id')
    .orderBy('id')
    .limit(batch.frames)
    .execute();
  let bytes = 0;
  return frames.filter((frame, index) => {
    bytes += frame.payload.length;
    return index === 0 || bytes <= batch.bytes;
  });
}

/** Samples of one device and hour by metric; not yet in order of time. */
export type HourOfDevice = Map<number, { readonly times: number[]; readonly values: number[] }>;

export interface Gathered {
  readonly count: number;
  /** By device sid and start of the hour. */
  readonly hours: ReadonlyMap<number, ReadonlyMap<number, HourOfDevice>>;
  readonly latest: ReadonlyMap<number, ReadonlyMap<number, LatestValue>>;
}

/** Reads the frames and sorts their samples by device and hour. */
export async function gather(deps: GatherDeps, frames: readonly StoredFrame[]): Promise<Gathered> {
  const ticks = await ticksOf(frames, deps.log);
  const sids = await sidsOf(deps.store, new Set(ticks.map(({ device }) => device)));
  const keys = new Set<string>();
  for (const { values } of ticks) for (const key in values) keys.add(key);
  const metrics = await deps.dictionary.ensure(deps.store.db, [...keys]);
  let count = 0;
  const hours = new Map<number, Map<number, HourOfDevice>>();
  const latest = new Map<number, Map<number, LatestValue>>();
  for (const tick of ticks) {
    const sid = sids.get(tick.device);
    if (sid === undefined) continue;
    const hour = spanStart(layers.raw, tick.at);
    count += addTick(tick, metrics, within(within(hours, sid), hour), within(latest, sid));
  }
  return { count, hours, latest };
}

async function ticksOf(frames: readonly StoredFrame[], log: Log): Promise<SamplesOfTick[]> {
  const ticks: SamplesOfTick[] = [];
  for (const [index, frame] of frames.entries()) {
    try {
      ticks.push(...readStoredFrame(frame.payload));
    } catch (thrown) {
      // It was readable when it was stored; its records stay counted, and a person must know.
      log.error('a stored frame cannot be read', { error: toError(thrown), agent: frame.agent_id, frame: frame.id });
    }
    // Other work of the hub gets its turn.
    if (index % 8 === 7) await setImmediate();
  }
  return ticks;
}

/** Returns how many samples it added. */
function addTick(
  { at, values }: SamplesOfTick,
  metrics: ReadonlyMap<string, number>,
  hour: HourOfDevice,
  latest: Map<number, LatestValue>,
): number {
  let count = 0;
  for (const key in values) {
    const metric = metrics.get(key) ?? 0;
    const value = values[key] ?? 0;
    let series = hour.get(metric);
    if (!series) {
      series = { times: [], values: [] };
      hour.set(metric, series);
    }
    series.times.push(at);
    series.values.push(value);
    if (at >= (latest.get(metric)?.at ?? 0)) latest.set(metric, { value, at });
    count++;
  }
  return count;
}

function within<K, L, V>(outer: Map<K, Map<L, V>>, key: K): Map<L, V> {
  let inner = outer.get(key);
  if (!inner) {
    inner = new Map();
    outer.set(key, inner);
  }
  return inner;
}

async function sidsOf(store: Store, devices: ReadonlySet<string>): Promise<ReadonlyMap<string, number>> {
  const rows = await store.db
    .selectFrom('device')
    .select(['id', 'sid'])
    .where('id', '=', sql<string>`any(${[...devices]}::text[])`)
    .execute();
  return new Map(rows.map((row) => [row.id, row.sid]));
}
