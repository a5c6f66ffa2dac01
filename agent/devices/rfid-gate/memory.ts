import { nobodyPresent, type Presence } from './presence.ts';

/** What a gate has counted and knows; it outlives a connection, so that no count starts anew when a cable was loose. */
export interface GateMemory {
  passes: number;
  people: number;
  alarms: number;
  unknownItems: number;
  undecided: number;
  moved: number;
  departed: number;
  exceptions: number;
  /** Wall clock. */
  lastAlarmAt: number | undefined;
  /** Monotonic and wall clock; noise is due again after it. */
  silencedUntil: { readonly monoMs: number; readonly wallMs: number } | undefined;
  /** Items that stay in the field over a reconnection do not pass, and do not alarm, a second time. */
  presence: Presence;
}

export function createMemory(): GateMemory {
  return {
    passes: 0,
    people: 0,
    alarms: 0,
    unknownItems: 0,
    undecided: 0,
    moved: 0,
    departed: 0,
    exceptions: 0,
    lastAlarmAt: undefined,
    silencedUntil: undefined,
    presence: nobodyPresent,
  };
}
