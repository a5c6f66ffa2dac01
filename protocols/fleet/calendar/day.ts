import type { Calendar, Period } from './calendar.ts';
import { minuteOf, weekdayOf } from './date.ts';

/**
 * `off`: a holiday, Tết or a break. `no-lessons`: a day without any period, such as a Sunday, or a day that no term
 * covers.
 */
export type DayKind = 'lessons' | 'exam' | 'off' | 'no-lessons';

export interface Day {
  readonly date: string;
  readonly kind: DayKind;
  /** Of the examination, the make-up day or the holiday. */
  readonly name?: string;
  /** In the order of the day; empty unless there are lessons or an examination. */
  readonly periods: readonly Period[];
  /** From the first to the last day of an examination, days without a session included. */
  readonly isFrozen: boolean;
  /** Whether the calendar tells of this day: a day off, or a term, examination or make-up day with known hours. */
  readonly isKnown: boolean;
}

function covers(span: { readonly from: string; readonly to: string }, date: string): boolean {
  return span.from <= date && date <= span.to;
}

function periodsOf(periods: readonly Period[], weekday: number): readonly Period[] {
  return periods
    .filter((period) => period.days.includes(weekday))
    .toSorted((a, b) => minuteOf(a.from) - minuteOf(b.from) || minuteOf(a.to) - minuteOf(b.to));
}

function named(name: string | undefined): { readonly name?: string } {
  return name === undefined ? {} : { name };
}

/**
 * What a date is. A make-up day wins over a day off (somebody chose that one day); a day off wins over an examination
 * whose span runs across it; an examination wins over lessons. Of two of one sort the first in the list counts.
 */
export function dayOf(calendar: Calendar, date: string): Day {
  const makeUp = calendar.makeUpDays.find((day) => day.date === date);
  const off = makeUp ? undefined : calendar.daysOff.find((span) => covers(span, date));
  const exam = calendar.exams.find((span) => covers(span, date));
  const isFrozen = exam !== undefined;
  if (off) return { date, kind: 'off', name: off.name, periods: [], isFrozen, isKnown: true };

  const weekday = makeUp?.as ?? weekdayOf(date);
  const timetable = exam?.periods ?? calendar.periods;
  const isOpen = isFrozen || makeUp !== undefined || calendar.terms.some((term) => covers(term, date));
  const periods = isOpen ? periodsOf(timetable, weekday) : [];
  const isKnown = isOpen && timetable.length > 0;
  // An examination whose hours nobody has said is still one; a Sunday between two of its days is not.
  if (exam && (periods.length > 0 || timetable.length === 0)) {
    return { date, kind: 'exam', name: exam.name, periods, isFrozen, isKnown };
  }
  const kind = periods.length > 0 ? 'lessons' : 'no-lessons';
  return { date, kind, ...named(makeUp?.name), periods, isFrozen, isKnown };
}
