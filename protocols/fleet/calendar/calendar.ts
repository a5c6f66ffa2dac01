import { z } from 'zod';
import { isTimeZone } from './zone.ts';

/** A day of the school's place, `2026-09-05`. */
export const dateSchema = z.iso.date();

/** A time of day on the school's wall, `07:30`; `00:00` to `23:59`. */
export const wallTimeSchema = z.string().regex(/^(?:[01]\d|2[0-3]):[0-5]\d$/);

/** ISO 8601: 1 is Monday, 7 is Sunday. */
export const weekdaySchema = z.int().min(1).max(7);

export const calendarNameSchema = z.string().trim().min(1).max(80);

/** Name of the IANA database, `Asia/Ho_Chi_Minh`; whatever this machine's ICU knows. */
export const timeZoneSchema = z.string().min(1).max(60).refine(isTimeZone, 'not an IANA time zone');

/** Most items of one list of a calendar. */
export const calendarLimits = { terms: 20, periods: 60, days: 500, exams: 100 } as const;

/** Days, both ends included. */
const span = { name: calendarNameSchema, from: dateSchema, to: dateSchema };

export const termSchema = z.object(span);

/** A lesson of the timetable: from `from` until just before `to`, on each of `days`. */
export const periodSchema = z.object({
  name: calendarNameSchema,
  days: z.array(weekdaySchema).min(1).max(7),
  from: wallTimeSchema,
  to: wallTimeSchema,
});
export type Period = z.infer<typeof periodSchema>;

export const dayOffSchema = z.object({ ...span, kind: z.enum(['holiday', 'tet', 'break']) });

/** A day that would have no lessons and has those of the weekday `as`. */
export const makeUpDaySchema = z.object({ name: calendarNameSchema, date: dateSchema, as: weekdaySchema });

/** An examination; `periods` are its own sessions, without them the timetable's hours count. */
export const examSchema = z.object({
  ...span,
  periods: z.array(periodSchema).max(calendarLimits.periods).optional(),
});

/**
 * The calendar that holds for one unit, everything inherited already in it. It is total: any value that this schema
 * takes gives every instant one answer, even where spans overlap (`dayOf` says which wins).
 */
export const calendarSchema = z.object({
  timeZone: timeZoneSchema,
  terms: z.array(termSchema).max(calendarLimits.terms),
  periods: z.array(periodSchema).max(calendarLimits.periods),
  daysOff: z.array(dayOffSchema).max(calendarLimits.days),
  makeUpDays: z.array(makeUpDaySchema).max(calendarLimits.days),
  exams: z.array(examSchema).max(calendarLimits.exams),
});
export type Calendar = z.infer<typeof calendarSchema>;

/** What holds where nobody has said anything: no lessons are known, on no day. */
export const emptyCalendar: Calendar = {
  timeZone: 'Asia/Ho_Chi_Minh',
  terms: [],
  periods: [],
  daysOff: [],
  makeUpDays: [],
  exams: [],
};
