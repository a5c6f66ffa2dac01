import type { Calendar } from '../../protocols/fleet/calendar/calendar.ts';
import { addDays } from '../../protocols/fleet/calendar/date.ts';
import { dayOf } from '../../protocols/fleet/calendar/day.ts';
import { dateAt, momentOf } from '../../protocols/fleet/calendar/moment.ts';
import { instantOf } from '../../protocols/fleet/calendar/zone.ts';

/** What a school does at an instant, as far as it matters to how bad something is. `unknown`: its calendar does not tell. */
export type Teaching = 'exam' | 'lesson' | 'free' | 'unknown';

/** A pause between two lessons is not worth a change: it belongs to them when it is not twice as long. */
const nearMs = 20 * 60_000;

export function teachingAt(calendar: Calendar, atMs: number): Teaching {
  const moments = [atMs, atMs - nearMs, atMs + nearMs].map((ms) => momentOf(calendar, ms));
  if (moments.some(({ isExam }) => isExam)) return 'exam';
  if (moments.some(({ isLesson }) => isLesson)) return 'lesson';
  return moments[0]?.isKnown ? 'free' : 'unknown';
}

/** Working time of those who look after schools, by the wall, in minutes. */
const work = { from: 7 * 60, to: 17 * 60 } as const;
/** Nobody waits longer; it bounds the walk. */
const mostDays = 62;

/** Milliseconds of working time in [`fromMs`, `toMs`): 7 to 17 on school days; Monday to Friday where the calendar does not tell. */
export function workingMs(calendar: Calendar, fromMs: number, toMs: number): number {
  if (toMs <= fromMs) return 0;
  const { timeZone } = calendar;
  const last = dateAt(timeZone, toMs - 1);
  let sum = 0;
  let date = dateAt(timeZone, fromMs);
  for (let days = 0; date <= last && days < mostDays; days++, date = addDays(date, 1)) {
    if (!isWorkday(calendar, date)) continue;
    const begin = Math.max(fromMs, instantOf(timeZone, date, work.from));
    const end = Math.min(toMs, instantOf(timeZone, date, work.to));
    sum += Math.max(0, end - begin);
  }
  return sum;
}

function isWorkday(calendar: Calendar, date: string): boolean {
  const { kind, isKnown } = dayOf(calendar, date);
  if (isKnown) return kind === 'lessons' || kind === 'exam';
  const weekday = new Date(date).getUTCDay();
  return kind !== 'off' && weekday >= 1 && weekday <= 5;
}
