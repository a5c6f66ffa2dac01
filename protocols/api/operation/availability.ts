import { z } from 'zod';
import { daySchema, instantSchema, pageQuery } from '../page.ts';

/** By what the devices of a report are put together. */
export const availabilityGroups = ['school', 'supplier', 'class', 'device'] as const;

export const availabilityQuery = z.object({
  unit: z.coerce.number().int().optional(),
  /** First and last day, both included, by the time zone of the calendar; at most 93 days. The last 30 days when absent. */
  from: daySchema.optional(),
  to: daySchema.optional(),
  by: z.enum(availabilityGroups).default('school'),
  sort: z.enum(['worst', 'name', 'energy']).default('worst'),
  limit: pageQuery.limit,
  cursor: pageQuery.cursor,
});

/** What a group of devices comes to. Hours are sums over its devices; a share is absent where nothing is known. */
const figuresSchema = z.object({
  devices: z.int(),
  /** Lesson hours in service: only in these does a device count as available or not. */
  lessonHours: z.number(),
  downHours: z.number(),
  /** Lesson hours of which nothing is known; they count neither way. */
  unknownHours: z.number(),
  availability: z.number().min(0).max(1).optional(),
  incidents: z.int(),
  /** Mean time to repair, of the incidents that are over. */
  repairHours: z.number().optional(),
  onHours: z.number(),
  /** Estimated from hours on and on standby, and the watts of each class. */
  energyKwh: z.number(),
});

export const availabilityRowSchema = z.object({
  key: z.string(),
  name: z.string(),
  place: z.string().optional(),
  ...figuresSchema.shape,
});
export type AvailabilityRow = z.infer<typeof availabilityRowSchema>;

const energyClassSchema = z.object({
  name: z.string(),
  label: z.object({ vi: z.string(), en: z.string() }),
  onWatts: z.number(),
  standbyWatts: z.number(),
  /** Absent for an estimate that nobody has confirmed. */
  setBy: z.string().optional(),
  setAt: instantSchema.optional(),
});
export const energyClassesList = z.object({ rows: z.array(energyClassSchema) });
export type EnergyClassRow = z.infer<typeof energyClassSchema>;

export const availabilityReport = z
  .object({
    from: daySchema,
    to: daySchema,
    by: z.enum(availabilityGroups),
    /** No lessons are known in this time for so many of the devices: they have no lesson hours. */
    withoutCalendar: z.int(),
    whole: figuresSchema,
    rows: z.array(availabilityRowSchema),
    next: z.string().optional(),
    total: z.int(),
    classes: z.array(energyClassSchema),
  })
  .meta({ id: 'AvailabilityReport' });
export type AvailabilityReport = z.infer<typeof availabilityReport>;

const watts = z.number().min(0).max(100_000);
export const energyClassBody = z.strictObject({
  name: z.string().max(40),
  onWatts: watts,
  standbyWatts: watts,
  reason: z.string().trim().min(3).max(500),
});
