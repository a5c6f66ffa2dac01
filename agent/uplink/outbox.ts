import { randomBytes } from 'node:crypto';
import type { StatementSync } from 'node:sqlite';
import { FatalError, RecoverableError } from '../../protocols/errors.ts';
import type { Ack } from '../../protocols/fleet/messages.ts';
import { type Lane, lanes, type RecordBody } from '../../protocols/fleet/record.ts';
import type { Clock } from '../../protocols/ports.ts';
import type { AgentDatabase } from './database.ts';
import { headOf, type LaneState, mapLanes, Work } from './lane-state.ts';
import { LaneTable } from './lane-table.ts';
import {
  cutOldest,
  defaultOutboxLimits,
  excessBytes,
  type FrameLimits,
  growGap,
  type OutboxLimits,
  sheddingOrder,
  takeForFrame,
  trimGap,
  urgentFits,
} from './outbox-plan.ts';
import { numbered, type RecordText, recordText } from './record-text.ts';

/** Where every number of a lane went: `generated = delivered + pending + shed`, always. */
export interface LaneAccount {
  readonly generated: number;
  readonly delivered: number;
  readonly pending: number;
  readonly shed: number;
  /** Bytes of the pending records. */
  readonly bytes: number;
}

/** A run of one lane, ready to be sent. */
export interface OutboxFrame {
  readonly lane: Lane;
  readonly from: number;
  readonly through: number;
  /** Records as a JSON array. */
  readonly recordsJson: string;
}

/** The numbers that a batch got. */
export interface SequenceRange {
  readonly lane: Lane;
  readonly from: number;
  readonly through: number;
}

export interface OutboxOptions {
  readonly database: AgentDatabase;
  readonly clock: Clock;
  readonly limits?: OutboxLimits;
}

interface Batch {
  readonly lane: Lane;
  readonly bodies: readonly RecordText[];
  readonly bytes: number;
  readonly resolve: (range: SequenceRange) => void;
  readonly reject: (reason: unknown) => void;
}

/** Records of one device that become those of another. */
interface Move {
  readonly from: string;
  readonly to: string;
  readonly resolve: () => void;
  readonly reject: (reason: unknown) => void;
}

interface Acknowledgement {
  readonly ack: Ack;
  readonly resolve: () => void;
  readonly reject: (reason: unknown) => void;
}

/**
 * The agent's durable queue. What `enqueue` has answered survives a crash and leaves only by `ack` or, in the order of
 * `sheddingOrder` and visibly, by shedding. Everything asked for in one turn of the event loop shares one commit.
 */
export class Outbox implements Disposable {
  readonly #database: AgentDatabase;
  readonly #clock: Clock;
  readonly #limits: OutboxLimits;
  readonly #table: LaneTable;
  readonly #statements: Readonly<
    Record<'insert' | 'oldest' | 'after' | 'sum' | 'remove' | 'renumber' | 'readdress' | 'total', StatementSync>
  >;
  #lanes: Readonly<Record<Lane, LaneState>>;
  #epoch: string;
  #batches: Batch[] = [];
  #acks: Acknowledgement[] = [];
  #moves: Move[] = [];
  #isFlushDue = false;
  #isClosed = false;
  #onChange: () => void = () => {};

  constructor({ database, clock, limits }: OutboxOptions) {
    this.#database = database;
    this.#clock = clock;
    this.#limits = limits ?? defaultOutboxLimits;
    const { sql } = database;
    this.#table = new LaneTable(sql);
    this.#statements = {
      insert: sql.prepare('insert into record (lane, seq, bytes, body) values (?, ?, ?, ?)'),
      oldest: sql.prepare('select seq, bytes from record where lane = ? order by seq'),
      after: sql.prepare('select seq, body from record where lane = ? and seq > ? order by seq limit ?'),
      sum: sql.prepare('select count(*) as records, total(bytes) as bytes from record where lane = ? and seq <= ?'),
      remove: sql.prepare('delete from record where lane = ? and seq <= ?'),
      renumber: sql.prepare('update record set seq = seq - ? where lane = ?'),
      readdress: sql.prepare(
        `update record set body = json_set(body, '$.device', ?2), bytes = length(cast(json_set(body, '$.device', ?2) as blob))
         where json_extract(body, '$.device') = ?1`,
      ),
      total: sql.prepare('select total(bytes) as bytes from record where lane = ?'),
    };
    const { epoch, states } = database.transaction(() => this.#table.load(newEpoch));
    this.#epoch = epoch;
    this.#lanes = states;
  }

