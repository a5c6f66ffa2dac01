import { ProtocolError } from '../../protocols/bytes/error.ts';
import { unpackJson } from '../../protocols/fleet/payload.ts';

/** The numbers of one device at one tick, as a frame carries them. */
export interface SamplesOfTick {
  readonly device: string;
  /** By the agent's clock, milliseconds since the Unix epoch. */
  readonly at: number;
  readonly values: Readonly<Record<string, number>>;
}

/** One frame of the samples lane with what is new and valid in it. */
export interface TelemetryFrame {
  readonly agentId: string;
  readonly epoch: string;
  readonly from: number;
  readonly through: number;
  /** As received, or packed again when a part of it was not taken: `records` and nothing else is in it. */
  readonly payload: Uint8Array;
  readonly records: readonly SamplesOfTick[];
}

/** Reads the ticks of a stored frame. It was checked before it was stored; only its shape is looked at again. */
export function readStoredFrame(payload: Uint8Array): SamplesOfTick[] {
  const value = unpackJson(payload) as { readonly records?: unknown };
  if (!Array.isArray(value.records)) throw new ProtocolError('malformed', 'a stored frame has no records');
  return (value.records as (SamplesOfTick & { readonly kind: string })[]).filter(({ kind }) => kind === 'samples');
}
