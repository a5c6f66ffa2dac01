import type { Clock } from '../../protocols/ports.ts';

/** Bounds guesses by address: so many failures in a window, then none until the window has passed. */
export interface Attempts {
  /** False when this address has failed too often. */
  mayTry(address: string): boolean;
  /** Counts a refusal. What succeeds never counts: one school may enrol many machines from one address, all at once. */
  failed(address: string): void;
}

interface Window {
  readonly beganMs: number;
  failures: number;
}

/** Addresses remembered at once; beyond it the oldest window goes, which only ever forgives. */
const mostAddresses = 10_000;

export function createAttempts(clock: Clock, mostFailures = 5, windowMs = 60_000): Attempts {
  const windows = new Map<string, Window>();
  const windowOf = (address: string): Window | undefined => {
    const known = windows.get(address);
    return known && clock.mono() - known.beganMs < windowMs ? known : undefined;
  };
  return {
    mayTry: (address) => (windowOf(address)?.failures ?? 0) < mostFailures,
    failed: (address) => {
      const window = windowOf(address);
      if (window) {
        window.failures++;
        return;
      }
      windows.delete(address);
      const oldest = windows.size >= mostAddresses ? windows.keys().next().value : undefined;
      if (oldest !== undefined) windows.delete(oldest);
      windows.set(address, { beganMs: clock.mono(), failures: 1 });
    },
  };
}
