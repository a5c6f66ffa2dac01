import { createHash } from 'node:crypto';
import type { Clock } from '../../protocols/ports.ts';

/** Most answers kept; past it the oldest goes. */
const mostEntries = 10_000;

interface Entry<T> {
  readonly value: Promise<T>;
  readonly untilMs: number;
}

/** Remembers answers for a few seconds by a hash of a secret; those who ask at once for the same wait for one look-up. */
export class LookUpCache<T> {
  readonly #clock: Clock;
  readonly #keptMs: number;
  readonly #entries = new Map<string, Entry<T>>();

  constructor(clock: Clock, keptMs: number) {
    this.#clock = clock;
    this.#keptMs = keptMs;
  }

  /** A look-up that fails is not remembered. */
  get(secret: string, lookUp: () => Promise<T>): Promise<T> {
    const key = createHash('sha256').update(secret).digest('base64url');
    const known = this.#entries.get(key);
    if (known && this.#clock.mono() < known.untilMs) return known.value;
    const value = lookUp();
    const entry: Entry<T> = { value, untilMs: this.#clock.mono() + this.#keptMs };
    this.#entries.delete(key);
    this.#entries.set(key, entry);
    const oldest = this.#entries.keys().next();
    if (this.#entries.size > mostEntries && !oldest.done) this.#entries.delete(oldest.value);
    value.catch(() => {
      if (this.#entries.get(key) === entry) this.#entries.delete(key);
    });
    return value;
  }

  /** Forgets everything: after a sign-out, a revocation or a change of roles. */
  clear(): void {
    this.#entries.clear();
  }
}
