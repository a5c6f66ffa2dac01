import { sql } from 'kysely';
import { expect, it } from 'vitest';
import type { Store } from '../../../hub/store/index.ts';
import { createTelemetry, type SamplesOfTick } from '../../../hub/telemetry/index.ts';
import { packJson } from '../../../protocols/fleet/payload.ts';
import { silentLog } from '../../../protocols/ports.ts';
import { createFakeClock } from '../../support/clock.ts';
import { createFleet } from '../../support/fleet.ts';
import { describeStores } from '../../support/store.ts';

const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;
const start = Date.UTC(2026, 2, 2);

async function setUp(store: Store) {
  const clock = createFakeClock(start);
  const fleet = await createFleet(store);
  const telemetry = createTelemetry({ store, clock, log: silentLog });
  const owner = fleet.registry.deviceOf(fleet.host)!;
  let seq = 1;
  const append = async (records: readonly Omit<SamplesOfTick, 'device'>[], device = owner.id) => {
    const ticks = records.map((record) => ({ kind: 'samples', seq: seq++, device, ...record }));
    const from = seq - ticks.length;
    const payload = packJson({ epoch: 'e0000001', sentAt: 1, lane: 'samples', from, through: seq - 1, records: ticks });
    await store.transaction((trx) =>
      telemetry.appendFrames(trx, [
        { agentId: 'a1', epoch: 'e0000001', from, through: seq - 1, payload, records: ticks },
      ]),
    );
  };
  const series = async (from: number, to: number, step: 'raw' | '5m' | '1h' | 'auto', metric = 'lamp.hours') =>
    telemetry.series(owner, { metric, from: new Date(from).toISOString(), to: new Date(to).toISOString(), step });
  const partitions = async () => {
    const { rows } = await sql<{ name: string }>`select c.relname as name from pg_inherits i
      join pg_class c on c.oid = i.inhrelid where c.relname like 'telemetry%' and c.relkind = 'r' order by 1`.execute(
      store.db,
    );
    return rows.map(({ name }) => name);
  };
  return { ...fleet, clock, telemetry, owner, append, series, partitions };
}

type Sample = readonly [at: number, value: number];

/** Steps of samples as anyone would count them; hundredths are added as whole numbers. */
function naive(samples: readonly Sample[], from: number, to: number, stepMs: number) {
  const steps = new Map<number, number[]>();
  for (const [at, value] of samples) {
    const step = Math.floor(at / stepMs) * stepMs;
    if (step >= Math.floor(from / stepMs) * stepMs && step < to) steps.set(step, [...(steps.get(step) ?? []), value]);
  }
  return [...steps]
    .sort((a, b) => a[0] - b[0])
    .map(([step, values]) => {
      const sum = values.reduce((total, value) => total + Math.round(value * 100), 0) / 100;
      return [step, sum / values.length, Math.min(...values), Math.max(...values), values.length];
    });
}

