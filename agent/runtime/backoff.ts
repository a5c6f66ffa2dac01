/** The shortest and the longest wait before another attempt, in milliseconds. */
const backoffLimits = { minMs: 1_000, maxMs: 300_000 } as const;

/**
 * Wait before attempt number `failures` + 1, with full jitter: evenly spread between 1 s and a cap that doubles from 2 s
 * with each failure up to 5 min, so that devices which failed together do not come back together.
 * `random` is in [0, 1). `failures` counts from 1.
 */
export function backoffMs(failures: number, random: number): number {
  const { minMs, maxMs } = backoffLimits;
  const capMs = Math.min(maxMs, minMs * 2 ** Math.min(Math.max(failures, 1), 30));
  return minMs + random * (capMs - minMs);
}
