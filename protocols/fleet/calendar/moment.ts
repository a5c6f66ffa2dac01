import type { Calendar, Period } from './calendar.ts';
import { addDays, minuteOf } from './date.ts';
import { type Day, dayOf } from './day.ts';
import { instantOf, wallDateAt } from './zone.ts';

/** What the calendar says of one instant. */
export interface Moment {
  readonly day: Day;
  readonly period?: Period;
  /** Within a period, of lessons or of an examination. */
  readonly isLesson: boolean;
  /** Within a session of an examination. */
  readonly isExam: boolean;
  /** Nothing may be changed now: from the first to the last day of an examination. */
  readonly isFrozen: boolean;
  /** False where the calendar does not tell: nobody may conclude that no lessons are held. */
  readonly isKnown: boolean;
  /** The next instant at which anything of this is different; the end of the day at the latest. */
  readonly changesAtMs: number;
}

interface Span {
  readonly period: Period;
  readonly fromMs: number;
  readonly toMs: number;
}

/** Where two periods overlap the earlier keeps its time, so that an instant lies in one at most. */
function spansOf(timeZone: string, day: Day): readonly Span[] {
  const spans: Span[] = [];
  let freeMs = Number.NEGATIVE_INFINITY;
  for (const period of day.periods) {
    const fromMs = Math.max(freeMs, instantOf(timeZone, day.date, minuteOf(period.from)));
    const toMs = instantOf(timeZone, day.date, minuteOf(period.to));
    if (toMs <= fromMs) continue;
    spans.push({ period, fromMs, toMs });
    freeMs = toMs;
  }
  return spans;
}

/** The date to which an instant belongs: the last that has begun. */
export function dateAt(timeZone: string, atMs: number): string {
  const shown = wallDateAt(timeZone, atMs);
  // A clock that goes back across midnight shows the old date again; the new day has begun all the same.
  const next = addDays(shown, 1);
  return instantOf(timeZone, next, 0) <= atMs ? next : shown;
}

function endOfDay(timeZone: string, date: string): number {
  // A place that crosses the date line skips a whole day, which then ends as it begins.
  return instantOf(timeZone, addDays(date, 1), 0);
}

/** What the calendar says of an instant (ms since 1970, UTC). */
export function momentOf(calendar: Calendar, atMs: number): Moment {
  const { timeZone } = calendar;
  const day = dayOf(calendar, dateAt(timeZone, atMs));
  const spans = spansOf(timeZone, day);
  const span = spans.find(({ fromMs, toMs }) => fromMs <= atMs && atMs < toMs);
  const next = spans.find(({ fromMs }) => fromMs > atMs);
  return {
    day,
    ...(span ? { period: span.period } : {}),
    isLesson: span !== undefined,
    isExam: span !== undefined && day.kind === 'exam',
    isFrozen: day.isFrozen,
    isKnown: day.isKnown,
    changesAtMs: span?.toMs ?? next?.fromMs ?? endOfDay(timeZone, day.date),
  };
}

export interface Interval {
  readonly fromMs: number;
  readonly toMs: number;
}

/**
 * The hours of lessons and examinations in [`fromMs`, `toMs`), in order and apart from each other: periods that follow
 * each other without a break are one interval.
 */
export function lessonIntervals(calendar: Calendar, fromMs: number, toMs: number): Interval[] {
  const intervals: { fromMs: number; toMs: number }[] = [];
  if (toMs <= fromMs) return intervals;
  const { timeZone } = calendar;
  const last = dateAt(timeZone, toMs - 1);
  for (let date = dateAt(timeZone, fromMs); date <= last; date = addDays(date, 1)) {
    for (const span of spansOf(timeZone, dayOf(calendar, date))) {
      const begin = Math.max(span.fromMs, fromMs);
      const end = Math.min(span.toMs, toMs);
      if (end <= begin) continue;
      const before = intervals.at(-1);
      if (before?.toMs === begin) before.toMs = end;
      else intervals.push({ fromMs: begin, toMs: end });
    }
  }
  return intervals;
}
