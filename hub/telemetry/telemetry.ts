import type { Device, Telemetry as TelemetryView } from '../../protocols/api/devices.ts';
import { toError } from '../../protocols/errors.ts';
import type { Clock, Log } from '../../protocols/ports.ts';
import { afterCommit, type Store, type Trx } from '../store/index.ts';
import { type CompactionDeps, type CompactionResult, compactOnce } from './compaction.ts';
import { createDictionary } from './dictionary.ts';
import { readStoredFrame, type TelemetryFrame } from './frame.ts';
import { decodeLatest, LatestValues } from './latest.ts';
import type { Retention } from './layer.ts';
import { createPartitions } from './partitions.ts';
import { readSeries, type SeriesOwner, type TelemetryQuery } from './series.ts';

export interface TelemetryDeps {
  readonly store: Store;
  readonly clock: Clock;
  readonly log: Log;
  /** Days that each layer is kept. */
  readonly retention?: Retention;
}

/** Samples over time (design section 5): frames as they came, then packed chunks and roll-ups; last values in memory. */
export interface Telemetry {
  /** Rebuilds the last values from the database. */
  load(): Promise<void>;
  /** Keeps frames in the caller's transaction; the last values follow its commit. */
  appendFrames(trx: Trx, frames: readonly TelemetryFrame[]): Promise<void>;
  latestOf(deviceId: string): Device['latest'];
  /** When the hub last stored samples of this device, as far as memory knows. */
  lastReportAt(deviceId: string): Date | undefined;
  /** One metric over time; whether the reader may see the device is asked before. Throws InvalidInputError. */
  series(owner: SeriesOwner, query: TelemetryQuery): Promise<TelemetryView>;
  /** Packs frames of agents whose oldest is at least `olderThanMs` old, 5 minutes unless given, until none is left. */
  compact(olderThanMs?: number): Promise<CompactionResult>;
  /** Drops partitions beyond their retention. Returns their names. */
  retain(): Promise<string[]>;
  /** Compacts every minute and retains every hour until disposed. */
  start(): AsyncDisposable;
}

const defaultRetention: Retention = { raw: 14, fiveMinute: 90, hourly: 1_825 };
const settleMs = 5 * 60_000;
const compactEveryMs = 60_000;
const retainEveryRounds = 60;
const framesAStatement = 200;

export function createTelemetry({ store, clock, log, retention = defaultRetention }: TelemetryDeps): Telemetry {
  const latest = new LatestValues();
  const dictionary = createDictionary();
  const partitions = createPartitions(store);
  const compaction: CompactionDeps = { store, dictionary, partitions, retention, log };

  const compact = async (olderThanMs = settleMs, signal?: AbortSignal): Promise<CompactionResult> => {
    const total = { frames: 0, samples: 0 };
    while (!signal?.aborted) {
      const { frames, samples } = await compactOnce(compaction, clock.now(), olderThanMs);
      if (frames === 0) break;
      total.frames += frames;
      total.samples += samples;
    }
    return total;
  };
  const retain = () => partitions.drop(retention, clock.now());
  const run = async (signal: AbortSignal) => {
    for (let round = 0; ; round++) {
      await clock.wait(compactEveryMs, signal);
      try {
        await compact(settleMs, signal);
        if (round % retainEveryRounds === 0) await retain();
      } catch (thrown) {
        log.warn('compaction failed, it is tried again', { error: toError(thrown) });
      }
    }
  };

  return {
    load: () => loadLatest(store, latest, dictionary, log),
    appendFrames: async (trx, frames) => {
      for (let at = 0; at < frames.length; at += framesAStatement)
        await insert(trx, frames.slice(at, at + framesAStatement), new Date(clock.now()));
      afterCommit(trx, () => {
        const receivedAt = clock.now();
        for (const { records } of frames) for (const tick of records) latest.putTick(tick, receivedAt);
      });
    },
    latestOf: (deviceId) =>
      Object.fromEntries(
        [...latest.of(deviceId)].map(([key, { value, at }]) => [key, { value, at: new Date(at).toISOString() }]),
      ),
    lastReportAt: (deviceId) => {
      const at = latest.reportedAt(deviceId);
      return at === undefined ? undefined : new Date(at);
    },
    series: (owner, query) => readSeries({ store, dictionary }, owner, query),
    compact: (olderThanMs) => compact(olderThanMs),
    retain,
    start: () => {
      const stop = new AbortController();
      const running = run(stop.signal).catch((thrown: unknown) => {
        if (!stop.signal.aborted) log.error('compaction ended', { error: toError(thrown) });
      });
      return {
        [Symbol.asyncDispose]: async () => {
          stop.abort();
          await running;
        },
      };
    },
  };
}

async function insert(trx: Trx, frames: readonly TelemetryFrame[], receivedAt: Date): Promise<void> {
  await trx
    .insertInto('telemetry_frame')
    .values(
      frames.map((frame) => {
        let first = Number.MAX_SAFE_INTEGER;
        let last = 0;
        let samples = 0;
        for (const { at, values } of frame.records) {
          first = Math.min(first, at);
          last = Math.max(last, at);
          for (const _ in values) samples++;
        }
        return {
          agent_id: frame.agentId,
          epoch: frame.epoch,
          from_seq: frame.from,
          through_seq: frame.through,
          first_at: new Date(Math.min(first, last)),
          last_at: new Date(last),
          samples,
          payload: Buffer.from(frame.payload.buffer, frame.payload.byteOffset, frame.payload.byteLength),
          received_at: receivedAt,
        };
      }),
    )
    .execute();
}

/** First what is compacted, then the frames that are not, in the order in which they came. */
async function loadLatest(
  store: Store,
  latest: LatestValues,
  dictionary: ReturnType<typeof createDictionary>,
  log: Log,
): Promise<void> {
  const keys = await dictionary.keysOf(store.db);
  const rows = await store.db
    .selectFrom('device_latest')
    .innerJoin('device', 'device.sid', 'device_latest.device_sid')
    .select(['device.id', 'device_latest.body'])
    .execute();
  for (const { id, body } of rows)
    for (const [metric, { value, at }] of decodeLatest(body)) latest.put(id, keys.get(metric) ?? '', value, at);
  for (let after = 0; ; ) {
    const frames = await store.db
      .selectFrom('telemetry_frame')
      .select(['id', 'payload', 'received_at'])
      .where('id', '>', after)
      .orderBy('id')
      .limit(500)
      .execute();
    for (const frame of frames) {
      try {
        for (const tick of readStoredFrame(frame.payload)) latest.putTick(tick, frame.received_at.getTime());
      } catch (thrown) {
        log.error('a stored frame cannot be read', { error: toError(thrown), frame: frame.id });
      }
    }
    const last = frames.at(-1);
    if (!last) return;
    after = last.id;
  }
}
