import { z } from 'zod';
import {
  calendarLimits,
  calendarNameSchema,
  dateSchema,
  dayOffSchema,
  examSchema,
  makeUpDaySchema,
  periodSchema,
  termSchema,
  timeZoneSchema,
} from '../../fleet/calendar/calendar.ts';
import { importResult } from '../organisation/imports.ts';
import { instantSchema, unitRefSchema } from '../page.ts';

/**
 * The school calendar. A unit says only what it sets itself (its layer); what holds there is resolved from the layers
 * of the units above it down to its own (ADR 11).
 */

/** Not sure yet: shown as "to be confirmed by the department". */
const toConfirm = { toConfirm: z.boolean().optional() };

const layerTerm = z.strictObject({ ...termSchema.shape, ...toConfirm });
const layerPeriod = z.strictObject({ ...periodSchema.shape, ...toConfirm });
const layerDayOff = z.strictObject({ ...dayOffSchema.shape, ...toConfirm });
const layerMakeUpDay = z.strictObject({ ...makeUpDaySchema.shape, ...toConfirm });
const layerExam = z.strictObject({
  ...examSchema.shape,
  periods: z.array(z.strictObject(periodSchema.shape)).min(1).max(calendarLimits.periods).optional(),
  ...toConfirm,
});

/** Something inherited that does not hold here, by its name and first day. */
const cancelledSchema = z.strictObject({
  kind: z.enum(['day-off', 'make-up', 'exam']),
  name: calendarNameSchema,
  from: dateSchema,
});

/**
 * What one unit sets. `terms`, `periods` and `timeZone` take the place of what is inherited when they are there, also
 * when empty; the rest is added to what is inherited.
 */
export const calendarLayerSchema = z.strictObject({
  timeZone: timeZoneSchema.optional(),
  terms: z.array(layerTerm).max(calendarLimits.terms).optional(),
  periods: z.array(layerPeriod).max(calendarLimits.periods).optional(),
  daysOff: z.array(layerDayOff).max(calendarLimits.days).default([]),
  makeUpDays: z.array(layerMakeUpDay).max(calendarLimits.days).default([]),
  exams: z.array(layerExam).max(calendarLimits.exams).default([]),
  cancelled: z.array(cancelledSchema).max(calendarLimits.days).default([]),
});
export type CalendarLayer = z.output<typeof calendarLayerSchema>;

const origin = { origin: unitRefSchema };
const told = z.object({ vi: z.string(), en: z.string() });

const calendarDay = z.object({
  date: dateSchema,
  kind: z.enum(['lessons', 'exam', 'off', 'no-lessons']),
  name: z.string().optional(),
  /** Minutes of lessons and sessions on that day. */
  minutes: z.int(),
  frozen: z.boolean(),
  known: z.boolean(),
});
export type CalendarDay = z.infer<typeof calendarDay>;

const calendarVersion = z.object({
  version: z.int(),
  at: instantSchema,
  /** Name of the person. */
  by: z.string(),
  reason: z.string(),
  /** Absent where the unit set nothing any more. */
  layer: calendarLayerSchema.optional(),
});
export type CalendarVersion = z.infer<typeof calendarVersion>;
/** Newest first, at most 50. */
export const calendarVersions = z.object({ rows: z.array(calendarVersion) });

/** Days of a unit; without bounds the school year (1 August to 31 July) around today. At most 400 days. */
export const calendarQuery = z.object({ from: dateSchema.optional(), to: dateSchema.optional() });

export const calendarViewSchema = z.object({
  unit: unitRefSchema,
  from: dateSchema,
  to: dateSchema,
  timeZone: z.string(),
  terms: z.array(layerTerm.extend(origin)),
  periods: z.array(layerPeriod.extend(origin)),
  daysOff: z.array(layerDayOff.extend(origin)),
  makeUpDays: z.array(layerMakeUpDay.extend(origin)),
  exams: z.array(layerExam.extend(origin)),
  /** What is inherited and called off, with the unit that called it off. */
  cancelled: z.array(cancelledSchema.extend(origin)),
  /** What this unit sets itself, as it was last changed; absent where it never set anything. */
  own: calendarVersion.optional(),
  days: z.array(calendarDay),
});
export type CalendarView = z.infer<typeof calendarViewSchema>;

const reason = z.string().trim().min(3).max(500);

export const changeCalendarBody = z.strictObject({
  /** Null takes back everything that the unit sets: it inherits all. */
  layer: calendarLayerSchema.nullable(),
  /** The version that it was made from, 0 where there was none; another one in between refuses the change. */
  basedOn: z.int().min(0),
  reason,
  dryRun: z.boolean().default(false),
});

export const restoreCalendarBody = z.strictObject({
  /** 0 is what was before the first. */
  version: z.int().min(0),
  basedOn: z.int().min(0),
  reason,
  dryRun: z.boolean().default(false),
});

/** Days that follow each other and change in the same way. */
const changedDays = z.object({
  from: dateSchema,
  to: dateSchema,
  before: calendarDay.omit({ date: true }),
  after: calendarDay.omit({ date: true }),
});

export const calendarEffect = z.object({
  /** At most 200 spans. */
  days: z.array(changedDays),
  /** Days that are not the same as before. */
  changed: z.int(),
  /** In the days compared. */
  lessonHours: z.object({ before: z.number(), after: z.number() }),
  /** Units below, this one included, for which this calendar holds; `own` of them set something themselves. */
  units: z.object({ total: z.int(), own: z.int() }),
});
export type CalendarEffect = z.infer<typeof calendarEffect>;

/** Why a calendar cannot hold. */
const calendarFault = z.object({ field: z.string(), why: told, remedy: told });
export type CalendarFault = z.infer<typeof calendarFault>;

export const calendarChangeResult = z.object({
  dryRun: z.boolean(),
  /** Of a dry run; what is not one is refused whole when there are any. */
  faults: z.array(calendarFault),
  effect: calendarEffect.optional(),
  /** The version that was written. */
  version: z.int().optional(),
});
export type CalendarChangeResult = z.infer<typeof calendarChangeResult>;

/** The file is the body. What it holds of a sort takes the place of what the unit sets of that sort; other sorts stay. */
export const importCalendarQuery = z.object({
  unit: z.coerce.number().int(),
  /** Name of the file; `.ics` is a calendar, all else a table. */
  file: z.string().min(1).max(200),
  dryRun: z.enum(['yes', 'no']).default('yes'),
  reason: reason.optional(),
});
export const importCalendarResult = importResult
  .pick({ dryRun: true, problem: true, counts: true, rows: true })
  .extend({
    faults: z.array(calendarFault),
    effect: calendarEffect.optional(),
    version: z.int().optional(),
  });
export type ImportCalendarResult = z.infer<typeof importCalendarResult>;

export const exportCalendarQuery = z.object({
  as: z.enum(['csv', 'xlsx', 'ics']),
  /** `here` is only what the unit sets itself. */
  of: z.enum(['resolved', 'here']).default('resolved'),
});

export const calendarTemplates = z.object({
  rows: z.array(z.object({ id: z.string(), name: told, note: told, layer: calendarLayerSchema })),
});
export type CalendarTemplate = z.infer<typeof calendarTemplates>['rows'][number];
