import fc from 'fast-check';
import { expect, it } from 'vitest';
import { createIngest } from '../../../hub/ingest/index.ts';
import type { Store } from '../../../hub/store/index.ts';
import { readStoredFrame } from '../../../hub/telemetry/frame.ts';
import { createTelemetry } from '../../../hub/telemetry/index.ts';
import { RecoverableError } from '../../../protocols/errors.ts';
import type { Ack } from '../../../protocols/fleet/messages.ts';
import { packJson } from '../../../protocols/fleet/payload.ts';
import { silentLog } from '../../../protocols/ports.ts';
import { systemClock } from '../../../provisioning/platform/clock.ts';
import { createFleet, type Fleet } from '../../support/fleet.ts';
import { describeStores, emptyStore } from '../../support/store.ts';

type Lane = 'state' | 'samples';
const testLanes: readonly Lane[] = ['state', 'samples'];
const now = Date.now();

/** One lane of an agent's outbox, as the contract has it: numbers without gaps, a tombstone for what was given up. */
class OutboxLane {
  readonly epoch: string;
  readonly lane: Lane;
  readonly device: string;
  next = 1;
  /** The tombstone at the head, if any, covers `shedFrom..shedThrough`. */
  shedFrom = 0;
  shedThrough = 0;
  acknowledged = 0;

  constructor(epoch: string, lane: Lane, device: string) {
    this.epoch = epoch;
    this.lane = lane;
    this.device = device;
  }

  get head(): number {
    return this.shedThrough > this.acknowledged
      ? Math.max(this.shedFrom, this.acknowledged + 1)
      : this.acknowledged + 1;
  }

  shed(count: number): void {
    const last = Math.min(this.next - 1, Math.max(this.acknowledged, this.shedThrough) + count);
    if (last <= Math.max(this.acknowledged, this.shedThrough)) return;
    if (this.shedThrough <= this.acknowledged) this.shedFrom = this.acknowledged + 1;
    this.shedThrough = last;
  }

  /** A frame of what is held between two numbers; undefined when nothing is. */
  frame(from: number, count: number): Uint8Array | undefined {
    const records: Record<string, unknown>[] = [];
    let start = Math.max(from, this.head);
    const first = start;
    if (start <= this.shedThrough) {
      const tombstone = { kind: 'shed', seq: this.shedThrough, at: now, from: this.shedFrom, count: 1 };
      records.push(tombstone);
      start = this.shedThrough + 1;
    }
    for (let seq = start; seq < this.next && records.length < count; seq++) records.push(this.#record(seq));
    if (records.length === 0) return undefined;
    const through = records.at(-1)?.['seq'];
    const head = first <= this.shedThrough ? this.shedFrom : first;
    return packJson({ epoch: this.epoch, sentAt: now, lane: this.lane, from: head, through, records });
  }

  #record(seq: number): Record<string, unknown> {
    const { device, epoch } = this;
    if (this.lane === 'samples') return { kind: 'samples', seq, at: now, device, values: { 'lamp.hours': seq } };
    const data = { from: epoch, to: String(seq) };
    return { kind: 'event', seq, at: now, device, capability: 'power', name: 'changed', severity: 'info', data };
  }
}

type Fault = 'none' | 'before-commit' | 'after-commit';

/** A store whose transactions fail on demand: without a commit, or with one that nobody hears of. */
function faulty(store: Store, fault: () => Fault): Store {
  const lost = () => new RecoverableError('database-unavailable', 'the connection broke');
  return {
    ...store,
    transaction: async (work) => {
      const kind = fault();
      const result = await store.transaction(async (trx) => {
        const value = await work(trx);
        if (kind === 'before-commit') throw lost();
        return value;
      });
      if (kind === 'after-commit') throw lost();
      return result;
    },
  };
}

const step = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('produce' as const),
      lane: fc.constantFrom(...testLanes),
      count: fc.integer({ min: 1, max: 8 }),
    }),
  },
  {
    weight: 8,
    arbitrary: fc.record({
      kind: fc.constant('send' as const),
      lane: fc.constantFrom(...testLanes),
      skip: fc.constantFrom(0, 0, 0, 0, -2, -1, 1, 3),
      count: fc.integer({ min: 1, max: 6 }),
      fault: fc.constantFrom<Fault>('none', 'none', 'before-commit', 'after-commit', 'after-commit'),
      again: fc.boolean(),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('shed' as const),
      lane: fc.constantFrom(...testLanes),
      count: fc.integer({ min: 1, max: 4 }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('restart' as const) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('hello' as const) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('new-outbox' as const) }) },
);
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

