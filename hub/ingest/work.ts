import type { Ack, Hello } from '../../protocols/fleet/messages.ts';
import { type Lane, lanes } from '../../protocols/fleet/record.ts';
import type { QuarantineEntry } from '../quarantine/index.ts';
import type { DataRecord, Flaw, Frame, StoredTicks } from './frame.ts';
import { beginning, type FramePlan, planFrame, planHello, type Rejected, type StreamPosition } from './plan.ts';
import { nameOf, type StreamKey, type StreamMove } from './streams.ts';

/** One message of one agent that waits to be stored. */
export type Item = { readonly agentId: string } /** As it came, until it is its turn to be read. */ & (
  | { readonly kind: 'payload'; readonly payload: Uint8Array }
  | { readonly kind: 'frame'; readonly frame: Frame }
  | { readonly kind: 'hello'; readonly hello: Hello }
  /** Not even its header: kept, and answered with what stands in the epoch that the agent greeted with, if it did. */
  | {
      readonly kind: 'unreadable';
      readonly flaw: Flaw;
      readonly epoch: string | undefined;
      readonly hash: string;
      /** Whether the same bytes are in quarantine already. */
      readonly seen: boolean;
    }
);

/** Totals since the start. */
export interface IngestCounters {
  frames: number;
  records: number;
  /** Of which ticks of samples. */
  ticks: number;
  rejected: number;
  /** Frames that brought nothing new, and frames that began too far on. */
  known: number;
  gaps: number;
  commits: number;
  failures: number;
}

export const noCounts: Readonly<IngestCounters> = {
  frames: 0,
  ticks: 0,
  records: 0,
  rejected: 0,
  known: 0,
  gaps: 0,
  commits: 0,
  failures: 0,
};

/** As many as `ackSchema` takes. */
export const mostRejectedInAck = 100;
/** Everything that a run of items changes. */
export interface Work {
  readonly moves: readonly StreamMove[];
  readonly telemetry: readonly StoredTicks[];
  readonly records: readonly { readonly agentId: string; readonly records: readonly DataRecord[] }[];
  readonly quarantine: readonly QuarantineEntry[];
  readonly acks: readonly (Ack | undefined)[];
  /** Streams of frames that began too far on. */
  readonly gaps: readonly StreamKey[];
  readonly counts: Partial<IngestCounters>;
}

/** Streams that an item concerns. */
export function keysOf(item: Item): readonly StreamKey[] {
  const { agentId } = item;
  if (item.kind === 'frame') return [{ agentId, epoch: item.frame.epoch, lane: item.frame.lane }];
  if (item.kind === 'payload') return [];
  const epoch = item.kind === 'hello' ? item.hello.epoch : item.epoch;
  return epoch === undefined ? [] : lanes.map((lane) => ({ agentId, epoch, lane }));
}

/** Plans items in order, each on top of those before it. Pure. */
export function planWork(items: readonly Item[], positions: ReadonlyMap<string, StreamPosition>): Work {
  const planner = new Planner(positions);
  const acks = items.map((item) => planner.take(item));
  return planner.finish(acks);
}

class Planner {
  readonly #before: ReadonlyMap<string, StreamPosition>;
  readonly #now: Map<string, StreamPosition>;
  readonly #touched = new Map<string, StreamKey>();
  readonly #telemetry: StoredTicks[] = [];
  readonly #records: Work['records'][number][] = [];
  readonly #quarantine: QuarantineEntry[] = [];
  readonly #gaps: StreamKey[] = [];
  readonly #counts = { ...noCounts };

  constructor(positions: ReadonlyMap<string, StreamPosition>) {
    this.#before = positions;
    this.#now = new Map(positions);
  }

