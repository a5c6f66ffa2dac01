import { renewed } from './decide.ts';
import type { Execution, RolloutView, Wave } from './model.ts';
import { failuresOf } from './trip.ts';

/** What a recorded decision of a person makes of a rollout that stopped. */
export interface Resumption {
  readonly waves: readonly Wave[];
  /** Failed ones of the stopped wave that are planned again. */
  readonly again: readonly Execution[];
}

/**
 * After a trip, `retry` plans what failed in that wave again, and `skip` leaves it behind: the trip rule then counts only what
 * comes after. `go-on` is for a pause by a person. Undefined when the decision does not fit how the rollout stands: nothing
 * goes on past a trip without a word about what failed.
 */
export function resume(
  view: RolloutView,
  decision: 'retry' | 'skip' | 'go-on',
  ended: readonly Execution[],
): Resumption | undefined {
  if (view.state !== 'paused') return undefined;
  const tripped = view.waves.find(({ state }) => state === 'tripped');
  if (!tripped) return decision === 'go-on' ? { waves: view.waves, again: [] } : undefined;
  if (decision === 'go-on') return undefined;
  const forgiven = decision === 'skip' ? Math.max(1, failuresOf(tripped.counts)) : tripped.forgiven;
  const waves = view.waves.map((wave) =>
    wave.number === tripped.number ? { ...wave, state: 'running' as const, forgiven } : wave,
  );
  const tries = ended.filter(
    ({ wave, state }) =>
      wave === tripped.number && ['failed', 'lost', 'rejected', 'rolled_back', 'expired'].includes(state),
  );
  return { waves, again: decision === 'retry' ? tries.map(renewed) : [] };
}
