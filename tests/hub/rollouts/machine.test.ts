import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { withdrawals } from '../../../hub/rollouts/machine/decide.ts';
import { countsTotal } from '../../../hub/rollouts/machine/model.ts';
import { timerOf } from '../../../hub/rollouts/machine/timers.ts';
import { attemptedOf, failuresOf } from '../../../hub/rollouts/machine/trip.ts';
import { hasBegun, isTerminal } from '../../../protocols/fleet/rollout/execution.ts';
import { createRolloutWorld, type RolloutWorld } from './world.ts';

const minute = 60_000;
const hour = 60 * minute;
const well = { wellbeing: () => 'well' as const, isTaken: () => false, isPresent: () => true };
const quick = {
  times: { answerSeconds: 600, beginSeconds: 7_200, silenceSeconds: 600, soakSeconds: 600, catchUpDays: 1 },
};
const words = [
  'accepted',
  'downloading',
  'staged',
  'waiting_window',
  'applying',
  'verifying',
  'succeeded',
  'failed',
  'rejected',
  'rolled_back',
  'expired',
  'cancelled',
] as const;

/** Every agent does what it is offered, at once. */
function obey(world: RolloutWorld, now: number, outcome: (id: string) => 'succeeded' | 'failed' | undefined) {
  for (const { id, state, revision } of world.all()) {
    if (state !== 'offered') continue;
    world.hear(id, { state: 'applying', revision }, now);
    const state_ = outcome(id);
    if (state_) world.hear(id, { state: state_, revision, ...(state_ === 'failed' ? { code: 'broken' } : {}) }, now);
  }
}

function run(
  world: RolloutWorld,
  facts: Parameters<RolloutWorld['tick']>[0],
  outcome: Parameters<typeof obey>[2],
  hours = 200,
) {
  for (let now = 0; now < hours * hour && world.view().state === 'running'; now += 5 * minute) {
    world.tick(facts, now);
    obey(world, now, outcome);
  }
}

describe('a rollout', () => {
  it('goes wave by wave to all when everything is well', () => {
    const world = createRolloutWorld(100, quick);
    run(world, well, () => 'succeeded');
    expect(world.view().state).toBe('succeeded');
    expect(world.all().every(({ state }) => state === 'succeeded')).toBe(true);
    expect(world.view().waves.map(({ state }) => state)).toEqual(['passed', 'passed', 'passed', 'passed', 'passed']);
  });

  it('stops in the canary when every device fails, and offers nothing after it', () => {
    const world = createRolloutWorld(1_000, quick);
    run(world, well, () => 'failed');
    expect(world.view()).toMatchObject({ state: 'paused' });
    expect(world.all().filter(({ state }) => state === 'failed')).toHaveLength(5);
    expect(world.all().filter(({ state }) => state === 'planned')).toHaveLength(995);
  });

  it('counts a device that falls silent while it is changed as lost, and stops', () => {
    const world = createRolloutWorld(1_000, quick);
    run(world, well, () => undefined);
    expect(world.view().state).toBe('paused');
    expect(world.all().filter(({ state }) => state === 'lost')).toHaveLength(5);
  });

  it('does not take the word of a device whose health is bad after the soak, and goes back by itself', () => {
    const world = createRolloutWorld(1_000, { ...quick, onTrip: 'roll-back' });
    run(world, { ...well, wellbeing: () => 'unwell' }, () => 'succeeded');
    expect(world.view().state).toBe('rolling_back');
    expect(world.all().filter(({ code }) => code === 'unwell-after-soak')).toHaveLength(5);
    expect(world.all().filter(({ state }) => state === 'cancelled')).toHaveLength(0);
  });

  it('never counts those that do not answer as failures, and takes them later at the capped rate', () => {
    const limits = { catchUpPerHour: 3, apart: 'none' };
    const world = createRolloutWorld(60, { ...quick, limits });
    const away = (id: string) => Number(id.slice(1)) >= 40;
    let isBack = false;
    const facts = { ...well, isPresent: () => isBack };
    for (let now = 0; now < 60 * hour && world.view().state === 'running'; now += 5 * minute) {
      isBack = now > 20 * hour;
      world.tick(facts, now);
      for (const { id, state, revision } of world.all()) {
        if (state === 'offered' && (isBack || !away(id))) world.hear(id, { state: 'succeeded', revision }, now);
      }
    }
    expect(world.view().state).toBe('succeeded');
    expect(world.all().every(({ state }) => state === 'succeeded')).toBe(true);
    const offers = world.changes.filter(
      (one) => one.kind === 'execution' && one.next.state === 'offered' && one.next.wave === 5,
    );
    expect(offers).toHaveLength(20);
  });

  it('holds no more than the limit of a school and one of a room under way', () => {
    const world = createRolloutWorld(40, { ...quick, waves: [{ percent: 100 }], limits: { perSchool: 3 } }, 20);
    world.tick(well, 0);
    world.tick(well, 0);
    const offered = world.all().filter(({ state }) => state === 'offered');
    expect(offered).toHaveLength(6);
    expect(new Set(offered.map(({ apart }) => apart)).size).toBe(6);
  });

  it('stops a canary of which nobody answered', () => {
    const world = createRolloutWorld(100, quick);
    for (let now = 0; now < 2 * hour; now += 5 * minute) world.tick({ ...well, isPresent: () => false }, now);
    expect(world.changes.at(-1)).toMatchObject({ kind: 'rollout', to: 'paused', reason: 'unproven' });
  });
});