async function play(fleet: Fleet, steps: readonly Step[]) {
  let fault: Fault = 'none';
  // A fault strikes the next transaction, once.
  const store = faulty(fleet.store, () => {
    const kind = fault;
    fault = 'none';
    return kind;
  });
  const start = () =>
    createIngest({
      ...fleet,
      store,
      telemetry: createTelemetry({ store, clock: systemClock, log: silentLog }),
      log: silentLog,
      commands: { applyResults: async () => {} },
    });
  let ingest = start();
  let outboxes = 0;
  const newOutbox = () => {
    outboxes++;
    const epoch = `epoch-${outboxes}`.replace('-', '000');
    return testLanes.map((lane) => new OutboxLane(epoch, lane, fleet.host));
  };
  let current = newOutbox();
  const all = [...current];
  const laneOf = (lane: Lane) => current.find((one) => one.lane === lane)!;
  const heard = (ack: Ack | undefined) => {
    expect(ack?.rejected).toEqual([]);
    for (const one of current) {
      const through = ack?.epoch === one.epoch ? ack.through[one.lane] : undefined;
      if (through === undefined) continue;
      expect(through).toBeLessThan(one.next);
      one.acknowledged = Math.max(one.acknowledged, through);
    }
  };
  const send = async (payload: Uint8Array | undefined, kind: Fault = 'none') => {
    if (!payload) return;
    if (kind !== 'none') fault = kind;
    const ack = await ingest.submit('a1', payload).catch((thrown: Error) => thrown);
    if (!(ack instanceof Error)) heard(ack);
  };
  for (const one of steps) {
    if (one.kind === 'produce') laneOf(one.lane).next += one.count;
    if (one.kind === 'shed') laneOf(one.lane).shed(one.count);
    if (one.kind === 'restart') ingest = start();
    if (one.kind === 'new-outbox') {
      current = newOutbox();
      all.push(...current);
    }
    if (one.kind === 'hello') {
      const [state, samples] = testLanes.map((lane) => ({ head: laneOf(lane).head, next: laneOf(lane).next }));
      const lanes = { urgent: { head: 1, next: 1 }, state: state!, samples: samples! };
      const greeting = {
        version: '1',
        bootId: 'b',
        session: 's',
        at: now,
        startedAt: now,
        platform: 'x',
        generation: 0,
        orderSeq: 0,
        families: [],
      };
      heard(await ingest.hello('a1', { ...greeting, epoch: current[0]!.epoch, lanes }));
    }
    if (one.kind === 'send') {
      const lane = laneOf(one.lane);
      const payload = lane.frame(lane.acknowledged + 1 + one.skip, one.count);
      const sent = [send(payload, one.fault)];
      // The same frame once more while the first is on its way, as after a lost connection.
      if (one.again) sent.push(send(payload));
      await Promise.all(sent);
    }
  }
  for (const lane of current)
    for (let round = 0; lane.acknowledged < lane.next - 1; round++) {
      if (round > 100) throw new Error(`lane ${lane.lane} does not drain beyond ${lane.acknowledged}`);
      await send(lane.frame(lane.acknowledged + 1, 50));
    }
  return { all, current };
}

async function storedNumbers(store: Store): Promise<ReadonlyMap<string, number[]>> {
  const found = new Map<string, number[]>();
  const put = (name: string, seq: number) => found.set(name, [...(found.get(name) ?? []), seq]);
  for (const { data } of await store.db.selectFrom('event').select('data').execute())
    put(`${data['from']} state`, Number(data['to']));
  for (const { epoch, payload } of await store.db.selectFrom('telemetry_frame').select(['epoch', 'payload']).execute())
    for (const { values } of readStoredFrame(payload)) put(`${epoch} samples`, values['lamp.hours']!);
  return found;
}

describeStores('exactly once', (open) => {
  it('whatever is repeated, reordered, broken off or restarted', { timeout: 120_000 }, async () => {
    const store = await open();
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 30, maxLength: 80, size: 'max' }), async (steps) => {
        await emptyStore(store);
        const fleet = await createFleet(store);
        const { all, current } = await play(fleet, steps);
        const stored = await storedNumbers(store);
        const streams = await store.db.selectFrom('stream').selectAll().execute();
        for (const lane of all) {
          const numbers = stored.get(`${lane.epoch} ${lane.lane}`) ?? [];
          expect(new Set(numbers).size).toBe(numbers.length);
          const row = streams.find((one) => one.epoch === lane.epoch && one.lane === lane.lane);
          const through = row?.through ?? 0;
          expect(through).toBeGreaterThanOrEqual(lane.acknowledged);
          if (current.includes(lane)) expect(through).toBe(lane.next - 1);
          expect(row?.missing ?? 0).toBe(0);
          expect(row?.delivered ?? 0).toBe(numbers.length);
          expect((row?.shed ?? 0) + numbers.length).toBe(through);
          for (let seq = 1; seq <= through; seq++)
            if (!numbers.includes(seq)) expect(seq).toBeLessThanOrEqual(lane.shedThrough);
        }
      }),
      { numRuns: 25, endOnFailure: true },
    );
  });
});
