import type { Clock } from '../../protocols/ports.ts';

/** Bounds guesses by address: so many failures in a window, then none until the window has passed. */
export interface Attempts {
  /** False when this address has used up its tries; else the try counts until it is forgiven. */
  begin(address: string): boolean;
  /** A try that succeeded does not count: one school may enrol many machines from one address. */
  forgive(address: string): void;
}

interface Window {
  readonly beganMs: number;
  tries: number;
}

/** Addresses remembered at once; beyond it the oldest window goes, which only ever forgives. */
const mostAddresses = 10_000;

export function createAttempts(clock: Clock, mostTries = 5, windowMs = 60_000): Attempts {
  const windows = new Map<string, Window>();
  const windowOf = (address: string): Window => {
    const known = windows.get(address);
    if (known && clock.mono() - known.beganMs < windowMs) return known;
    windows.delete(address);
    const oldest = windows.size >= mostAddresses ? windows.keys().next().value : undefined;
    if (oldest !== undefined) windows.delete(oldest);
    const fresh = { beganMs: clock.mono(), tries: 0 };
    windows.set(address, fresh);
    return fresh;
  };
  return {
    begin: (address) => {
      const window = windowOf(address);
      if (window.tries >= mostTries) return false;
      window.tries++;
      return true;
    },
    forgive: (address) => {
      const window = windows.get(address);
      if (window && window.tries > 0) window.tries--;
    },
  };
}
