import type { Lane, RecordBody } from '../../protocols/fleet/record.ts';

/** What a loaded agent is told to do, as one JSON argument. */
export interface LoadOptions {
  /** Of the enrolled machine whose place it takes. */
  readonly dataDir: string;
  readonly journal: string;
  readonly device: string;
  /** Marks go up from here; each stands in one record. */
  readonly firstMark: number;
  /** Time stamp of mark 0, and how much later that of the next one is. */
  readonly baseMs: number;
  readonly stepMs: number;
  /** Each so many batches one is urgent; the others go to the lanes `state` and `samples` in turn. */
  readonly urgentEvery: number;
  /** Between two batches of one of the four workers. */
  readonly pauseMs: number;
}

export function laneOf(batch: number, urgentEvery: number): Lane {
  if (batch % urgentEvery === 0) return 'urgent';
  return batch % 2 === 0 ? 'state' : 'samples';
}

/** Each third record of the lane `state` is one: it replaces the one before, so only the last can be read back. */
export function isStateMark(lane: Lane, mark: number): boolean {
  return lane === 'state' && mark % 3 === 0;
}

/** The record of a mark; it carries the mark where it can be found again. */
export function loadRecord(
  lane: Lane,
  mark: number,
  { device, baseMs, stepMs }: Pick<LoadOptions, 'device' | 'baseMs' | 'stepMs'>,
): RecordBody {
  const stamp = { at: baseMs + mark * stepMs, device };
  if (lane === 'samples') {
    return { kind: 'samples', ...stamp, values: { 'host.load1': mark, 'host.cpuUsed': mark % 100 } };
  }
  if (isStateMark(lane, mark)) {
    return { kind: 'state', ...stamp, capability: 'host', state: { hostname: 'load', memoryBytes: mark } };
  }
  return {
    kind: 'event',
    ...stamp,
    capability: 'power',
    name: 'changed',
    severity: 'info',
    data: { from: lane, to: String(mark) },
  };
}
