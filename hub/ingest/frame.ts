import type { FleetRecord, Lane, ShedRecord } from '../../protocols/fleet/record.ts';
import type { TelemetryFrame } from '../telemetry/index.ts';

export type SamplesRecord = Extract<FleetRecord, { kind: 'samples' }>;
export type DataRecord = Exclude<FleetRecord, ShedRecord>;

/** Why something of a frame is not taken. It goes to quarantine and counts as stored. */
export interface Flaw {
  readonly code: string;
  readonly message: string;
  /** What is kept for a person to look at. */
  readonly payload: Uint8Array;
}

/** What a frame says of the numbers `from..through` of its lane. */
export type Entry = { readonly from: number; readonly through: number } & (
  | { readonly kind: 'record'; readonly record: DataRecord }
  | { readonly kind: 'shed' }
  /** A record that cannot be taken. */
  | { readonly kind: 'bad'; readonly flaw: Flaw }
  /** Numbers that the frame claims and nothing in it stands for. */
  | { readonly kind: 'hole'; readonly flaw: Flaw }
);

/** What telemetry stores of a frame, with whole records for those who watch. */
export type StoredTicks = TelemetryFrame & { readonly records: readonly SamplesRecord[] };

export interface FrameHeader {
  readonly epoch: string;
  readonly lane: Lane;
  readonly from: number;
  readonly through: number;
}

export type Frame = FrameHeader &
  (
    | {
        /** Nothing but sound ticks, one a number: the payload is stored as it came. */
        readonly kind: 'ticks';
        readonly ticks: readonly SamplesRecord[];
        readonly payload: Uint8Array;
      }
    | {
        /** Entries cover `from..through` in order, each number once. */
        readonly kind: 'entries';
        readonly entries: readonly Entry[];
        /** Flaws that cover no number: a record out of place. */
        readonly strays: readonly Flaw[];
      }
  );

export type ParsedPayload = Frame | { readonly kind: 'unreadable'; readonly flaw: Flaw };
