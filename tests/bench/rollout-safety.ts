import { createRolloutWorld } from '../hub/rollouts/world.ts';

/** Simulated agents, of ten devices a school. */
const agents = 1_000;
const minute = 60_000;
/** From taking an offer to the word about its end. */
const applyMs = 10 * minute;
const horizonMinutes = 3 * 24 * 60;

interface Release {
  readonly name: string;
  /** What its device says after it was applied; undefined: never a word again. */
  readonly word: 'succeeded' | 'failed' | undefined;
  readonly health: 'well' | 'unwell';
}

const releases: readonly Release[] = [
  { name: 'always fails', word: 'failed', health: 'well' },
  { name: 'bricks (never reports again)', word: undefined, health: 'well' },
  { name: 'says success, unwell in the soak', word: 'succeeded', health: 'unwell' },
  { name: 'good (must reach all)', word: 'succeeded', health: 'well' },
];

interface Outcome {
  readonly reached: number;
  readonly stoppedAfterMinutes: number | undefined;
}

/** This product's planner and machine with the strategy that a rollout has by default, save a soak and windows of hours. */
function ours({ word, health }: Release): Outcome & { readonly state: string } {
  const world = createRolloutWorld(agents, {
    onTrip: 'roll-back',
    limits: { perSchool: 10 },
    times: { soakSeconds: 3_600, silenceSeconds: 1_800 },
  });
  const facts = { wellbeing: () => health, isTaken: () => false, isPresent: () => true };
  const due = new Map<string, number>();
  const reached = new Set<string>();
  let at = 0;
  for (; at < horizonMinutes && world.view().state === 'running'; at++) {
    const now = at * minute;
    for (const change of world.tick(facts, now))
      if (change.kind === 'execution' && change.next.state === 'offered') {
        reached.add(change.id);
        due.set(change.id, now + applyMs);
        world.hear(change.id, { state: 'applying', revision: change.next.revision }, now);
      }
    for (const [id, moment] of due) {
      if (moment > now) continue;
      due.delete(id);
      if (word) world.hear(id, { state: word, revision: 1 }, now);
    }
  }
  const { state } = world.view();
  return { reached: reached.size, stoppedAfterMinutes: state === 'succeeded' ? undefined : at, state };
}

/** Devices of the waves that this product's default strategy makes, so that groups are the same for all. */
const groupSizes = [5, 100, 300, 595];

/**
 * hawkBit as its code has it (reference/fleet.md 3.1): a group starts whole; error when errors / group total > 50 %, looked at
 * before success, which is finished / group total >= 50 % and starts the next group. What never answers stays RUNNING.
 */
function hawkbit({ word }: Release): Outcome {
  let reached = 0;
  let at = 0;
  for (const size of groupSizes) {
    reached += size;
    at += applyMs / minute;
    const errors = word === 'failed' ? size : 0;
    const finished = word === 'succeeded' ? size : 0;
    if (errors / size > 0.5) return { reached, stoppedAfterMinutes: at };
    // Neither rule is ever met: it stands still, and tells nobody that it failed.
    if (finished / size < 0.5) return { reached, stoppedAfterMinutes: undefined };
  }
  return { reached, stoppedAfterMinutes: undefined };
}

/**
 * AWS IoT Jobs (reference/fleet.md 3.2): the documented exponential rate, 50 a minute and twice that at every further 1,000
 * notified; abort on FAILED at 5 % of the executed with at least 20 executed. What is in progress is out of its reach, and
 * without a timer of one's own what is silent is IN_PROGRESS for ever.
 */
function aws({ word }: Release): Outcome {
  const perMinute = 50;
  const minExecuted = 20;
  for (let at = 0; ; at++) {
    const executed = word === undefined ? 0 : Math.max(0, at - applyMs / minute) * perMinute;
    const reached = Math.min(agents, at * perMinute);
    if (word === 'failed' && executed >= minExecuted) return { reached, stoppedAfterMinutes: at };
    if (reached === agents && (word !== 'failed' || executed >= agents))
      return { reached, stoppedAfterMinutes: undefined };
  }
}

/** How many of a thousand devices a bad release reaches before it is stopped, under three rules in one simulated run. */
export function rolloutSafety(): Promise<unknown> {
  const rows = releases.map((release) => ({
    release: release.name,
    edufleet: ours(release),
    hawkbit: hawkbit(release),
    aws: aws(release),
  }));
  const cell = ({ reached, stoppedAfterMinutes }: Outcome) =>
    `${reached} (${stoppedAfterMinutes === undefined ? 'never stopped' : `${stoppedAfterMinutes} min`})`;
  console.table(
    rows.map(({ release, edufleet, hawkbit: groups, aws: jobs }) => ({
      release,
      'Edufleet: reached': cell(edufleet),
      'ended as': edufleet.state,
      'hawkBit rule': cell(groups),
      'AWS Jobs rule': cell(jobs),
    })),
  );
  return Promise.resolve(rows);
}
