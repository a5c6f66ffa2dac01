const minuteMs = 60_000;

/** Pause after each failed attempt; after the last the delivery is dead. Some 13 hours, so that a night without a server is bridged. */
export const pausesMs = [
  0.5 * minuteMs,
  2 * minuteMs,
  8 * minuteMs,
  30 * minuteMs,
  2 * 60 * minuteMs,
  4 * 60 * minuteMs,
  6 * 60 * minuteMs,
] as const;

const jitter = 0.2;
const mostAskedMs = 24 * 60 * minuteMs;

/**
 * When to try again after `attempts` failed ones (1 is the first), milliseconds of the epoch; undefined when it was the last.
 * `random` is in [0, 1). A wait that the other side asks for is kept, up to a day.
 */
export function retryAt(attempts: number, nowMs: number, random: number, askedMs = 0): number | undefined {
  const pause = pausesMs[attempts - 1];
  if (pause === undefined) return undefined;
  const spread = pause * (1 - jitter + 2 * jitter * random);
  return nowMs + Math.round(Math.max(spread, Math.min(askedMs, mostAskedMs)));
}
