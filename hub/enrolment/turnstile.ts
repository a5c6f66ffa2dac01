import { RecoverableError } from '../../protocols/errors.ts';

/** Lets so many through at once and the rest wait in line, up to a bound: a delivery of a thousand machines is switched on at one time. */
export interface Turnstile {
  /** Throws RecoverableError `enrolment-busy` when too many wait already. */
  pass<T>(work: () => Promise<T>): Promise<T>;
}

export function createTurnstile(atOnce = 8, mostWaiting = 2_000): Turnstile {
  const waiting: (() => void)[] = [];
  let inside = 0;
  return {
    pass: async (work) => {
      if (inside >= atOnce) {
        if (waiting.length >= mostWaiting)
          throw new RecoverableError(
            'enrolment-busy',
            'Too many machines enrol at this moment; try again in a minute.',
          );
        const { promise, resolve } = Promise.withResolvers<void>();
        waiting.push(resolve);
        await promise;
      } else inside++;
      try {
        return await work();
      } finally {
        const next = waiting.shift();
        // Whoever comes next takes over this place.
        if (next) next();
        else inside--;
      }
    },
  };
}
