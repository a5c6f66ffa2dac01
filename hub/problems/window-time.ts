import type { Weekly } from '../../protocols/api/operation/rules.ts';
import type { Calendar } from '../../protocols/fleet/calendar/calendar.ts';
import { addDays, minuteOf, weekdayOf } from '../../protocols/fleet/calendar/date.ts';
import { dateAt, momentOf } from '../../protocols/fleet/calendar/moment.ts';
import { instantOf } from '../../protocols/fleet/calendar/zone.ts';

/** When a maintenance window mutes. */
export interface WindowTime {
  readonly startsAtMs: number;
  readonly endsAtMs: number | undefined;
  readonly weekly: Weekly | undefined;
}

/**
 * Until when a window mutes at `atMs`; undefined while it does not. A weekly window whose end is not after its start
 * runs into the next day. Outside of lessons it ends when the next lesson begins.
 */
export function mutesUntil(window: WindowTime, atMs: number, calendar: Calendar): number | undefined {
  const { startsAtMs, endsAtMs = Number.POSITIVE_INFINITY, weekly } = window;
  if (atMs < startsAtMs || atMs >= endsAtMs) return undefined;
  if (!weekly) return endsAtMs;
  const { timeZone } = calendar;
  const today = dateAt(timeZone, atMs);
  for (const date of [today, addDays(today, -1)]) {
    if (!weekly.days.includes(weekdayOf(date))) continue;
    const from = minuteOf(weekly.from);
    const to = minuteOf(weekly.to);
    const fromMs = instantOf(timeZone, date, from);
    const toMs = to > from ? instantOf(timeZone, date, to) : instantOf(timeZone, addDays(date, 1), to);
    if (atMs < fromMs || atMs >= toMs) continue;
    const endMs = Math.min(toMs, endsAtMs);
    return weekly.outsideLessons ? beforeLesson(calendar, atMs, endMs) : endMs;
  }
  return undefined;
}

function beforeLesson(calendar: Calendar, atMs: number, endMs: number): number | undefined {
  const now = momentOf(calendar, atMs);
  if (now.isLesson) return undefined;
  return Math.min(endMs, now.changesAtMs);
}
