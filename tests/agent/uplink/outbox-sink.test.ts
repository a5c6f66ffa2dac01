import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type AgentDatabase, openDatabase } from '../../../agent/uplink/database.ts';
import { Outbox } from '../../../agent/uplink/outbox.ts';
import { OutboxSink } from '../../../agent/uplink/outbox-sink.ts';
import { silentLog } from '../../../protocols/ports.ts';
import { createFakeClock, type FakeClock } from '../../support/clock.ts';
import { checkOutboxFile } from '../../support/outbox-checker.ts';
import { recordOf } from '../../support/records.ts';

let folder: string;
let clock: FakeClock;
let database: AgentDatabase;
let outbox: Outbox;
let sink: OutboxSink;
const fatal: Error[] = [];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sink-'));
  clock = createFakeClock();
  database = openDatabase(join(folder, 'outbox.db'));
  outbox = new Outbox({ database, clock });
  sink = new OutboxSink({ outbox, clock, log: silentLog, onFatal: (error) => fatal.push(error) });
});
afterEach(() => {
  database[Symbol.dispose]();
  rmSync(folder, { recursive: true, force: true });
});

function setDisk(state: 'full' | 'free'): void {
  const pages = Number(Object.values(database.sql.prepare('pragma page_count').get() ?? {})[0]);
  database.sql.exec(`pragma max_page_count = ${state === 'full' ? pages : 1_000_000}`);
}
const marks = () => {
  const frame = outbox.nextFrame('urgent', 0, { records: 5_000, bytes: 10_000_000 });
  return (JSON.parse(frame?.recordsJson ?? '[]') as { at: number }[]).map(({ at }) => at);
};

describe('the sink before the outbox', () => {
  it('keeps urgent records over a full disk and stores them in order when there is room', async () => {
    sink.take('urgent', recordOf('urgent', 0));
    await clock.settle();
    setDisk('full');
    for (let mark = 1; mark <= 30; mark++) {
      sink.take('urgent', recordOf('urgent', mark, 4_000));
      sink.take('samples', recordOf('samples', mark, 4_000));
      await clock.settle();
    }
    expect(sink.waiting).toBeGreaterThan(0);
    await clock.advance(60_000);
    setDisk('free');
    sink.take('urgent', recordOf('urgent', 31));
    await clock.advance(5_000);
    for (let turn = 0; turn < 100; turn++) await clock.settle();
    expect(sink.waiting).toBe(0);
    expect(marks()).toEqual(Array.from({ length: 32 }, (_, mark) => mark));
    await sink[Symbol.asyncDispose]();
    expect(clock.pending).toBe(0);
    outbox[Symbol.dispose]();
    database[Symbol.dispose]();
    checkOutboxFile(join(folder, 'outbox.db'));
  });

  it('holds no more than its bound, and gives up the oldest', async () => {
    sink.take('urgent', recordOf('urgent', 0));
    await clock.settle();
    setDisk('full');
    for (let mark = 1; mark <= 2_500; mark++) sink.take('urgent', recordOf('urgent', mark, 2_000));
    await clock.settle();
    expect(sink.waiting).toBe(2_000);
    setDisk('free');
    const stopped = sink[Symbol.asyncDispose]();
    await stopped;
    expect(marks().slice(0, 2)).toEqual([0, 501]);
    expect(outbox.accounts().urgent.pending).toBe(2_001);
  });

  it('drops what is malformed and goes on', async () => {
    sink.take('state', { ...recordOf('state', 1), device: 'NO' } as ReturnType<typeof recordOf>);
    sink.take('state', recordOf('state', 2));
    await clock.settle();
    expect(outbox.accounts().state.pending).toBe(1);
    expect(sink.waiting).toBe(0);
    expect(fatal).toEqual([]);
    await sink[Symbol.asyncDispose]();
  });
});
