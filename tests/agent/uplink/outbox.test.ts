import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type AgentDatabase, openDatabase } from '../../../agent/uplink/database.ts';
import { Outbox, type OutboxFrame } from '../../../agent/uplink/outbox.ts';
import type { OutboxLimits } from '../../../agent/uplink/outbox-plan.ts';
import { frameLimits } from '../../../protocols/fleet/frame.ts';
import { type FleetRecord, type Lane, lanes, recordSchema } from '../../../protocols/fleet/record.ts';
import { createFakeClock } from '../../support/clock.ts';
import { checkOutboxFile } from '../../support/outbox-checker.ts';
import { recordOf } from '../../support/records.ts';

const clock = createFakeClock();
let folder: string;
let path: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'outbox-'));
  path = join(folder, 'outbox.db');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function open(limits?: OutboxLimits): { database: AgentDatabase; outbox: Outbox; close(): void } {
  const database = openDatabase(path);
  const outbox = new Outbox({ database, clock, ...(limits ? { limits } : {}) });
  return {
    database,
    outbox,
    close: () => {
      outbox[Symbol.dispose]();
      database[Symbol.dispose]();
    },
  };
}

function recordsOf(frame: OutboxFrame | undefined): FleetRecord[] {
  return (JSON.parse(frame?.recordsJson ?? '[]') as unknown[]).map((record) => recordSchema.parse(record));
}

/** All that a lane still holds, as the hub would get it. */
function contentOf(outbox: Outbox, lane: Lane): FleetRecord[] {
  const all: FleetRecord[] = [];
  for (let after = 0; ; ) {
    const frame = outbox.nextFrame(lane, after, { records: 3, bytes: 400 });
    if (!frame) return all;
    all.push(...recordsOf(frame));
    after = frame.through;
  }
}

const ackOf = (outbox: Outbox, through: Partial<Record<Lane, number>>) => ({
  epoch: outbox.epoch,
  through,
  rejected: [],
});

