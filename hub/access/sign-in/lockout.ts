import { FatalError } from '../../../protocols/errors.ts';
import type { Clock } from '../../../protocols/ports.ts';
import { lockedOut } from './refusal.ts';

/** Codes of errors that count: a wrong password, a wrong second factor, a passkey that is not right. */
const wrongCodes: ReadonlySet<string> = new Set(['wrong-credentials', 'wrong-code', 'wrong-passkey']);

/** So many failures within `windowMs` close a key for `lockMs`; what may yet become that many asks to wait for `undecidedMs`. */
const rule = { windowMs: 30_000, lockMs: 300_000, undecidedMs: 1_000 } as const;

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
  /** Attempts under way, which may all turn out wrong: they count, or many at once would each find the door open. */
  readonly #undecided = new Map<string, number>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Milliseconds until the last of these keys opens; 0 when none is closed. */
  lockedForMs(keys: readonly LockKey[]): number {
    const now = this.#clock.mono();
    return Math.max(
      0,
      ...keys.map(({ key, failures: most }) => {
        const { lockedUntilMs = now, failures = [] } = this.#entries.get(key) ?? {};
        if (lockedUntilMs > now) return lockedUntilMs - now;
        const undecided = this.#undecided.get(key) ?? 0;
        const recent = failures.filter((at) => now - at < rule.windowMs).length;
        return undecided > 0 && recent + undecided >= most ? rule.undecidedMs : 0;
      }),
    );
  }

  /**
   * Runs one attempt. Throws RecoverableError `locked-out` (details `retryAfterMs`) without running it while a key is closed.
   * A result that `isWhole` says is only the first half clears nothing: what was wrong so far still counts.
   */
  async attempt<T>(keys: readonly LockKey[], work: () => Promise<T>, isWhole: (result: T) => boolean): Promise<T> {
    const lockedMs = this.lockedForMs(keys);
    if (lockedMs > 0) throw lockedOut(lockedMs);
    for (const { key } of keys) this.#undecided.set(key, (this.#undecided.get(key) ?? 0) + 1);
    try {
      const result = await work();
      if (isWhole(result)) this.succeed(keys);
      return result;
    } catch (thrown) {
      if (thrown instanceof FatalError && wrongCodes.has(thrown.code)) this.fail(keys);
      throw thrown;
    } finally {
      for (const { key } of keys) {
        const left = (this.#undecided.get(key) ?? 1) - 1;
        if (left > 0) this.#undecided.set(key, left);
        else this.#undecided.delete(key);
      }
    }
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
