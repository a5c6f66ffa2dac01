import type { CalendarDay, CalendarEffect } from '../../protocols/api/operation/calendar.ts';
import type { Calendar } from '../../protocols/fleet/calendar/calendar.ts';
import { addDays } from '../../protocols/fleet/calendar/date.ts';
import { type Day, dayOf } from '../../protocols/fleet/calendar/day.ts';
import { lessonIntervals } from '../../protocols/fleet/calendar/moment.ts';
import { instantOf } from '../../protocols/fleet/calendar/zone.ts';

/** Days that are compared at most, and spans that are told. */
const limits = { days: 1_500, spans: 200 } as const;

type Facts = Omit<CalendarDay, 'date'>;

function minutesOf(calendar: Calendar, date: string): number {
  const from = instantOf(calendar.timeZone, date, 0);
  const to = instantOf(calendar.timeZone, addDays(date, 1), 0);
  const totalMs = lessonIntervals(calendar, from, to).reduce((sum, { fromMs, toMs }) => sum + toMs - fromMs, 0);
  return Math.round(totalMs / 60_000);
}

function factsOf(calendar: Calendar, day: Day): Facts {
  return {
    kind: day.kind,
    ...(day.name === undefined ? {} : { name: day.name }),
    minutes: day.periods.length === 0 ? 0 : minutesOf(calendar, day.date),
    frozen: day.isFrozen,
    known: day.isKnown,
  };
}

/** Each day of a span, both ends included. */
export function daysOf(calendar: Calendar, from: string, to: string): CalendarDay[] {
  const days: CalendarDay[] = [];
  for (let date = from; date <= to; date = addDays(date, 1))
    days.push({ date, ...factsOf(calendar, dayOf(calendar, date)) });
  return days;
}

function spanOf(calendars: readonly Calendar[]): { readonly from: string; readonly to: string } | undefined {
  const spans = calendars.flatMap(({ terms, daysOff, exams, makeUpDays }) => [
    ...terms,
    ...daysOff,
    ...exams,
    ...makeUpDays.map(({ date }) => ({ from: date, to: date })),
  ]);
  const from = spans.map((span) => span.from).sort()[0];
  const last = spans
    .map((span) => span.to)
    .sort()
    .at(-1);
  if (from === undefined || last === undefined) return undefined;
  const bound = addDays(from, limits.days - 1);
  return { from, to: [last, bound].sort()[0] ?? last };
}

function isSame(a: Day, b: Day): boolean {
  const times = (day: Day) => day.periods.map((period) => `${period.name} ${period.from} ${period.to}`).join();
  return (
    a.kind === b.kind &&
    a.name === b.name &&
    a.isFrozen === b.isFrozen &&
    a.isKnown === b.isKnown &&
    times(a) === times(b)
  );
}

const hours = (minutes: number) => Math.round(minutes / 6) / 10;

/** What changes between two calendars, day by day, over all days that either of them names. */
export function compare(before: Calendar, after: Calendar): Omit<CalendarEffect, 'units'> {
  const span = spanOf([before, after]);
  const days: { from: string; to: string; before: Facts; after: Facts }[] = [];
  let changed = 0;
  const minutes = { before: 0, after: 0 };
  for (let date = span?.from; span && date !== undefined && date <= span.to; date = addDays(date, 1)) {
    const [was, is] = [dayOf(before, date), dayOf(after, date)];
    const facts = { before: factsOf(before, was), after: factsOf(after, is) };
    minutes.before += facts.before.minutes;
    minutes.after += facts.after.minutes;
    if (before.timeZone === after.timeZone && isSame(was, is)) continue;
    changed++;
    const last = days.at(-1);
    const follows = last !== undefined && addDays(last.to, 1) === date;
    if (follows && JSON.stringify([last.before, last.after]) === JSON.stringify([facts.before, facts.after])) {
      last.to = date;
    } else days.push({ from: date, to: date, ...facts });
  }
  return {
    days: days.slice(0, limits.spans),
    changed,
    lessonHours: { before: hours(minutes.before), after: hours(minutes.after) },
  };
}