describe('the outbox', () => {
  it('numbers each lane from 1 and keeps everything over a restart', async () => {
    const first = open();
    const ranges = await Promise.all([
      first.outbox.enqueue('samples', [recordOf('samples', 1), recordOf('samples', 2)]),
      first.outbox.enqueue('urgent', [recordOf('urgent', 3)]),
      first.outbox.enqueue('samples', [recordOf('samples', 4)]),
    ]);
    expect(ranges).toEqual([
      { lane: 'samples', from: 1, through: 2 },
      { lane: 'urgent', from: 1, through: 1 },
      { lane: 'samples', from: 3, through: 3 },
    ]);
    const { epoch } = first.outbox;
    first.close();
    const second = open();
    expect(second.outbox.epoch).toBe(epoch);
    expect(contentOf(second.outbox, 'samples').map((record) => [record.seq, record.at])).toEqual([
      [1, 1],
      [2, 2],
      [3, 4],
    ]);
    expect(second.outbox.ranges()).toEqual({
      urgent: { head: 1, next: 2 },
      state: { head: 1, next: 1 },
      samples: { head: 1, next: 4 },
    });
    second.close();
  });

  it('deletes on an acknowledgement of its own epoch alone', async () => {
    const { outbox, close } = open();
    await outbox.enqueue(
      'state',
      [1, 2, 3].map((mark) => recordOf('state', mark)),
    );
    await outbox.ack({ epoch: 'another0', through: { state: 3 }, rejected: [] });
    expect(outbox.accounts().state.pending).toBe(3);
    await outbox.ack(ackOf(outbox, { state: 2 }));
    await outbox.ack(ackOf(outbox, { state: 1 }));
    expect(outbox.accounts().state).toMatchObject({ generated: 3, delivered: 2, pending: 1, shed: 0 });
    expect(outbox.ranges().state).toEqual({ head: 3, next: 4 });
    close();
  });

  it('begins a new epoch when the hub has seen more than the file knows', async () => {
    const { outbox, close } = open();
    await outbox.enqueue(
      'state',
      [1, 2, 3, 4].map((mark) => recordOf('state', mark)),
    );
    await outbox.ack(ackOf(outbox, { state: 2 }));
    const { epoch } = outbox;
    await outbox.ack(ackOf(outbox, { state: 9 }));
    expect(outbox.epoch).not.toBe(epoch);
    expect(contentOf(outbox, 'state').map((record) => [record.seq, record.at])).toEqual([
      [1, 3],
      [2, 4],
    ]);
    expect(outbox.ranges().state).toEqual({ head: 1, next: 3 });
    expect(outbox.accounts().state).toMatchObject({ generated: 4, delivered: 2, pending: 2, shed: 0 });
    close();
    checkOutboxFile(path);
  });

  it('sheds samples first, then state, oldest first, and leaves one tombstone a lane', async () => {
    const limits = { maxBytes: 10_000, urgentReserve: 0.2 };
    const { outbox, close } = open(limits);
    await outbox.enqueue(
      'state',
      [1, 2, 3].map((mark) => recordOf('state', mark, 1_000)),
    );
    await outbox.enqueue(
      'samples',
      Array.from({ length: 20 }, (_, mark) => recordOf('samples', mark, 300)),
    );
    const held = contentOf(outbox, 'samples');
    expect(held[0]).toMatchObject({ kind: 'shed', from: 1 });
    expect(held.slice(1).map((record) => record.kind)).not.toContain('shed');
    expect(held.at(-1)).toMatchObject({ seq: 20, at: 19 });
    expect(outbox.accounts().state.shed).toBe(0);
    await outbox.enqueue(
      'state',
      [4, 5, 6, 7, 8].map((mark) => recordOf('state', mark, 1_200)),
    );
    expect(contentOf(outbox, 'samples')).toMatchObject([{ kind: 'shed', from: 1, seq: 20, count: 20 }]);
    expect(contentOf(outbox, 'state')[0]).toMatchObject({ kind: 'shed', from: 1 });
    const total = Object.values(outbox.accounts()).reduce((sum, lane) => sum + lane.bytes, 0);
    expect(total).toBeLessThanOrEqual(8_000);
    close();
    checkOutboxFile(path);
  });

  it('never sheds urgent records and says so when even their room is full', async () => {
    const limits = { maxBytes: 5_000, urgentReserve: 0.2 };
    const { outbox, close } = open(limits);
    await outbox.enqueue('state', [recordOf('state', 1, 3_500)]);
    const answers: unknown[] = [];
    for (let mark = 0; mark < 6; mark++) {
      answers.push(await outbox.enqueue('urgent', [recordOf('urgent', mark, 900)]).catch((error: unknown) => error));
    }
    expect(answers.slice(0, 4)).toEqual([1, 2, 3, 4].map((seq) => ({ lane: 'urgent', from: seq, through: seq })));
    expect(answers[5]).toMatchObject({ code: 'outbox-full' });
    expect(outbox.accounts().urgent.shed).toBe(0);
    expect(outbox.accounts().state).toMatchObject({ generated: 1, shed: 1, pending: 0 });
    await outbox.enqueue('samples', [recordOf('samples', 1)]);
    close();
    checkOutboxFile(path);
  });

  it('cuts frames at both limits and lets a large record through alone', async () => {
    const { outbox, close } = open();
    await outbox.enqueue(
      'state',
      Array.from({ length: 1_500 }, (_, mark) => recordOf('state', mark)),
    );
    const frame = outbox.nextFrame('state', 0, frameLimits);
    expect(frame).toMatchObject({ from: 1, through: 1_000 });
    expect(outbox.nextFrame('state', 1_000, frameLimits)).toMatchObject({ from: 1_001, through: 1_500 });
    expect(outbox.nextFrame('state', 1_500, frameLimits)).toBeUndefined();
    await outbox.enqueue('urgent', [recordOf('urgent', 1, 60_000), recordOf('urgent', 2)]);
    expect(outbox.nextFrame('urgent', 0, { records: 10, bytes: 1_000 })).toMatchObject({ from: 1, through: 1 });
    close();
  });

  it('refuses what would block a lane', async () => {
    const { outbox, close } = open();
    const bad = { ...recordOf('state', 1), device: 'NOT AN ID' };
    await expect(outbox.enqueue('state', [recordOf('state', 1), bad])).rejects.toMatchObject({
      code: 'invalid-record',
    });
    const big = recordOf('state', 1, 70_000);
    await expect(outbox.enqueue('state', [big])).rejects.toMatchObject({ code: 'record-too-large' });
    await expect(outbox.enqueue('state', [])).rejects.toMatchObject({ code: 'invalid-record' });
    expect(outbox.accounts().state.generated).toBe(0);
    close();
    await expect(outbox.enqueue('state', [recordOf('state', 1)])).rejects.toMatchObject({ code: 'outbox-closed' });
    await expect(outbox.ack(ackOf(outbox, {}))).rejects.toMatchObject({ code: 'outbox-closed' });
  });

  it('commits what waits when it is closed', async () => {
    const first = open();
    const enqueued = first.outbox.enqueue('state', [recordOf('state', 1)]);
    first.close();
    expect(await enqueued).toEqual({ lane: 'state', from: 1, through: 1 });
    expect(checkOutboxFile(path).state.pending).toBe(1);
  });

  it('survives a full disk without a restart and without a loss', async () => {
    const { database, outbox, close } = open();
    await outbox.enqueue('state', [recordOf('state', 1)]);
    const pages = Number(Object.values(database.sql.prepare('pragma page_count').get() ?? {})[0]);
    database.sql.exec(`pragma max_page_count = ${pages + 2}`);
    const batch = Array.from({ length: 20 }, (_, mark) => recordOf('state', mark, 4_000));
    await expect(outbox.enqueue('state', batch)).rejects.toMatchObject({ code: 'disk-full' });
    expect(outbox.accounts().state).toMatchObject({ generated: 1, pending: 1 });
    await expect(outbox.enqueue('urgent', batch.slice(0, 15))).rejects.toMatchObject({ code: 'disk-full' });
    await outbox.ack(ackOf(outbox, { state: 1 }));
    database.sql.exec('pragma max_page_count = 100000');
    expect(await outbox.enqueue('state', batch)).toEqual({ lane: 'state', from: 2, through: 21 });
    close();
    expect(checkOutboxFile(path).state).toMatchObject({ generated: 21, delivered: 1, pending: 20 });
  });

  it('puts a damaged file aside and begins a new epoch', async () => {
    const first = open();
    await first.outbox.enqueue('state', [recordOf('state', 1)]);
    const { epoch } = first.outbox;
    first.close();
    writeFileSync(path, Buffer.alloc(8_192, 7));
    const second = open();
    expect(second.database.replaced).toMatchObject({ movedTo: `${path}.damaged` });
    expect(existsSync(`${path}.damaged`)).toBe(true);
    expect(second.outbox.epoch).not.toBe(epoch);
    expect(second.outbox.accounts().state.generated).toBe(0);
    second.close();
    expect(open().database.replaced).toBeUndefined();
  });

  it('is readable by its owner alone and by one agent at a time', () => {
    const first = open();
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(() => openDatabase(path)).toThrow(expect.objectContaining({ code: 'outbox-in-use' }));
    first.close();
  });

  it('does not touch the file of a newer agent', () => {
    const first = open();
    first.database.sql.exec('pragma user_version = 99');
    first.close();
    expect(() => openDatabase(path)).toThrow(expect.objectContaining({ code: 'outbox-newer' }));
    expect(existsSync(`${path}.damaged`)).toBe(false);
  });
});

