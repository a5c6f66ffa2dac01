import { type CommandState, commandStates } from '../../../../protocols/fleet/record.ts';

const settled: ReadonlySet<CommandState> = new Set(['succeeded', 'failed', 'expired', 'unknown', 'cancelled']);

/** Whether no more news is awaited. `unknown` may still be settled by a late result, which then comes as a live event. */
export function isSettled(state: CommandState): boolean {
  return settled.has(state);
}

/** The steps a person sees, in order, ending with the result that came or the one that is hoped for. */
export function stepsOf(state: CommandState): readonly { readonly state: CommandState; readonly reached: boolean }[] {
  const way = commandStates.slice(state === 'awaiting-approval' ? 0 : 1, 5);
  const end = isSettled(state) ? state : 'succeeded';
  const position = isSettled(state) ? way.length : way.indexOf(state);
  return [
    ...way.map((step, index) => ({
      state: step,
      reached: index <= position && state !== 'expired' && state !== 'cancelled',
    })),
    { state: end, reached: isSettled(state) },
  ];
}
