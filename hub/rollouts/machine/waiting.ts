import { isTerminal } from '../../../protocols/fleet/rollout/execution.ts';
import { offers } from './decide.ts';
import type { Execution, Facts, RolloutView } from './model.ts';

/**
 * What an execution that is not at its end waits for, as a stable code: `rollout` (paused or not begun), `wave`, a limit, its
 * `agent` to answer, or the step that it is in. What the agent itself named comes first where it may.
 */
export function waitsFor(execution: Execution, view: RolloutView, facts: Facts, told?: string): string | undefined {
  const { state, wave: number, id } = execution;
  if (isTerminal(state)) return undefined;
  if (execution.confirmedAt !== undefined) return 'soak';
  switch (state) {
    case 'planned': {
      if (view.state !== 'running') return 'rollout';
      const wave = view.waves.find((one) => one.number === number);
      if (!wave || (wave.state !== 'running' && wave.state !== 'soaking')) return 'wave';
      return offers(wave, view, facts).held.get(id) ?? 'offer';
    }
    case 'offered':
      return 'agent';
    case 'accepted':
    case 'downloading':
      return told ?? 'download';
    case 'staged':
    case 'waiting_window':
      return told ?? 'window';
    default:
      return told ?? 'device';
  }
}
