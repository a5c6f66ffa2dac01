import { z } from 'zod';
import { dateSchema } from '../../fleet/calendar/calendar.ts';
import { deviceIdSchema } from '../../fleet/ids.ts';
import { missedRuleSchema, predicateSchema, triggerSchema } from '../../fleet/policy/bundle.ts';
import { problemSchema } from '../../fleet/problem.ts';
import { daySchema, instantSchema, pageOf, pageQuery, unitRefSchema } from '../page.ts';

/**
 * What agents do by themselves. A policy stands at a unit and counts for everything below it; the hub resolves it into what each
 * agent gets (ADR 16). Of schedules for one capability of a device, those at the nearest unit take the place of those above.
 */

/** Which devices below the policy's unit; all that offer the command when nothing is said. */
const targetSchema = z.strictObject({
  families: z.array(z.string().max(40)).max(20).optional(),
  devices: z.array(deviceIdSchema).min(1).max(200).optional(),
  /** Of this unit and below; within the policy's. */
  unit: z.int().optional(),
  exceptUnits: z.array(z.int()).max(200).optional(),
});
export type PolicyTarget = z.output<typeof targetSchema>;

const act = {
  capability: z.string().max(40),
  name: z.string().max(40),
  args: z.record(z.string().max(80), z.unknown()).default({}),
};

const stepSchema = z.strictObject({ trigger: triggerSchema, command: z.strictObject(act) });

export const scheduleBodySchema = z.strictObject({
  kind: z.literal('schedule'),
  target: targetSchema.default({}),
  steps: z.array(stepSchema).min(1).max(8),
  staggerSeconds: z.int().min(0).max(600).default(5),
  missed: missedRuleSchema.default({ kind: 'run-if-within', minutes: 30 }),
  from: dateSchema.optional(),
  until: dateSchema.optional(),
});

export const ruleBodySchema = z.strictObject({
  kind: z.literal('rule'),
  watch: z.strictObject({
    kind: z.enum(['event', 'state']),
    capability: z.string().max(40),
    name: z.string().max(40).optional(),
    where: z.array(z.strictObject(predicateSchema.shape)).max(8).default([]),
    target: targetSchema.default({}),
  }),
  commands: z
    .array(z.strictObject({ ...act, target: targetSchema.default({}) }))
    .max(8)
    .default([]),
  event: z
    .strictObject({ severity: z.enum(['info', 'warning', 'critical']), text: z.string().trim().min(1).max(200) })
    .optional(),
  cooldownSeconds: z.int().min(1).max(86_400).default(60),
  mostPerHour: z.int().min(1).max(120).default(12),
});

export const policyBodySchema = z.discriminatedUnion('kind', [scheduleBodySchema, ruleBodySchema]);
export type PolicyBody = z.output<typeof policyBodySchema>;
export type ScheduleBody = z.output<typeof scheduleBodySchema>;
export type RuleBody = z.output<typeof ruleBodySchema>;

const name = z.string().trim().min(1).max(120);

export const createPolicyBody = z.strictObject({
  unit: z.int(),
  name,
  enabled: z.boolean().default(true),
  body: policyBodySchema,
});

export const updatePolicyBody = z.strictObject({
  /** The revision that the change was made on. */
  basedOn: z.int().min(1),
  name: name.optional(),
  enabled: z.boolean().optional(),
  body: policyBodySchema.optional(),
});

export const checkPolicyBody = z.strictObject({
  unit: z.int(),
  /** The policy that it would replace. */
  replaces: z.int().optional(),
  body: policyBodySchema,
});

const told = z.object({ vi: z.string(), en: z.string() });

/** Why a policy cannot be saved: which field, why, and what to do. */
export const policyFaultSchema = z.object({ field: z.string(), why: told, remedy: told });
export type PolicyFault = z.infer<typeof policyFaultSchema>;

const someDevices = z.object({
  total: z.int().min(0),
  /** Names of the first three. */
  first: z.array(z.string()),
});

/** What a policy would do, day by day from tomorrow. */
export const policyEffectSchema = z.object({
  devices: someDevices,
  agents: z.int().min(0),
  days: z.array(
    z.object({
      date: daySchema,
      kind: z.enum(['lessons', 'exam', 'off', 'no-lessons']),
      /** Of the holiday or examination. */
      name: z.string().optional(),
      isKnown: z.boolean(),
      runs: z.array(
        z.object({
          /** On the wall of the school. */
          time: z.string(),
          step: z.int().min(0),
          capability: z.string(),
          command: z.string(),
          devices: someDevices,
          /** It is planned for an examination, so it does not run. */
          isFrozen: z.boolean(),
        }),
      ),
    }),
  ),
  /** Devices whose schedule of the unit above gives way to this one. */
  replaces: z.int().min(0),
  /** For a rule: on how many devices it would act, and how often what it watches happened in the last 30 days. */
  acts: someDevices.optional(),
  happened: z.int().min(0).optional(),
});
export type PolicyEffect = z.infer<typeof policyEffectSchema>;

export const policyCheckSchema = z.object({
  faults: z.array(policyFaultSchema),
  effect: policyEffectSchema.optional(),
});
export type PolicyCheck = z.infer<typeof policyCheckSchema>;

export const policySchema = z
  .object({
    id: z.int(),
    unit: unitRefSchema,
    name: z.string(),
    enabled: z.boolean(),
    revision: z.int(),
    body: policyBodySchema,
    updatedAt: instantSchema,
    updatedBy: z.string(),
    /** It stands above the part of the organisation that was asked for, and counts there too. */
    isInherited: z.boolean(),
  })
  .meta({ id: 'Policy' });
export type PolicyView = z.infer<typeof policySchema>;

export const policiesQuery = z.object({ ...pageQuery, unit: z.coerce.number().int().optional() });
export const policiesPage = pageOf(policySchema);

/** One run, what did not run, or a rule that acted; as the agent told it. */
const policyRunSchema = z.object({
  agent: z.string(),
  run: z.string(),
  kind: z.enum(['run', 'passed', 'rule']),
  policy: z.object({ id: z.int(), name: z.string() }).optional(),
  device: z.object({ id: z.string(), name: z.string() }).optional(),
  unit: unitRefSchema.optional(),
  capability: z.string().optional(),
  command: z.string().optional(),
  /** When it was due, when it ended, and when the hub heard of it. */
  plannedAt: instantSchema,
  at: instantSchema,
  receivedAt: instantSchema,
  state: z.string(),
  isLate: z.boolean(),
  devices: z.int(),
  problem: problemSchema.optional(),
  text: z.string().optional(),
});
export type PolicyRun = z.infer<typeof policyRunSchema>;

export const policyRunsQuery = z.object({
  ...pageQuery,
  unit: z.coerce.number().int().optional(),
  policy: z.coerce.number().int().optional(),
  device: z.string().max(40).optional(),
  kind: z.enum(['run', 'passed', 'rule']).optional(),
});
export const policyRunsPage = pageOf(policyRunSchema);

/** Which bundle an agent holds, and which it should. */
const policyBundleRow = z.object({
  agent: z.string(),
  name: z.string(),
  unit: unitRefSchema,
  number: z.int(),
  held: z.int(),
  heldAt: instantSchema.optional(),
  issuedAt: instantSchema,
  expiresAt: instantSchema,
  trouble: z.object({ code: z.string(), message: z.string() }).optional(),
});
export type PolicyBundleRow = z.infer<typeof policyBundleRow>;
export const policyBundlesQuery = z.object({ ...pageQuery, unit: z.coerce.number().int().optional() });
export const policyBundlesPage = pageOf(policyBundleRow);