type Step =
  | { readonly do: 'enqueue'; readonly lane: Lane; readonly sizes: readonly number[] }
  | { readonly do: 'ack'; readonly lane: Lane; readonly part: number }
  | { readonly do: 'stale-ack'; readonly lane: Lane; readonly seq: number }
  | { readonly do: 'reopen' };

const lane = fc.constantFrom(...lanes);
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constant('enqueue' as const),
      lane,
      sizes: fc.array(fc.integer({ min: 0, max: 600 }), { minLength: 1, maxLength: 12 }),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({ do: fc.constant('ack' as const), lane, part: fc.double({ min: 0, max: 1, noNaN: true }) }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('stale-ack' as const), lane, seq: fc.nat(50) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('reopen' as const) }) },
);

/** The outbox in the plainest words: a list a lane, and the same rules without SQL. */
class Model {
  readonly limits: OutboxLimits;
  readonly held: Record<Lane, { seq: number; mark: number; bytes: number }[]> = { urgent: [], state: [], samples: [] };
  readonly next: Record<Lane, number> = { urgent: 1, state: 1, samples: 1 };
  readonly delivered: Record<Lane, number> = { urgent: 0, state: 0, samples: 0 };
  readonly shed: Record<Lane, number> = { urgent: 0, state: 0, samples: 0 };
  readonly gapFrom: Record<Lane, number | undefined> = { urgent: undefined, state: undefined, samples: undefined };

