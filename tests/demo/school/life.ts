import type { Clock } from '../../../protocols/ports.ts';

export interface Life {
  /** Throws when the school closes. */
  pause(ms: number): Promise<void>;
  /** A whole number from 0 to below this, the same each time for the same seed. */
  below(limit: number): number;
}

/** Something that happens by itself, from its beginning to its end. */
export type Habit = (life: Life) => Promise<void>;

/** Lets every habit happen again and again. Returns what stops them and waits for the end. */
export function startLife(habits: readonly Habit[], clock: Clock, seed: number): () => Promise<void> {
  const stop = new AbortController();
  const live = async (habit: Habit, at: number) => {
    const life = { below: createRandom(seed * 31 + at), pause: (ms: number) => clock.wait(ms, stop.signal) };
    // A habit without a pause must not keep the others waiting.
    for (; !stop.signal.aborted; await life.pause(1_000)) await habit(life);
  };
  const lives = habits.map((habit, at) =>
    live(habit, at).catch((thrown: unknown) => {
      if (!stop.signal.aborted) throw thrown;
    }),
  );
  return async () => {
    stop.abort(new Error('the school closes'));
    await Promise.all(lives);
  };
}

function createRandom(seed: number): (limit: number) => number {
  let state = (seed * 2_654_435_761 + 1) >>> 0;
  return (limit) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    // Its lowest digits repeat soon.
    return Math.floor((state / 0x1_0000_0000) * limit);
  };
}
