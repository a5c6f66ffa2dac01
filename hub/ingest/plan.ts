import { packJson } from '../../protocols/fleet/payload.ts';
import type { Lane } from '../../protocols/fleet/record.ts';
import type { DataRecord, Entry, Flaw, Frame, FrameHeader, SamplesRecord, StoredTicks } from './frame.ts';

/** How far one lane of one outbox is stored. Always: delivered + shed + missing = through. */
export interface StreamPosition {
  readonly through: number;
  readonly delivered: number;
  readonly shed: number;
  readonly missing: number;
}

export const beginning: StreamPosition = { through: 0, delivered: 0, shed: 0, missing: 0 };

/** Something that goes to quarantine; without numbers for a stray. */
export interface Rejected extends Flaw {
  readonly lane: Lane;
  readonly seq?: number;
}

/** What storing a frame on top of a position means. */
export interface FramePlan {
  readonly position: StreamPosition;
  /** `gap`: it begins beyond what is stored, so nothing of it is taken. `known`: all of it was stored before. */
  readonly outcome: 'stored' | 'gap' | 'known';
  readonly records: readonly DataRecord[];
  readonly telemetry: StoredTicks | undefined;
  readonly rejected: readonly Rejected[];
}

/** Takes what is new in a frame, record by record: a number that is stored already is passed over. */
export function planFrame(agentId: string, frame: Frame, position: StreamPosition): FramePlan {
  const nothing = { position, records: [], telemetry: undefined, rejected: [] };
  if (frame.from > position.through + 1) return { ...nothing, outcome: 'gap' };
  if (frame.through <= position.through) return { ...nothing, outcome: 'known' };
  return frame.kind === 'ticks' ? planTicks(agentId, frame, position) : planEntries(agentId, frame, position);
}

function planTicks(agentId: string, frame: Frame & { readonly kind: 'ticks' }, position: StreamPosition): FramePlan {
  const known = position.through + 1 - frame.from;
  const ticks = known === 0 ? frame.ticks : frame.ticks.slice(known);
  const telemetry =
    known === 0
      ? {
          agentId,
          epoch: frame.epoch,
          from: frame.from,
          through: frame.through,
          payload: frame.payload,
          records: ticks,
        }
      : repacked(agentId, frame, position.through + 1, ticks);
  const moved = frame.through - position.through;
  return {
    position: { ...position, through: frame.through, delivered: position.delivered + moved },
    outcome: 'stored',
    records: [],
    telemetry,
    rejected: [],
  };
}

function repacked(
  agentId: string,
  { epoch, through }: FrameHeader,
  from: number,
  records: readonly SamplesRecord[],
): StoredTicks {
  const payload = packJson({ epoch, lane: 'samples', from, through, records });
  return { agentId, epoch, from, through, payload, records };
}

function planEntries(
  agentId: string,
  frame: Frame & { readonly kind: 'entries' },
  position: StreamPosition,
): FramePlan {
  const counts = { delivered: position.delivered, shed: position.shed, missing: position.missing };
  const records: DataRecord[] = [];
  const rejected: Rejected[] = frame.strays.map((flaw) => ({ ...flaw, lane: frame.lane }));
  for (const entry of frame.entries) {
    const fresh = entry.through - Math.max(entry.from, position.through + 1) + 1;
    if (fresh <= 0) continue;
    counts[accountOf[entry.kind]] += fresh;
    if (entry.kind === 'record') records.push(entry.record);
    if (entry.kind === 'bad' || entry.kind === 'hole')
      rejected.push({ ...entry.flaw, lane: frame.lane, seq: Math.max(entry.from, position.through + 1) });
  }
  const ticks = records.filter((record) => record.kind === 'samples');
  return {
    position: { ...counts, through: frame.through },
    outcome: 'stored',
    records: frame.lane === 'samples' ? [] : records,
    telemetry: ticks.length === 0 ? undefined : repacked(agentId, frame, position.through + 1, ticks),
    rejected,
  };
}

/** A record in quarantine is stored too: it counts as delivered. */
const accountOf = { record: 'delivered', bad: 'delivered', shed: 'shed', hole: 'missing' } as const satisfies Record<
  Entry['kind'],
  keyof StreamPosition
>;

/**
 * What a greeting means for a lane: the agent holds nothing below `head`, so what lies between is gone for ever. That
 * happens when this database was restored from a backup.
 */
export function planHello(head: number, position: StreamPosition): StreamPosition {
  const lost = head - 1 - position.through;
  return lost <= 0 ? position : { ...position, through: head - 1, missing: position.missing + lost };
}
