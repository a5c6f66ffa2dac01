import type { Clock } from '../../protocols/ports.ts';

/** So many failures within `windowMs` close a key for `lockMs`. */
const rule = { windowMs: 30_000, lockMs: 300_000 } as const;

/** Most keys in memory; past it the one touched longest ago is forgotten. */
const mostKeys = 20_000;

interface Entry {
  readonly failures: readonly number[];
  readonly lockedUntilMs: number;
}

/** A key and how many failures it bears. */
export interface LockKey {
  readonly key: string;
  readonly failures: number;
}

/**
 * What one attempt is counted under. The pair closes first, so that a stranger cannot shut a person out from elsewhere;
 * the account alone and the address alone close later, against guessing from many places or at many names.
 */
export function lockKeys(email: string, address: string): readonly LockKey[] {
  const account = email.trim().toLowerCase();
  return [
    { key: `pair ${account} ${address}`, failures: 5 },
    { key: `account ${account}`, failures: 25 },
    { key: `address ${address}`, failures: 50 },
  ];
}

/** Counts failed sign-ins, in the memory of this hub. */
export class Lockout {
  readonly #clock: Clock;
  readonly #entries = new Map<string, Entry>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Milliseconds until the last of these keys opens; 0 when none is closed. */
  lockedForMs(keys: readonly LockKey[]): number {
    const now = this.#clock.mono();
    return Math.max(0, ...keys.map(({ key }) => (this.#entries.get(key)?.lockedUntilMs ?? now) - now));
  }

  fail(keys: readonly LockKey[]): void {
    const now = this.#clock.mono();
    for (const { key, failures: most } of keys) {
      const known = this.#entries.get(key);
      const failures = [...(known?.failures ?? []), now].filter((at) => now - at < rule.windowMs).slice(-most);
      const closes = failures.length >= most;
      this.#entries.delete(key);
      this.#entries.set(key, {
        failures: closes ? [] : failures,
        lockedUntilMs: closes ? now + rule.lockMs : (known?.lockedUntilMs ?? now),
      });
    }
    for (const key of this.#entries.keys()) {
      if (this.#entries.size <= mostKeys) break;
      this.#entries.delete(key);
    }
  }

  /** A right password clears the pair and the account, never the address. */
  succeed(keys: readonly LockKey[]): void {
    for (const { key } of keys) if (!key.startsWith('address ')) this.#entries.delete(key);
  }
}