  take(item: Item): Ack | undefined {
    const keys = keysOf(item);
    let rejected: readonly Rejected[] = [];
    if (item.kind === 'unreadable' && !item.seen) this.#reject(item.agentId, 'up/frames', item.flaw);
    if (item.kind === 'hello') for (const key of keys) this.#greet(key, item.hello);
    if (item.kind === 'frame') for (const key of keys) rejected = this.#store(key, item.frame);
    return ackOf(keys, (key) => this.#at(key), rejected);
  }

  finish(acks: readonly (Ack | undefined)[]): Work {
    const moves = [...this.#touched.values()].map((key) => ({
      key,
      before: this.#before.get(nameOf(key)) ?? beginning,
      after: this.#at(key),
    }));
    return {
      moves: moves.filter(({ before, after }) => after.through !== before.through),
      telemetry: this.#telemetry,
      records: this.#records,
      quarantine: this.#quarantine,
      acks,
      gaps: this.#gaps,
      counts: this.#counts,
    };
  }

  #at(key: StreamKey): StreamPosition {
    return this.#now.get(nameOf(key)) ?? beginning;
  }

  #move(key: StreamKey, position: StreamPosition): void {
    this.#touched.set(nameOf(key), key);
    this.#now.set(nameOf(key), position);
  }

  #reject(agentId: string, channel: string, flaw: Flaw): void {
    this.#quarantine.push({ agentId, channel, ...flaw });
  }

  #greet(key: StreamKey, hello: Hello): void {
    const wentBack = flawOfOutbox(hello, key.lane, this.#at(key));
    if (wentBack) this.#reject(key.agentId, 'up/hello', wentBack);
    this.#move(key, planHello(hello.lanes[key.lane].head, this.#at(key)));
  }

  #store(key: StreamKey, frame: Frame): readonly Rejected[] {
    const { agentId } = key;
    const planned = planFrame(agentId, frame, this.#at(key));
    if (planned.outcome === 'gap') this.#gaps.push(key);
    if (planned.outcome === 'stored') this.#move(key, planned.position);
    if (planned.telemetry) this.#telemetry.push(planned.telemetry);
    if (planned.records.length > 0) this.#records.push({ agentId, records: planned.records });
    for (const flaw of planned.rejected) this.#reject(agentId, 'up/frames', flaw);
    this.#count(planned);
    return planned.rejected;
  }

  #count({ outcome, records, telemetry, rejected }: FramePlan): void {
    const ticks = telemetry?.records.length ?? 0;
    this.#counts.frames++;
    this.#counts.records += records.length + ticks;
    this.#counts.ticks += ticks;
    this.#counts.rejected += rejected.length;
    if (outcome === 'known') this.#counts.known++;
    if (outcome === 'gap') this.#counts.gaps++;
  }
}

/** An outbox that will give numbers again which are stored already was restored from an old copy: a person must know. */
function flawOfOutbox(hello: Hello, lane: Lane, position: StreamPosition): Flaw | undefined {
  const { next } = hello.lanes[lane];
  if (next > position.through) return undefined;
  const message = `the outbox goes on at ${next} in lane ${lane}, but ${position.through} is stored: it needs a new epoch`;
  return { code: 'outbox-went-back', message, payload: Buffer.from(JSON.stringify(hello)) };
}

function ackOf(
  keys: readonly StreamKey[],
  at: (key: StreamKey) => StreamPosition,
  rejected: readonly Rejected[],
): Ack | undefined {
  const [first] = keys;
  if (!first) return undefined;
  const through = Object.fromEntries(keys.map((key) => [key.lane, at(key).through]));
  return { epoch: first.epoch, through, rejected: ackedRejections(rejected) };
}

/** What an acknowledgement tells of quarantine: records by their number. */
export function ackedRejections(rejected: readonly Rejected[]): Ack['rejected'] {
  return rejected
    .flatMap(({ lane, seq, code, message }) =>
      seq === undefined ? [] : [{ lane, seq, code: code.slice(0, 64), message: message.slice(0, 300) }],
    )
    .slice(0, mostRejectedInAck);
}
