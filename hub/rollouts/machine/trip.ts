import type { RolloutStrategy } from '../../../protocols/api/operation/rollouts.ts';
import { type Counts, sum, type Wave } from './model.ts';

/** Begun in earnest, or refused by the agent: what a share of failures is taken of. What never answered is not in it. */
export function attemptedOf(counts: Counts): number {
  const { accepted, downloading, staged, waiting_window: waiting, applying, verifying, succeeded } = counts;
  return accepted + downloading + staged + waiting + applying + verifying + succeeded + failuresOf(counts);
}

/** `lost` is one: a device that went silent while it was changed is not well. `expired` is none. */
export function failuresOf(counts: Counts): number {
  return counts.failed + counts.lost + counts.rejected + counts.rolled_back;
}

interface Tally {
  readonly attempted: number;
  readonly failures: number;
}

function tallyOf(counts: Counts, forgiven: number): Tally {
  const passed = Math.min(forgiven, failuresOf(counts));
  return { attempted: attemptedOf(counts) - passed, failures: failuresOf(counts) - passed };
}

/**
 * Whether this wave must stop now: by the share of failures once the sample is large enough, in the wave or in the rollout
 * as a whole (small waves would else never reach a sample), or by their number, whichever comes first.
 */
export function mustTrip(wave: Wave, waves: readonly Wave[], { trip }: RolloutStrategy): boolean {
  const own = tallyOf(wave.counts, wave.forgiven);
  if (own.failures === 0) return false;
  const most = wave.kind === 'canary' ? trip.canaryFailures : trip.failures;
  if (most !== undefined && own.failures >= most) return true;
  const whole = tallyOf(
    sum(waves.map(({ counts }) => counts)),
    waves.reduce((n, { forgiven }) => n + forgiven, 0),
  );
  return [own, whole].some(
    ({ attempted, failures }) => attempted >= trip.minSample && failures * 100 >= trip.percent * attempted,
  );
}

/**
 * The judgement of a wave in which nothing is under way any more. A wave too small for the sample is judged by its half, so
 * that a canary of two that both fail stops the rollout; a canary of which nobody proved anything lets nobody follow.
 */
export function judgeEnd(
  wave: Wave,
  waves: readonly Wave[],
  strategy: RolloutStrategy,
): 'passed' | 'tripped' | 'unproven' {
  if (mustTrip(wave, waves, strategy)) return 'tripped';
  const { attempted, failures } = tallyOf(wave.counts, wave.forgiven);
  if (failures > 0 && attempted < strategy.trip.minSample && failures * 2 >= attempted) return 'tripped';
  const isSkipped = wave.forgiven > 0;
  return wave.kind === 'canary' && wave.counts.succeeded === 0 && !isSkipped ? 'unproven' : 'passed';
}