  /** Names this life of the numbering. */
  get epoch(): string {
    return this.#epoch;
  }

  /** Called after each commit that added records or moved the numbering. One listener. */
  onChange(listener: () => void): void {
    this.#onChange = listener;
  }

  /**
   * Adds records to the end of a lane; resolves with their numbers when they are on the disk. All of the batch or nothing.
   * Rejects with RecoverableError `outbox-full` (urgent lane alone) | `disk-full` | `storage-failed`, FatalError
   * `invalid-record` | `record-too-large` | `outbox-closed`.
   */
  async enqueue(lane: Lane, records: readonly RecordBody[]): Promise<SequenceRange> {
    if (records.length === 0) throw new FatalError('invalid-record', 'a batch needs at least one record');
    if (this.#isClosed) throw closed();
    const bodies = records.map(recordText);
    const bytes = bodies.reduce((sum, body) => sum + body.bytes, 0);
    return new Promise((resolve, reject) => {
      this.#batches.push({ lane, bodies, bytes, resolve, reject });
      this.#schedule();
    });
  }

  /**
   * Deletes what the hub has. Resolves when that is on the disk; one of another epoch changes nothing. One that is ahead of
   * us means that this file is older than what the hub has seen (a restored backup): the rest begins a new epoch.
   * Rejects with RecoverableError as `enqueue` does; the records then stay and are sent again.
   */
  async ack(ack: Ack): Promise<void> {
    if (this.#isClosed) throw closed();
    return new Promise((resolve, reject) => {
      this.#acks.push({ ack, resolve, reject });
      this.#schedule();
    });
  }

  /**
   * From here on the records of one device that wait are those of another: what a machine measured before the hub gave it a
   * name. Resolves when that is on the disk; it may be asked for again. Rejects as `ack` does.
   */
  async readdress(from: string, to: string): Promise<void> {
    if (this.#isClosed) throw closed();
    return new Promise((resolve, reject) => {
      this.#moves.push({ from, to, resolve, reject });
      this.#schedule();
    });
  }

  /** The next run of `lane` after number `after`; undefined when there is none. A tombstone is its first record where one stands. */
  nextFrame(lane: Lane, after: number, limits: FrameLimits): OutboxFrame | undefined {
    const { gap } = this.#lanes[lane];
    const records = takeForFrame(this.#recordsAfter(lane, after), ({ text }) => Buffer.byteLength(text), limits);
    const first = records[0];
    const last = records.at(-1);
    if (!first || !last) return undefined;
    const from = gap && first.seq === gap.through ? gap.from : first.seq;
    return { lane, from, through: last.seq, recordsJson: `[${records.map(({ text }) => text).join(',')}]` };
  }

  /** What each lane still holds: `head` is the oldest number kept, `next` the one that comes. */
  ranges(): Record<Lane, { head: number; next: number }> {
    return mapLanes((lane) => ({ head: headOf(this.#lanes[lane]), next: this.#lanes[lane].next }));
  }

  accounts(): Record<Lane, LaneAccount> {
    return mapLanes((lane) => {
      const { generated, delivered, pending, shed, bytes } = this.#lanes[lane];
      return { generated, delivered, pending, shed, bytes };
    });
  }

  /** Commits what waits; after that every call is refused. The database stays open for its other users. */
  [Symbol.dispose](): void {
    if (this.#isClosed) return;
    this.#flush();
    this.#isClosed = true;
  }

  #schedule(): void {
    if (this.#isFlushDue) return;
    this.#isFlushDue = true;
    setImmediate(() => {
      if (!this.#isClosed) this.#flush();
    });
  }

  #flush(): void {
    this.#isFlushDue = false;
    const batches = this.#batches;
    const acks = this.#acks;
    const moves = this.#moves;
    if (batches.length + acks.length + moves.length === 0) return;
    this.#batches = [];
    this.#acks = [];
    this.#moves = [];
    const settled: (() => void)[] = [];
    try {
      const work = new Work(this.#lanes, this.#epoch);
      this.#database.transaction(() => {
        for (const { ack, resolve } of acks) {
          this.#apply(work, ack);
          settled.push(resolve);
        }
        for (const batch of batches) settled.push(this.#add(work, batch));
        for (const move of moves) settled.push(this.#readdress(work, move));
        this.#shed(work);
        this.#table.save(work.epoch, this.#lanes, work.lanes);
      });
      this.#lanes = work.lanes;
      this.#epoch = work.epoch;
    } catch (thrown) {
      for (const { reject } of [...acks, ...batches, ...moves]) reject(thrown);
      return;
    }
    for (const settle of settled) settle();
    this.#onChange();
  }

  /** Writes one batch; returns how its caller is answered once all is committed. */
  #add(work: Work, { lane, bodies, bytes, resolve, reject }: Batch): () => void {
    if (lane === 'urgent' && !urgentFits(work.bytes(), bytes, this.#limits)) {
      return () =>
        reject(new RecoverableError('outbox-full', 'the urgent lane of the outbox is full; the hub must answer first'));
    }
    const state = work.lanes[lane];
    const from = state.next;
    bodies.forEach((body, index) => {
      this.#statements.insert.run(lanes.indexOf(lane), from + index, body.bytes, body.text);
    });
    work.change(lane, {
      next: from + bodies.length,
      generated: state.generated + bodies.length,
      pending: state.pending + bodies.length,
      bytes: state.bytes + bytes,
    });
    return () => resolve({ lane, from, through: from + bodies.length - 1 });
  }

  #apply(work: Work, ack: Ack): void {
    if (ack.epoch !== work.epoch) return;
    const isAhead = lanes.some((lane) => (ack.through[lane] ?? 0) >= work.lanes[lane].next);
    if (isAhead) {
      this.#renumber(work);
      return;
    }
    for (const lane of lanes) {
      const through = ack.through[lane];
      if (through === undefined || through < headOf(work.lanes[lane])) continue;
      const state = work.lanes[lane];
      const removed = this.#remove(lane, through);
      work.change(lane, {
        delivered: state.delivered + removed.records,
        pending: state.pending - removed.records,
        bytes: state.bytes - removed.bytes,
        gap: trimGap(state.gap, through),
      });
    }
  }

  #readdress(work: Work, { from, to, resolve }: Move): () => void {
    this.#statements.readdress.run(from, to);
    for (const lane of lanes) {
      const bytes = Number(this.#statements.total.get(lanes.indexOf(lane))?.['bytes'] ?? 0);
      if (bytes !== work.lanes[lane].bytes) work.change(lane, { bytes });
    }
    return resolve;
  }

  #shed(work: Work): void {
    for (const lane of sheddingOrder) {
      const state = work.lanes[lane];
      const oldest = this.#statements.oldest.iterate(lanes.indexOf(lane)) as Iterable<{ seq: number; bytes: number }>;
      const cut = cutOldest(oldest, excessBytes(work.bytes(), this.#limits));
      if (!cut) continue;
      this.#remove(lane, cut.through);
      work.change(lane, {
        shed: state.shed + cut.records,
        pending: state.pending - cut.records,
        bytes: state.bytes - cut.bytes,
        gap: {
          ...growGap(state.gap, headOf(state), cut.through),
          at: Math.round(this.#clock.now()),
          mono: Math.max(0, Math.round(this.#clock.mono())),
        },
      });
    }
  }

  #remove(lane: Lane, through: number): { readonly records: number; readonly bytes: number } {
    const sum = this.#statements.sum.get(lanes.indexOf(lane), through) as { records: number; bytes: number };
    this.#statements.remove.run(lanes.indexOf(lane), through);
    return sum;
  }

  /** Begins a new epoch in which the oldest number still kept of each lane is 1. */
  #renumber(work: Work): void {
    work.epoch = newEpoch();
    for (const lane of lanes) {
      const { next, gap } = work.lanes[lane];
      const shift = headOf(work.lanes[lane]) - 1;
      if (shift > 0) this.#statements.renumber.run(shift, lanes.indexOf(lane));
      work.change(lane, {
        next: next - shift,
        gap: gap && { ...gap, from: gap.from - shift, through: gap.through - shift },
      });
    }
  }

  *#recordsAfter(lane: Lane, after: number): Generator<{ readonly seq: number; readonly text: string }> {
    const { gap } = this.#lanes[lane];
    if (gap && gap.through > after) {
      const { from, through, at, mono } = gap;
      const count = through - from + 1;
      yield { seq: through, text: JSON.stringify({ kind: 'shed', seq: through, at, mono, from, count }) };
    }
    const rows = this.#statements.after.iterate(lanes.indexOf(lane), after, maxRowsAtOnce);
    for (const { seq, body } of rows as Iterable<{ seq: number; body: string }>) {
      yield { seq, text: numbered(seq, body) };
    }
  }
}

/** No frame takes more than this. */
const maxRowsAtOnce = 1_000;

function newEpoch(): string {
  return randomBytes(8).toString('hex');
}

function closed(): FatalError {
  return new FatalError('outbox-closed', 'the agent is stopping; its outbox takes nothing more');
}
