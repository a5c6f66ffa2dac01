import { describe, expect, it } from 'vitest';
import { resume } from '../../../hub/rollouts/machine/decisions.ts';
import { mustTrip } from '../../../hub/rollouts/machine/trip.ts';
import { waitsFor } from '../../../hub/rollouts/machine/waiting.ts';
import { isTerminal } from '../../../protocols/fleet/rollout/execution.ts';
import { createRolloutWorld } from './world.ts';

const well = { wellbeing: () => 'well' as const, isTaken: () => false, isPresent: () => true };

/** A rollout that its canary stopped. */
function tripped() {
  const world = createRolloutWorld(100, {});
  world.tick(well, 0);
  world.tick(well, 0);
  for (const { id, state } of world.all())
    if (state === 'offered') world.hear(id, { state: 'failed', revision: 1, code: 'broken' }, 1);
  world.tick(well, 1);
  return world;
}

describe('a rollout that stopped by itself', () => {
  it('does not go on without a decision about what failed', () => {
    const world = tripped();
    expect(world.view().state).toBe('paused');
    expect(resume(world.view(), 'go-on', world.all())).toBeUndefined();
  });

  it('plans what failed again on retry, and on skip counts only what comes after', () => {
    const world = tripped();
    expect(resume(world.view(), 'retry', world.all())?.again).toHaveLength(5);
    const skipped = resume(world.view(), 'skip', world.all());
    expect(skipped?.again).toEqual([]);
    const [canary] = skipped?.waves ?? [];
    expect(canary).toMatchObject({ state: 'running', forgiven: 5 });
    if (canary && skipped) expect(mustTrip(canary, skipped.waves, world.view().strategy)).toBe(false);
  });

  it('lets a person go on after a pause of a person, and only so', () => {
    const world = createRolloutWorld(10, {});
    expect(resume(world.view(), 'go-on', [])).toBeUndefined();
    world.take([{ kind: 'rollout', to: 'paused', reason: 'person' }]);
    expect(resume(world.view(), 'go-on', [])).toMatchObject({ again: [] });
    expect(resume(world.view(), 'skip', [])).toBeUndefined();
  });
});

describe('what it waits for', () => {
  it('is told of every execution that is not at its end', () => {
    const world = createRolloutWorld(100, { limits: { atOnce: 2 } });
    world.tick(well, 0);
    world.tick(well, 0);
    const facts = { ...well, now: 1 };
    const open = world.all().filter(({ state }) => !isTerminal(state));
    const causes = new Map<string, number>();
    for (const one of open) {
      const cause = waitsFor(one, world.view(), facts) ?? 'nothing';
      causes.set(cause, (causes.get(cause) ?? 0) + 1);
    }
    expect(Object.fromEntries(causes)).toEqual({ agent: 2, 'at-once': 3, wave: 95 });
  });
});
