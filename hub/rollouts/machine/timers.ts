import type { RolloutStrategy } from '../../../protocols/api/operation/rollouts.ts';
import { hasBegun, isTerminal } from '../../../protocols/fleet/rollout/execution.ts';
import type { Execution, Facts } from './model.ts';

const second = 1_000;

/** When something happens to it by itself; undefined for what waits for its wave and for what is at its end. */
export function timerOf(execution: Execution, { times }: RolloutStrategy): number | undefined {
  const { state, offeredAt = 0, acceptedAt, heardAt, confirmedAt } = execution;
  if (state === 'planned' || isTerminal(state)) return undefined;
  if (confirmedAt !== undefined) return confirmedAt + times.soakSeconds * second;
  if (hasBegun(state)) return (heardAt ?? offeredAt) + times.silenceSeconds * second;
  if (state === 'offered') return offeredAt + times.answerSeconds * second;
  return (acceptedAt ?? offeredAt) + times.beginSeconds * second;
}

/** What its timer does to it; the same execution when nothing is due. */
export function rung(execution: Execution, strategy: RolloutStrategy, facts: Facts): Execution {
  const due = timerOf(execution, strategy);
  if (due === undefined || facts.now < due) return execution;
  if (execution.confirmedAt !== undefined)
    return soaked(execution, due + strategy.times.silenceSeconds * second, facts);
  if (hasBegun(execution.state)) return { ...execution, state: 'lost', code: 'silent' };
  return { ...execution, state: 'expired', code: execution.state === 'offered' ? 'no-answer' : 'not-begun' };
}

/** Success is verified health after the soak, not the device's word. */
function soaked(execution: Execution, silentFrom: number, facts: Facts): Execution {
  const verdict = facts.wellbeing(execution);
  if (verdict === 'well') return { ...execution, state: 'succeeded' };
  if (verdict === 'unwell') return { ...execution, state: 'failed', code: 'unwell-after-soak' };
  return facts.now >= silentFrom ? { ...execution, state: 'lost', code: 'silent' } : execution;
}