describe('words of agents', () => {
  it('follow what had begun before its withdrawal arrived, and nothing else', () => {
    const world = createRolloutWorld(10, quick);
    world.tick(well, 0);
    world.tick(well, 0);
    const [first, second] = world.all().filter(({ state }) => state === 'offered');
    if (!first || !second) throw new Error('nothing was offered');
    world.take(withdrawals(world.view().open));
    world.hear(first.id, { state: 'downloading', revision: 1 }, minute);
    world.hear(second.id, { state: 'applying', revision: 1 }, minute);
    const states = new Map(world.all().map(({ id, state }) => [id, state]));
    expect(states.get(first.id)).toBe('planned');
    expect(states.get(second.id)).toBe('applying');
  });
});

type Step =
  | { readonly kind: 'tick'; readonly minutes: number }
  | { readonly kind: 'word'; readonly pick: number; readonly state: (typeof words)[number]; readonly old: boolean }
  | { readonly kind: 'pause' }
  | { readonly kind: 'go-on' };

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('tick' as const), minutes: fc.integer({ min: 0, max: 90 }) }) },
  {
    weight: 20,
    arbitrary: fc.record({
      kind: fc.constant('word' as const),
      pick: fc.nat(200),
      state: fc.constantFrom(...words),
      old: fc.boolean(),
    }),
  },
  { weight: 1, arbitrary: fc.constant({ kind: 'pause' as const }) },
  { weight: 1, arbitrary: fc.constant({ kind: 'go-on' as const }) },
);

describe('whatever order words come in, twice or never', () => {
  it('never runs two waves at once, never offers past a trip, leaves nothing without a timer, and counts add up', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 60 }),
        fc.array(step, { maxLength: 150 }),
        fc.boolean(),
        fc.constantFrom('well', 'unwell', 'unknown'),
        (count, steps, isPresent, wellbeing) => {
          const world = createRolloutWorld(count, quick, 6);
          const facts = { wellbeing: () => wellbeing as 'well', isTaken: () => false, isPresent: () => isPresent };
          let now = 0;
          for (const one of steps) {
            now += one.kind === 'tick' ? one.minutes * minute : 0;
            if (one.kind === 'tick') world.tick(facts, now);
            else if (one.kind === 'pause' && world.view().state === 'running')
              world.take([...withdrawals(world.view().open), { kind: 'rollout', to: 'paused', reason: 'person' }]);
            else if (
              one.kind === 'go-on' &&
              world.view().state === 'paused' &&
              !world.view().waves.some(({ state }) => state === 'tripped')
            )
              world.take([{ kind: 'rollout', to: 'running' }]);
            else if (one.kind === 'word') {
              const execution = world.all()[one.pick % count];
              if (execution)
                world.hear(
                  execution.id,
                  { state: one.state, revision: Math.max(1, execution.revision - (one.old ? 1 : 0)) },
                  now,
                );
            }
            hold(world, count);
          }
        },
      ),
      { numRuns: 300 },
    );
  });
});

function hold(world: RolloutWorld, count: number): void {
  const view = world.view();
  expect(view.waves.filter(({ state }) => state === 'running' || state === 'soaking').length).toBeLessThanOrEqual(1);
  expect(view.waves.reduce((total, { counts }) => total + countsTotal(counts), 0)).toBe(count);
  for (const { counts } of view.waves) expect(failuresOf(counts)).toBeLessThanOrEqual(attemptedOf(counts));
  const isStopped = view.state !== 'running';
  for (const one of world.all()) {
    if (isTerminal(one.state)) continue;
    // A planned one waits for its wave, whose tick is its timer; everything else has its own.
    if (one.state === 'planned') expect(['running', 'paused']).toContain(view.state);
    else expect(timerOf(one, view.strategy)).toBeDefined();
    if (isStopped && one.state !== 'planned') expect(hasBegun(one.state)).toBe(true);
  }
}