  constructor(limits: OutboxLimits) {
    this.limits = limits;
  }

  bytes(...of: Lane[]): number {
    return of.flatMap((name) => this.held[name]).reduce((sum, record) => sum + record.bytes, 0);
  }

  /** False when the urgent lane has no room. */
  enqueue(name: Lane, batch: { mark: number; bytes: number }[]): boolean {
    const size = batch.reduce((sum, record) => sum + record.bytes, 0);
    if (name === 'urgent' && this.bytes('urgent') + size > this.limits.maxBytes) return false;
    for (const record of batch) this.held[name].push({ seq: this.next[name]++, ...record });
    for (const victim of ['samples', 'state'] as const) {
      while (this.isOver() && this.held[victim].length > 0) {
        const gone = this.held[victim].shift();
        this.gapFrom[victim] ??= gone?.seq;
        this.shed[victim]++;
      }
    }
    return true;
  }

  ack(name: Lane, through: number): void {
    const kept = this.held[name].filter((record) => record.seq > through);
    this.delivered[name] += this.held[name].length - kept.length;
    this.held[name] = kept;
    const gapThrough = (kept[0]?.seq ?? this.next[name]) - 1;
    const from = this.gapFrom[name];
    if (from !== undefined && through >= from) this.gapFrom[name] = through >= gapThrough ? undefined : through + 1;
  }

  isOver(): boolean {
    const { maxBytes, urgentReserve } = this.limits;
    const sheddable = this.bytes('state', 'samples');
    return sheddable > maxBytes * (1 - urgentReserve) || sheddable + this.bytes('urgent') > maxBytes;
  }
}

describe('the outbox against its model', () => {
  it('agrees after any sequence of batches, acknowledgements, sheddings and restarts', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 40 }), async (steps) => {
        rmSync(folder, { recursive: true, force: true });
        const limits = { maxBytes: 6_000, urgentReserve: 0.2 };
        const model = new Model(limits);
        let opened = open(limits);
        let mark = 0;
        for (const action of steps) {
          const { outbox } = opened;
          if (action.do === 'enqueue') {
            const batch = action.sizes.map((size) => recordOf(action.lane, ++mark, size));
            const sized = batch.map((record) => ({
              mark: record.at,
              bytes: Buffer.byteLength(JSON.stringify(record)),
            }));
            const from = model.next[action.lane];
            const accepted = model.enqueue(action.lane, sized);
            const answer = await outbox.enqueue(action.lane, batch).catch((error: unknown) => error);
            if (accepted) expect(answer).toEqual({ lane: action.lane, from, through: from + batch.length - 1 });
            else expect(answer).toMatchObject({ code: 'outbox-full' });
          } else if (action.do === 'ack') {
            const through = Math.floor((model.next[action.lane] - 1) * action.part);
            model.ack(action.lane, through);
            await outbox.ack(ackOf(outbox, { [action.lane]: through }));
          } else if (action.do === 'stale-ack') {
            await outbox.ack({ epoch: 'elsewhere', through: { [action.lane]: action.seq }, rejected: [] });
          } else {
            opened.close();
            checkOutboxFile(path);
            opened = open(limits);
          }
          expectSame(opened.outbox, model);
        }
        opened.close();
        checkOutboxFile(path);
      }),
      { numRuns: 120 },
    );
  });
});

function expectSame(outbox: Outbox, model: Model): void {
  for (const name of lanes) {
    const from = model.gapFrom[name];
    const held = model.held[name];
    const account = outbox.accounts()[name];
    expect(account).toEqual({
      generated: model.next[name] - 1,
      delivered: model.delivered[name],
      pending: held.length,
      shed: model.shed[name],
      bytes: model.bytes(name),
    });
    const gapThrough = (held[0]?.seq ?? model.next[name]) - 1;
    expect(outbox.ranges()[name]).toEqual({ head: from ?? gapThrough + 1, next: model.next[name] });
    const content = contentOf(outbox, name);
    if (from !== undefined) {
      expect(content.shift()).toMatchObject({ kind: 'shed', from, seq: gapThrough, count: gapThrough - from + 1 });
    }
    expect(content.map((record) => [record.seq, record.at])).toEqual(held.map((record) => [record.seq, record.mark]));
  }
  expect(model.isOver() && model.bytes('state', 'samples') > 0).toBe(false);
}
