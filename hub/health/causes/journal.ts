import type { Trx } from '../../store/index.ts';
import type { OpenCause } from './cause.ts';

/** A cause as it was written just now, and what became of it. */
export interface CauseChange {
  readonly what: 'opened' | 'resumed' | 'changed' | 'resolved';
  readonly cause: OpenCause;
  /** As it stood before; absent for one that is new. */
  readonly before?: Pick<OpenCause, 'affected' | 'code'>;
}

/** A row that goes on: nothing of it is lost by opening it again. */
export type ResumedCause = Pick<OpenCause, 'id' | 'affectedPeak' | 'openedAtMs'>;

/** Who keeps the story of causes (`hub/problems`), asked within the transaction that writes them. */
export interface CauseJournal {
  /** Which of the causes that are over stay open, because they come and go. */
  hold(trx: Trx, causes: readonly OpenCause[]): Promise<ReadonlySet<string>>;
  /** Of one agent, or of units when there is none. Rows that go on instead of new ones, by `keyOf` of what is wanted: closed a moment ago, or held. */
  resume(
    trx: Trx,
    agentId: string | undefined,
    wanted: readonly (Pick<OpenCause, 'kind' | 'code' | 'deviceId' | 'unitId'> & { readonly key: string })[],
  ): Promise<ReadonlyMap<string, ResumedCause>>;
  changed(trx: Trx, changes: readonly CauseChange[]): Promise<void>;
}

/** Where nobody keeps a story. */
export const noJournal: CauseJournal = {
  hold: async () => new Set(),
  resume: async () => new Map(),
  changed: async () => {},
};