describeStores('telemetry', (open) => {
  it('tells the same series before, during and after compaction, with late data in any order', async () => {
    const { telemetry, append, series } = await setUp(await open());
    const samples: Sample[] = [];
    const push = async (times: readonly number[]) => {
      const records = times.map((at) => ({
        at,
        values: { 'lamp.hours': Math.round((at / 1_000) % 977) / 100, 'host.load1': 1 },
      }));
      samples.push(...records.map(({ at, values }): Sample => [at, values['lamp.hours']]));
      await append(records);
    };
    const check = async () => {
      const [from, to] = [start - 3 * hour, start + 30 * hour];
      expect((await series(from, to, '5m')).points).toEqual(naive(samples, from, to, 5 * minute));
      expect((await series(from, to, '1h')).points).toEqual(naive(samples, from, to, hour));
      const raw = await series(start + hour, start + 4 * hour, 'raw');
      const inside = samples.filter(([at]) => at >= start + hour && at < start + 4 * hour).sort((a, b) => a[0] - b[0]);
      expect(raw.points).toEqual(inside.map(([at, value]) => [at, value, value, value, 1]));
    };
    const every = (from: number, count: number, stepMs: number) =>
      Array.from({ length: count }, (_, index) => from + index * stepMs);
    await push(every(start + 7, 120, minute));
    await check();
    expect(await telemetry.compact(0)).toEqual({ frames: 1, samples: 240 });
    await check();
    await push(every(start + 3 * hour, 200, 7 * minute + 13));
    await push(every(start + 30_000, 90, minute));
    await check();
    await telemetry.compact(0);
    await push(every(start + 2 * hour - 3, 10, 1));
    await push([start + 7, start + 7, start + 6 * hour]);
    await check();
    await telemetry.compact(0);
    await check();
    expect(await telemetry.compact(0)).toEqual({ frames: 0, samples: 0 });
    expect((await series(start, start + hour, 'auto')).step).toBe('raw');
    expect((await series(start, start + day, 'auto')).step).toBe('5m');
    expect((await series(start, start + 60 * day, 'auto')).step).toBe('1h');
    expect(await series(start, start + day, 'auto', 'power.none')).toMatchObject({ points: [], unit: '' });
    expect((await series(start, start + day, 'auto')).unit).toBe('h');
    await expect(series(start, start, 'auto')).rejects.toMatchObject({ code: 'invalid-input' });
  });

  it('compacts an agent once its oldest frame has settled', async () => {
    const { telemetry, append, clock } = await setUp(await open());
    await append([{ at: start, values: { 'lamp.hours': 1 } }]);
    await clock.advance(4 * minute);
    expect(await telemetry.compact()).toMatchObject({ frames: 0 });
    await append([{ at: start + 1, values: { 'lamp.hours': 2 } }]);
    await clock.advance(minute);
    expect(await telemetry.compact()).toMatchObject({ frames: 2 });
  });

  it('leaves frames where they are when the transaction fails', async () => {
    const { telemetry, append, series, store } = await setUp(await open());
    await append([{ at: start + 1, values: { 'lamp.hours': 5 } }]);
    await sql`create or replace function refuse_latest() returns trigger language plpgsql as
      $$ begin raise exception 'no'; end $$`.execute(store.db);
    await sql`create trigger refuse before insert on device_latest execute function refuse_latest()`.execute(store.db);
    try {
      await expect(telemetry.compact(0)).rejects.toThrow('no');
    } finally {
      await sql`drop trigger refuse on device_latest`.execute(store.db);
    }
    expect((await series(start, start + day, '5m')).points).toEqual([[start, 5, 5, 5, 1]]);
    expect(await telemetry.compact(0)).toEqual({ frames: 1, samples: 1 });
    expect((await series(start, start + day, '5m')).points).toEqual([[start, 5, 5, 5, 1]]);
  });

  it('knows the last values after a restart, compacted or not', async () => {
    const { telemetry, append, store, clock, owner } = await setUp(await open());
    await append([
      { at: start + 10, values: { 'lamp.hours': 5, 'temperature.celsius': 41.5 } },
      { at: start + 5, values: { 'lamp.hours': 4 } },
    ]);
    await telemetry.compact(0);
    await append([{ at: start + 20, values: { 'lamp.hours': 6 } }]);
    await telemetry.compact(0);
    await append([
      { at: start + 15, values: { 'lamp.hours': 1 } },
      { at: start + 30, values: { 'host.networkIn@eth0': 7 } },
    ]);
    const again = createTelemetry({ store, clock, log: silentLog });
    await again.load();
    const iso = (ms: number) => new Date(start + ms).toISOString();
    for (const one of [telemetry, again])
      expect(one.latestOf(owner.id)).toEqual({
        'lamp.hours': { value: 6, at: iso(20) },
        'temperature.celsius': { value: 41.5, at: iso(10) },
        'host.networkIn@eth0': { value: 7, at: iso(30) },
      });
    expect(again.lastReportAt(owner.id)).toEqual(new Date(start));
    expect(again.latestOf('d-none')).toEqual({});
  });

  it('drops what is older than its retention, and takes a backlog of months where it still belongs', async () => {
    const { telemetry, append, series, clock, partitions } = await setUp(await open());
    await telemetry.retain();
    const old = start - 40 * day;
    await append([
      { at: start, values: { 'lamp.hours': 2 } },
      { at: old, values: { 'lamp.hours': 1 } },
      { at: start - 100 * day, values: { 'lamp.hours': 1 } },
    ]);
    await telemetry.compact(0);
    // Raw samples of 40 days ago are beyond 14 days; their 5-minute steps are not; of 100 days ago only the hours stay.
    expect((await series(old - hour, old + hour, 'raw')).points).toEqual([]);
    expect((await series(old - hour, old + hour, '5m')).points).toEqual([[old, 1, 1, 1, 1]]);
    expect((await series(start - 100 * day, start - 99 * day, '5m')).points).toEqual([]);
    expect((await series(start - 100 * day, start + day, '1h')).points).toHaveLength(3);
    expect(await partitions()).toContain('telemetry_chunk_20260302');
    await clock.advance(15 * day);
    expect(await telemetry.retain()).toEqual(['telemetry_chunk_20260302']);
    expect((await series(start, start + hour, 'raw')).points).toEqual([]);
    expect((await series(start, start + hour, '5m')).points).toHaveLength(1);
    await append([{ at: clock.now() - day, values: { 'lamp.hours': 9 } }]);
    await telemetry.compact(0);
    expect((await series(clock.now() - 2 * day, clock.now(), 'raw')).points).toHaveLength(1);
  });

  it('compacts by itself until it is stopped', async () => {
    const { telemetry, append, clock, store } = await setUp(await open());
    const job = telemetry.start();
    await append([{ at: start, values: { 'lamp.hours': 2 } }]);
    await clock.advance(5 * minute);
    await expect
      .poll(async () => {
        await clock.advance(minute);
        return (await store.db.selectFrom('telemetry_frame').select('id').execute()).length;
      })
      .toBe(0);
    await job[Symbol.asyncDispose]();
    expect(clock.pending).toBe(0);
  });
});
