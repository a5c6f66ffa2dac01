import { Cron } from 'croner';
import type { Calendar } from '../calendar/calendar.ts';
import { addDays, minuteOf, weekdayOf } from '../calendar/date.ts';
import { type Day, dayOf } from '../calendar/day.ts';
import { dateAt } from '../calendar/moment.ts';
import { instantOf } from '../calendar/zone.ts';
import type { Schedule, Trigger } from './bundle.ts';

/** One moment of a schedule, before it is spread over the devices. */
export interface Occurrence {
  /** Names it within its schedule for ever: the same day's first lesson keeps its key when the lesson is moved. */
  readonly key: string;
  readonly atMs: number;
}

/** Widest offset of a timetable trigger, and so what the neighbouring days may lend. */
const widestOffsetMinutes = 180;
/** More in one window are not looked at: a cron pattern may say every minute. */
const mostOccurrences = 5_000;

export type Timed = Pick<Schedule, 'trigger' | 'from' | 'until'>;

/** The occurrences in (`afterMs`, `throughMs`], in order; at most 5,000. Exam days are among them: who runs them looks at the freeze. */
export function occurrencesIn(
  schedule: Timed,
  calendar: Calendar,
  afterMs: number,
  throughMs: number,
): readonly Occurrence[] {
  if (throughMs <= afterMs) return [];
  const { trigger } = schedule;
  if (trigger.kind === 'cron') return cronOccurrences(schedule, trigger, calendar, afterMs, throughMs);
  const { timeZone } = calendar;
  const marginMs = widestOffsetMinutes * 60_000;
  const last = dateAt(timeZone, throughMs + marginMs);
  const found: Occurrence[] = [];
  for (let date = dateAt(timeZone, afterMs - marginMs); date <= last; date = addDays(date, 1)) {
    if (!covers(schedule, date)) continue;
    for (const occurrence of ofDay(trigger, calendar, dayOf(calendar, date)))
      if (occurrence.atMs > afterMs && occurrence.atMs <= throughMs && found.length < mostOccurrences)
        found.push(occurrence);
  }
  return found.toSorted((a, b) => a.atMs - b.atMs);
}

/** Whether croner reads these five fields. */
export function isCronPattern(pattern: string): boolean {
  try {
    cronOf(pattern, 'UTC');
    return true;
  } catch (error) {
    if (error instanceof TypeError || error instanceof RangeError) return false;
    throw error;
  }
}

function covers({ from, until }: Pick<Schedule, 'from' | 'until'>, date: string): boolean {
  return (from === undefined || from <= date) && (until === undefined || date <= until);
}

function ofDay(
  trigger: Exclude<Trigger, { kind: 'cron' }>,
  { timeZone }: Calendar,
  { date, kind, periods }: Day,
): readonly Occurrence[] {
  if (trigger.kind === 'clock') {
    const counts = trigger.on.includes(kind) && (trigger.weekdays?.includes(weekdayOf(date)) ?? true);
    return counts ? [{ key: `${date}.c`, atMs: instantOf(timeZone, date, minuteOf(trigger.time)) }] : [];
  }
  const at = (wall: string) => instantOf(timeZone, date, minuteOf(wall)) + trigger.offsetMinutes * 60_000;
  const first = periods[0];
  const last = periods.toSorted((a, b) => minuteOf(a.to) - minuteOf(b.to)).at(-1);
  switch (trigger.edge) {
    case 'first-start':
      return first ? [{ key: `${date}.first`, atMs: at(first.from) }] : [];
    case 'last-end':
      return last ? [{ key: `${date}.last`, atMs: at(last.to) }] : [];
    case 'each-start':
      return distinct(periods.map(({ from }) => from)).map((wall) => ({ key: `${date}.s${wall}`, atMs: at(wall) }));
    case 'each-end':
      return distinct(periods.map(({ to }) => to)).map((wall) => ({ key: `${date}.e${wall}`, atMs: at(wall) }));
  }
}

function cronOccurrences(
  schedule: Timed,
  { pattern, on }: Extract<Trigger, { kind: 'cron' }>,
  calendar: Calendar,
  afterMs: number,
  throughMs: number,
): readonly Occurrence[] {
  const { timeZone } = calendar;
  const cron = cronOf(pattern, timeZone);
  const found: Occurrence[] = [];
  let next = cron.nextRun(new Date(afterMs));
  for (let looked = 0; next && next.getTime() <= throughMs && looked < mostOccurrences; looked++) {
    const atMs = next.getTime();
    const date = dateAt(timeZone, atMs);
    if (covers(schedule, date) && on.includes(dayOf(calendar, date).kind))
      found.push({ key: `${date}.t${Math.floor(atMs / 60_000)}`, atMs });
    next = cron.nextRun(next);
  }
  return found;
}

function cronOf(pattern: string, timezone: string): Cron {
  return new Cron(pattern, { timezone, mode: '5-part', paused: true });
}

function distinct(walls: readonly string[]): readonly string[] {
  return [...new Set(walls)];
}
