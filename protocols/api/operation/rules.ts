import { z } from 'zod';
import { metricKeySchema } from '../../fleet/record.ts';
import { instantSchema, unitRefSchema } from '../page.ts';
import { severitySchema } from './problems.ts';

/** Rules of problems as data, and times of maintenance. */

const name = z.string().trim().min(1).max(120);
const labelOf = (longest: number) =>
  z.strictObject({ vi: z.string().trim().min(1).max(longest), en: z.string().trim().min(1).max(longest) });

/** A key of a reported state: `gate.reading`, `ups.battery`. Lists are looked into: one item that fits is enough. */
const statePath = z.string().regex(/^[a-z]{1,30}(?:\.[A-Za-z][A-Za-z0-9]{0,39}){1,4}$/);

export const conditionSchema = z.strictObject({
  source: z.discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('metric'), metric: metricKeySchema }),
    z.strictObject({ kind: z.literal('state'), path: statePath }),
  ]),
  /** `above` and `below` compare numbers; the others compare whatever is reported. */
  operator: z.enum(['above', 'below', 'equals', 'differs']),
  threshold: z.union([z.number(), z.boolean(), z.string().max(200)]),
  /** Where it is well again: between here and the threshold nothing changes. */
  clear: z.number().optional(),
  /** It must last so long without a break. */
  forMinutes: z.int().min(0).max(10_080).default(0),
  /** It must begin so often within so many minutes. */
  repeat: z.strictObject({ times: z.int().min(2).max(100), withinMinutes: z.int().min(1).max(10_080) }).optional(),
  /** When it may open: always, only while lessons are held, or only while none are. */
  when: z.enum(['always', 'lessons', 'outside-lessons']).default('always'),
});
export type Condition = z.output<typeof conditionSchema>;

/** Which devices of the subtree: of a family, or with a capability. */
export const ruleFilterSchema = z.strictObject({
  family: z
    .string()
    .regex(/^[a-z0-9-]{1,40}$/)
    .optional(),
  capability: z
    .string()
    .regex(/^[a-z]{1,30}$/)
    .optional(),
});

const ruleFields = {
  unit: z.int().min(1),
  name,
  title: labelOf(200),
  next: labelOf(500),
  severity: severitySchema,
  filter: ruleFilterSchema.default({}),
  condition: conditionSchema,
  enabled: z.boolean().default(true),
};
/** A rule is taken whole or refused whole; with `dryRun` it is judged and nothing is kept. */
export const ruleBody = z.strictObject({ ...ruleFields, dryRun: z.boolean().default(false) });
export type RuleBody = z.output<typeof ruleBody>;

export const ruleSchema = z
  .object({
    id: z.int(),
    unit: unitRefSchema,
    name: z.string(),
    title: labelOf(200),
    next: labelOf(500),
    severity: severitySchema,
    filter: ruleFilterSchema,
    condition: conditionSchema,
    enabled: z.boolean(),
    updatedAt: instantSchema,
    updatedBy: z.object({ id: z.string(), name: z.string() }),
    /** Devices it watches, problems of it that stand open, and how many more it would have opened beyond its bound. */
    devices: z.int(),
    open: z.int(),
    beyond: z.int(),
  })
  .meta({ id: 'ProblemRule' });
export type Rule = z.infer<typeof ruleSchema>;
export const rulesQuery = z.object({ unit: z.coerce.number().int().optional() });
export const rulesList = z.object({ rows: z.array(ruleSchema) });
/** What was kept; without an id for a dry run. */
export const ruleResult = z.object({ dryRun: z.boolean(), rule: ruleSchema.optional() });

export const previewBody = z.strictObject({
  unit: ruleFields.unit,
  filter: ruleFields.filter,
  condition: conditionSchema,
  days: z.int().min(1).max(31).default(7),
});
export type PreviewBody = z.output<typeof previewBody>;
/** What the rule would have done, and what could not be looked at. */
export const previewSchema = z.object({
  from: instantSchema,
  to: instantSchema,
  times: z.int(),
  devices: z.object({ matching: z.int(), lookedAt: z.int(), firing: z.int() }),
  /** How many would stand open at this moment. */
  now: z.int(),
  firings: z.array(
    z.object({
      device: z.object({ id: z.string(), name: z.string() }),
      unit: unitRefSchema,
      from: instantSchema,
      to: instantSchema.optional(),
    }),
  ),
  gaps: z.array(
    z.object({
      why: z.enum(['no-history-of-states', 'too-many-devices', 'too-slow', 'no-samples', 'not-in-service']),
      devices: z.int(),
    }),
  ),
});
export type Preview = z.infer<typeof previewSchema>;

const wallTime = z.string().regex(/^(?:[01]\d|2[0-3]):[0-5]\d$/);
export const weeklySchema = z.strictObject({
  /** 1 is Monday. */
  days: z.array(z.int().min(1).max(7)).min(1).max(7),
  from: wallTime,
  to: wallTime,
  /** Not while the school's calendar has lessons or an examination. */
  outsideLessons: z.boolean().default(false),
});
export type Weekly = z.output<typeof weeklySchema>;
export const windowBody = z.strictObject({
  unit: z.int().min(1).optional(),
  device: z
    .string()
    .regex(/^[\w-]{1,64}$/)
    .optional(),
  name,
  startsAt: instantSchema,
  /** A weekly window may go on without an end. */
  endsAt: instantSchema.optional(),
  weekly: weeklySchema.optional(),
});
export type WindowBody = z.output<typeof windowBody>;
export const windowSchema = z
  .object({
    id: z.int(),
    unit: unitRefSchema,
    device: z.object({ id: z.string(), name: z.string() }).optional(),
    name: z.string(),
    startsAt: instantSchema,
    endsAt: instantSchema.optional(),
    weekly: weeklySchema.optional(),
    createdBy: z.object({ id: z.string(), name: z.string() }),
    /** Until when it mutes now; absent while it does not. */
    activeUntil: instantSchema.optional(),
    over: z.boolean(),
  })
  .meta({ id: 'MaintenanceWindow' });
export type MaintenanceWindow = z.infer<typeof windowSchema>;
export const windowsQuery = z.object({ unit: z.coerce.number().int().optional() });
export const windowsList = z.object({ rows: z.array(windowSchema) });
