import { hash, verify } from '@node-rs/argon2';
import { RecoverableError } from '../../../protocols/errors.ts';

/** OWASP's minimum for argon2id: 19 MiB, two passes, one lane; about 20 ms of one core. */
const cost = { memoryCost: 19 * 1024, timeCost: 2, parallelism: 1 } as const;

/** Hashing runs on libuv's four threads, which disk writes need too: at most two at once, and a short queue. */
const limits = { running: 2, waiting: 64 } as const;

/** Hashes and checks passwords with argon2id. Throws RecoverableError `sign-in-busy` when too many wait. */
export interface Passwords {
  hash(password: string): Promise<string>;
  verify(hash: string, password: string): Promise<boolean>;
}

export function createPasswords(): Passwords {
  let running = 0;
  const waiting: (() => void)[] = [];

  const turn = async <T>(work: () => Promise<T>): Promise<T> => {
    if (running >= limits.running) {
      if (waiting.length >= limits.waiting)
        throw new RecoverableError('sign-in-busy', 'Too many people sign in at once; try again in a few seconds.');
      // Whoever ends hands its place over, so `running` stays as it is.
      await new Promise<void>((resolve) => waiting.push(resolve));
    } else running++;
    try {
      return await work();
    } finally {
      const next = waiting.shift();
      if (next) next();
      else running--;
    }
  };

  return {
    hash: (password) => turn(() => hash(password.normalize('NFC'), cost)),
    verify: (stored, password) => turn(() => verify(stored, password.normalize('NFC'))),
  };
}
