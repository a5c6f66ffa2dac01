import { z } from 'zod';
import { causeSchema } from '../causes.ts';
import { instantSchema, pageOf, pageQuery, unitRefSchema } from '../page.ts';

/** The worst first. */
export const severities = ['critical', 'major', 'minor', 'notice'] as const;
export const severitySchema = z.enum(severities);
export type Severity = z.infer<typeof severitySchema>;

const personRef = z.object({ id: z.string(), name: z.string() });

/** A cause and what people make of it. Its id is the cause's. */
export const problemSchema = causeSchema
  .extend({
    school: unitRefSchema.optional(),
    severity: severitySchema,
    acknowledged: z.object({ at: instantSchema, by: personRef }).optional(),
    assignee: personRef.optional(),
    /** Told to nobody until then, and counted apart. */
    muted: z.object({ until: instantSchema, by: personRef.optional(), window: z.string().optional() }).optional(),
    /** It comes and goes: it stays open until it has been calm for a while. */
    flapping: z.boolean(),
    /** Steps of escalation taken because nobody acknowledged it. */
    escalation: z.int().min(0),
    comments: z.int().min(0),
    rule: z.object({ id: z.int(), name: z.string() }).optional(),
  })
  .meta({ id: 'ProblemRow' });
export type ProblemRow = z.infer<typeof problemSchema>;

export const problemEventSchema = z.object({
  id: z.int(),
  kind: z.enum([
    'opened',
    'grew',
    'shrank',
    'severity',
    'acknowledged',
    'unacknowledged',
    'assigned',
    'commented',
    'muted',
    'unmuted',
    'escalated',
    'flapping',
    'reopened',
    'resolved',
  ]),
  at: instantSchema,
  severity: severitySchema,
  actor: personRef.optional(),
  detail: z.record(z.string(), z.unknown()),
});
export type ProblemEvent = z.infer<typeof problemEventSchema>;

/** One problem with its story, newest first; at most the last 500 events. */
export const problemDetailSchema = problemSchema
  .extend({ timeline: z.array(problemEventSchema) })
  .meta({ id: 'ProblemDetail' });
export type ProblemDetail = z.infer<typeof problemDetailSchema>;

const severityList = z
  .string()
  .max(60)
  .transform((text) => text.split(','))
  .pipe(z.array(severitySchema).min(1).max(severities.length));

const problemFilter = {
  q: pageQuery.q,
  unit: z.coerce.number().int().optional(),
  device: z.string().max(64).optional(),
  /** `open` are those that are not muted. */
  state: z.enum(['open', 'muted', 'resolved']).default('open'),
  /** Several with commas between. */
  severity: severityList.optional(),
  kind: causeSchema.shape.kind.optional(),
  /** A person's id, `me`, or `none`. */
  assignee: z.string().max(64).optional(),
  acknowledged: z.enum(['yes', 'no']).optional(),
  /** `impact`: the worst first, of those what touches most, of those the oldest. */
  sort: z.enum(['impact', 'oldest', 'newest']).default('impact'),
};
export const problemsQuery = z.object({ ...pageQuery, ...problemFilter });
export const problemsPage = pageOf(problemSchema);
export const problemsExportQuery = z.object({ ...problemFilter, language: z.enum(['vi', 'en']).default('vi') });

export const problemCountsQuery = z.object({ unit: z.coerce.number().int().optional() });
/** Figures of one list: what is open and not muted, and what is muted apart from it. */
export const problemCountsSchema = z.object({
  open: z.int(),
  muted: z.int(),
  unacknowledged: z.int(),
  mine: z.int(),
  bySeverity: z.object({ critical: z.int(), major: z.int(), minor: z.int(), notice: z.int() }),
});
export type ProblemCounts = z.infer<typeof problemCountsSchema>;

const words = z.string().trim().min(1).max(2_000);
const ids = z
  .array(z.string().regex(/^[\w-]{1,64}$/))
  .min(1)
  .max(200);

/** What people do with problems, one or many: all of it or, where one is not there, nothing. */
export const workBody = z.discriminatedUnion('action', [
  z.strictObject({ action: z.literal('acknowledge'), ids, text: words.optional() }),
  z.strictObject({ action: z.literal('unacknowledge'), ids }),
  z.strictObject({ action: z.literal('assign'), ids, assignee: z.string().min(1).max(64).nullable() }),
  z.strictObject({ action: z.literal('comment'), ids, text: words }),
  z.strictObject({ action: z.literal('mute'), ids, until: instantSchema, text: words.optional() }),
  z.strictObject({ action: z.literal('unmute'), ids }),
]);
export type WorkBody = z.output<typeof workBody>;
/** Those that are another now; the rest were so already. */
export const workResult = z.object({ changed: z.array(z.string()) });

export const assigneesQuery = z.object({ unit: z.coerce.number().int().optional(), q: pageQuery.q });
/** People who may work on problems there. */
export const assigneesList = z.object({ rows: z.array(personRef) });

const escalationSteps = z
  .array(z.strictObject({ afterMinutes: z.int().min(1).max(20_160), least: severitySchema }))
  .max(5);
/** Steps that are taken while nobody acknowledges, counted from the opening. */
export const escalationBody = z.strictObject({
  unit: z.int().min(1),
  steps: escalationSteps,
  /** Minutes count on school days from 7 to 17 only. */
  workingTime: z.boolean(),
});
export const escalationQuery = z.object({ unit: z.coerce.number().int().min(1) });
/** What holds in a unit, and from which unit it comes; none for what holds where nobody said anything. */
export const escalationSchema = z.object({
  steps: escalationSteps,
  workingTime: z.boolean(),
  from: unitRefSchema.optional(),
});
