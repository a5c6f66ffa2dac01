import type { Lane } from '../../protocols/fleet/record.ts';

/** Bytes of pending records in each lane. */
export type LaneBytes = Readonly<Record<Lane, number>>;

export interface OutboxLimits {
  /** Most bytes of records that wait; 256 MiB unless configured. */
  readonly maxBytes: number;
  /** Part of `maxBytes` that only the urgent lane may fill. */
  readonly urgentReserve: number;
}

export const defaultOutboxLimits: OutboxLimits = { maxBytes: 256 * 1024 * 1024, urgentReserve: 0.2 };

/** The lanes that give way, the less important first. */
export const sheddingOrder = ['samples', 'state'] as const satisfies readonly Lane[];

/** Bytes that `samples` and `state` must give up together; 0 while all is within the bound. */
export function excessBytes(bytes: LaneBytes, limits: OutboxLimits): number {
  const sheddable = bytes.samples + bytes.state;
  const overShare = sheddable - Math.floor(limits.maxBytes * (1 - limits.urgentReserve));
  const overAll = sheddable + bytes.urgent - limits.maxBytes;
  return Math.max(0, Math.min(sheddable, Math.max(overShare, overAll)));
}

/** Whether `incoming` more urgent bytes fit once everything sheddable has been shed. */
export function urgentFits(bytes: LaneBytes, incoming: number, limits: OutboxLimits): boolean {
  return bytes.urgent + incoming <= limits.maxBytes;
}

export interface PendingSize {
  readonly seq: number;
  readonly bytes: number;
}

/** The oldest records of one lane, up to and with `through`. */
export interface Cut {
  readonly through: number;
  readonly records: number;
  readonly bytes: number;
}

/** The fewest oldest records that free `excess` bytes, or all when they do not; undefined when nothing has to go. */
export function cutOldest(oldest: Iterable<PendingSize>, excess: number): Cut | undefined {
  let cut: Cut | undefined;
  if (excess <= 0) return undefined;
  for (const { seq, bytes } of oldest) {
    cut = { through: seq, records: (cut?.records ?? 0) + 1, bytes: (cut?.bytes ?? 0) + bytes };
    if (cut.bytes >= excess) break;
  }
  return cut;
}

/** Numbers `from..through` of one lane whose records were given up. */
export interface Gap {
  readonly from: number;
  readonly through: number;
}

/**
 * The gap after shedding up to `through`. A lane is shed from its head only, so what is shed joins the gap that is there:
 * a lane has one gap at most, and it stands before every pending record.
 */
export function growGap(gap: Gap | undefined, head: number, through: number): Gap {
  return { from: gap?.from ?? head, through };
}

/** What is left of the gap when the hub has everything up to `acknowledged`. */
export function trimGap<G extends Gap>(gap: G | undefined, acknowledged: number): G | undefined {
  if (!gap || acknowledged >= gap.through) return undefined;
  return acknowledged < gap.from ? gap : { ...gap, from: acknowledged + 1 };
}

export interface FrameLimits {
  readonly records: number;
  /** Bytes of the records' JSON, without the frame's header. */
  readonly bytes: number;
}

/** How many of these records, of the given JSON sizes, one frame takes; at least the first, so that none blocks its lane. */
export function takeForFrame<T>(records: Iterable<T>, sizeOf: (record: T) => number, limits: FrameLimits): T[] {
  const taken: T[] = [];
  let bytes = 0;
  for (const record of records) {
    // One more for the comma between two records.
    bytes += sizeOf(record) + 1;
    if (taken.length > 0 && bytes > limits.bytes) break;
    taken.push(record);
    if (taken.length >= limits.records) break;
  }
  return taken;
}
