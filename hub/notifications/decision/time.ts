import { addDays, minuteOf, weekdayOf } from '../../../protocols/fleet/calendar/date.ts';
import { instantOf, wallDateAt } from '../../../protocols/fleet/calendar/zone.ts';
import type { Severity } from './severity.ts';
import { isAtLeast } from './severity.ts';

/** Times of day in a time zone; pure. */

/** A time of the day, `HH:MM`. Quiet from `from` to `to`, past midnight when `to` is not after `from`; equal times are the whole day. */
export interface QuietHours {
  readonly from: string;
  readonly to: string;
  /** Days on which it begins, 1 Monday to 7 Sunday. */
  readonly days: readonly number[];
  /** What is so bad that it is told all the same; nothing is when undefined. */
  readonly breaksThrough: Severity | undefined;
}

/** `hourly` is told at the full hour, `daily` at a time of day (`HH:MM`, of no meaning otherwise). */
export interface Digest {
  readonly every: 'none' | 'hourly' | 'daily';
  readonly at: string;
}

/** When the quiet hours that hold at `atMs` end, milliseconds of the epoch; `atMs` itself when none do. */
export function quietUntil(quiet: QuietHours | undefined, timeZone: string, severity: Severity, atMs: number): number {
  if (!quiet || quiet.days.length === 0) return atMs;
  if (quiet.breaksThrough !== undefined && isAtLeast(severity, quiet.breaksThrough)) return atMs;
  let at = atMs;
  // Neighbouring quiet days join; eight steps pass a whole week.
  for (let step = 0; step < 8; step++) {
    const end = endOfQuiet(quiet, timeZone, at);
    if (end === undefined) return at;
    at = end;
  }
  return at;
}

function endOfQuiet(quiet: QuietHours, timeZone: string, atMs: number): number | undefined {
  const today = wallDateAt(timeZone, atMs);
  const from = minuteOf(quiet.from);
  const to = minuteOf(quiet.to);
  const pastMidnight = to <= from;
  for (const start of [today, addDays(today, -1)]) {
    if (!quiet.days.includes(weekdayOf(start))) continue;
    const startsAt = instantOf(timeZone, start, from);
    const endsAt = instantOf(timeZone, pastMidnight ? addDays(start, 1) : start, to);
    if (atMs >= startsAt && atMs < endsAt) return endsAt;
  }
  return undefined;
}

/** The first moment of a digest that is not before `atMs`; `atMs` itself without a digest. */
export function digestAt(digest: Digest, timeZone: string, atMs: number): number {
  if (digest.every === 'none') return atMs;
  const today = wallDateAt(timeZone, atMs);
  const minutes = digest.every === 'hourly' ? hours : [minuteOf(digest.at), 24 * 60 + minuteOf(digest.at)];
  const moments = minutes.map((minute) =>
    instantOf(timeZone, addDays(today, Math.floor(minute / (24 * 60))), minute % (24 * 60)),
  );
  return moments.find((at) => at >= atMs) ?? atMs;
}

/** Full hours of a day, and midnight after it. */
const hours = Array.from({ length: 25 }, (_, hour) => hour * 60);
