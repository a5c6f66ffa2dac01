/** Dice that fall the same way for the same seed. */
export interface Random {
  /** In [0, 1). */
  next(): number;
  /** Whole, from 0 to below `limit`. */
  below(limit: number): number;
  pick<T>(choices: readonly T[]): T;
  chance(probability: number): boolean;
  /** Dice of their own, which throws of these do not move. */
  fork(name: string): Random;
}

/** Xorshift with the shifts 13, 17, 5 (Marsaglia, "Xorshift RNGs", 2003). */
export function createRandom(seed: number): Random {
  let state = (seed ^ 0x5eed_1234) >>> 0 || 1;
  const next = () => {
    state = (state ^ (state << 13)) >>> 0;
    state = (state ^ (state >>> 17)) >>> 0;
    state = (state ^ (state << 5)) >>> 0;
    return state / 2 ** 32;
  };
  const below = (limit: number) => Math.floor(next() * limit);
  // The first numbers of near seeds are near.
  for (let turn = 0; turn < 8; turn++) next();
  return {
    next,
    below,
    pick: (choices) => choices[below(choices.length)] as (typeof choices)[number],
    chance: (probability) => next() < probability,
    fork: (name) =>
      createRandom([...name].reduce((hash, one) => Math.imul(hash, 31) + (one.codePointAt(0) ?? 0), seed)),
  };
}
