import type { Lane } from '../../protocols/fleet/record.ts';
import type { Gap } from './outbox-plan.ts';

/** A gap with both clocks of the last shedding. */
interface StampedGap extends Gap {
  readonly at: number;
  readonly mono: number;
}

/** The counters of one lane. */
export interface LaneState {
  /** The number that the next record gets. */
  readonly next: number;
  readonly generated: number;
  readonly delivered: number;
  readonly shed: number;
  readonly pending: number;
  readonly bytes: number;
  readonly gap: StampedGap | undefined;
}

export const freshLane: LaneState = {
  next: 1,
  generated: 0,
  delivered: 0,
  shed: 0,
  pending: 0,
  bytes: 0,
  gap: undefined,
};

/** The oldest number that a lane keeps: that of its gap, else of its first record; `next` when it is empty. Pending numbers have no holes. */
export function headOf({ gap, next, pending }: LaneState): number {
  return gap?.from ?? next - pending;
}

export function mapLanes<T>(of: (lane: Lane) => T): Record<Lane, T> {
  return { urgent: of('urgent'), state: of('state'), samples: of('samples') };
}

/** One commit in the making: the lanes as they will be when it has succeeded. */
export class Work {
  readonly lanes: Record<Lane, LaneState>;
  epoch: string;

  constructor(states: Readonly<Record<Lane, LaneState>>, epoch: string) {
    this.lanes = { ...states };
    this.epoch = epoch;
  }

  change(lane: Lane, change: Partial<LaneState>): void {
    this.lanes[lane] = { ...this.lanes[lane], ...change };
  }

  bytes(): Record<Lane, number> {
    return mapLanes((lane) => this.lanes[lane].bytes);
  }
}
