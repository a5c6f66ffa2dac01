import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type PlannedStep, runSteps } from '../../../../agent/devices/studio/scene-run.ts';

/** What a step does in a test: whether it changes something, can be taken back, fails, and whether taking back fails. */
const plan = fc.record({
  changes: fc.boolean(),
  hasUndo: fc.boolean(),
  undoFails: fc.boolean(),
});
type Plan = typeof plan extends fc.Arbitrary<infer T> ? T : never;

async function play(plans: readonly Plan[], failing: number) {
  const log: string[] = [];
  const steps = plans.map(
    ({ changes, hasUndo, undoFails }, index): PlannedStep => ({
      label: `step ${index}`,
      perform: async (register) => {
        log.push(`do ${index}`);
        if (changes && hasUndo) {
          register(async () => {
            log.push(`undo ${index}`);
            if (undoFails) throw new Error('stuck');
          });
        }
        if (index === failing) throw new Error('no effect');
        return changes ? 'changed' : 'unchanged';
      },
    }),
  );
  const result = await runSteps(steps, (undo) => undo(new AbortController().signal));
  return { log, result };
}

describe('a run of steps', () => {
  it('does them in their order when none fails, and takes nothing back', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(plan, { maxLength: 8 }), async (plans) => {
        const { log, result } = await play(plans, -1);
        expect(result).toEqual({ outcome: 'done' });
        expect(log).toEqual(plans.map((_, index) => `do ${index}`));
      }),
    );
  });

  it('takes back exactly what it changed, last first, and tells what stays', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(plan, { minLength: 1, maxLength: 8 }), fc.nat(), async (plans, at) => {
        const failing = at % plans.length;
        const { log, result } = await play(plans, failing);
        const done = plans.slice(0, failing + 1);
        const undone = done.flatMap(({ changes, hasUndo }, index) => (changes && hasUndo ? [`undo ${index}`] : []));
        expect(log).toEqual([...done.map((_, index) => `do ${index}`), ...undone.toReversed()]);
        // The step that failed is known to have changed something only where it said how to take it back.
        const remains = done.flatMap(({ changes, hasUndo, undoFails }, index) =>
          changes && (hasUndo ? undoFails : index < failing) ? [`step ${index}`] : [],
        );
        expect(result).toMatchObject({
          outcome: remains.length === 0 ? 'undone' : 'left-as-is',
          step: failing,
          remains,
        });
      }),
    );
  });
});
