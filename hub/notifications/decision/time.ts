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

const minuteMs = 60_000;
const dayMs = 24 * 60 * minuteMs;

interface LocalTime {
  /** Days since the epoch of the local date. */
  readonly dayNumber: number;
  readonly msOfDay: number;
}

const formats = new Map<string, Intl.DateTimeFormat>();

function formatOf(timeZone: string): Intl.DateTimeFormat {
  const known = formats.get(timeZone);
  if (known) return known;
  const format = new Intl.DateTimeFormat('en-US', {
    timeZone,
    hourCycle: 'h23',
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
  });
  formats.set(timeZone, format);
  return format;
}

/** Whether this is a time zone of the tz database that this machine knows. */
export function isTimeZone(text: string): boolean {
  try {
    return new Intl.DateTimeFormat('en-US', { timeZone: text }).resolvedOptions().timeZone !== '';
  } catch (thrown) {
    if (thrown instanceof RangeError) return false;
    throw thrown;
  }
}

function offsetMs(timeZone: string, atMs: number): number {
  const parts = new Map(
    formatOf(timeZone)
      .formatToParts(new Date(atMs))
      .map(({ type, value }) => [type, Number(value)]),
  );
  const part = (name: Intl.DateTimeFormatPartTypes) => parts.get(name) ?? 0;
  const local = Date.UTC(part('year'), part('month') - 1, part('day'), part('hour'), part('minute'), part('second'));
  return local - Math.floor(atMs / 1000) * 1000;
}

function localOf(timeZone: string, atMs: number): LocalTime {
  const local = atMs + offsetMs(timeZone, atMs);
  const dayNumber = Math.floor(local / dayMs);
  return { dayNumber, msOfDay: local - dayNumber * dayMs };
}

/** The moment of a local time; one that a change of the clocks leaves out is taken as of the offset before it. */
function momentOf(timeZone: string, dayNumber: number, msOfDay: number): number {
  const local = dayNumber * dayMs + msOfDay;
  const first = local - offsetMs(timeZone, local);
  return local - offsetMs(timeZone, first);
}

/** 1 Monday to 7 Sunday; day 0 of the epoch was a Thursday. */
function weekdayOf(dayNumber: number): number {
  return ((((dayNumber + 3) % 7) + 7) % 7) + 1;
}

function msOf(time: string): number {
  const [hours = 0, minutes = 0] = time.split(':').map(Number);
  return (hours * 60 + minutes) * minuteMs;
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
  const { dayNumber } = localOf(timeZone, atMs);
  const from = msOf(quiet.from);
  const to = msOf(quiet.to);
  const pastMidnight = to <= from;
  for (const start of [dayNumber, dayNumber - 1]) {
    if (!quiet.days.includes(weekdayOf(start))) continue;
    const startsAt = momentOf(timeZone, start, from);
    const endsAt = momentOf(timeZone, pastMidnight ? start + 1 : start, to);
    if (atMs >= startsAt && atMs < endsAt) return endsAt;
  }
  return undefined;
}

/** The first moment of a digest that is not before `atMs`; `atMs` itself without a digest. */
export function digestAt(digest: Digest, timeZone: string, atMs: number): number {
  if (digest.every === 'none') return atMs;
  const { dayNumber, msOfDay } = localOf(timeZone, atMs);
  if (digest.every === 'hourly') {
    const hour = 60 * minuteMs;
    return momentOf(timeZone, dayNumber, Math.ceil(msOfDay / hour) * hour);
  }
  const at = msOf(digest.at);
  return momentOf(timeZone, msOfDay <= at ? dayNumber : dayNumber + 1, at);
}
