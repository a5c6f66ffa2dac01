import { z } from 'zod';
import { executionStateSchema } from '../../fleet/rollout/execution.ts';
import { orderWindowSchema } from '../../fleet/rollout/order.ts';
import { instantSchema, pageOf, pageQuery, unitRefSchema } from '../page.ts';

export const rolloutStates = [
  'draft',
  'submitted',
  'approved',
  'rejected',
  'scheduled',
  'running',
  'paused',
  'succeeded',
  'failed',
  'cancelled',
  'rolling_back',
  'rolled_back',
] as const;
export const rolloutStateSchema = z.enum(rolloutStates);
export type RolloutState = z.infer<typeof rolloutStateSchema>;

const waveStateSchema = z.enum(['waiting', 'running', 'soaking', 'passed', 'tripped']);
export type WaveState = z.infer<typeof waveStateSchema>;

/** Devices of a wave: a number, or a share of all that are left in. */
const sizeSchema = z.union([
  z.strictObject({ count: z.int().min(1).max(100_000) }),
  z.strictObject({ percent: z.number().gt(0).max(100) }),
]);
export type WaveSize = z.infer<typeof sizeSchema>;

const day = 86_400;

/** How a rollout goes from few to all, and what stops it (design section 7). Everything has a default. */
export const rolloutStrategySchema = z.strictObject({
  /** The first wave is the canary. What is left after the last goes with the last. */
  waves: z
    .array(sizeSchema)
    .min(1)
    .max(20)
    .default([{ count: 5 }, { percent: 10 }, { percent: 30 }, { percent: 60 }]),
  trip: z
    .strictObject({
      /** Share of failures among the attempted that stops, once at least `minSample` were attempted. */
      percent: z.number().gt(0).max(100).default(5),
      minSample: z.int().min(1).max(10_000).default(20),
      /** Failures that stop the canary, whatever their share. */
      canaryFailures: z.int().min(1).max(1_000).default(3),
      /** Failures that stop any later wave, whatever their share. */
      failures: z.int().min(1).max(100_000).optional(),
    })
    .prefault({}),
  limits: z
    .strictObject({
      /** Under way and not confirmed by their agents, in the whole rollout. */
      atOnce: z.int().min(1).max(1_000).default(50),
      perSchool: z.int().min(1).max(1_000).default(5),
      /** Devices of one family in one `room`, or in one `school`, go one after the other, the soak included. */
      apart: z.enum(['none', 'room', 'school']).default('room'),
      catchUpPerHour: z.int().min(1).max(1_000).default(20),
    })
    .prefault({}),
  times: z
    .strictObject({
      /** An agent that does not answer within this is a late arriver. */
      answerSeconds: z
        .int()
        .min(60)
        .max(30 * day)
        .default(3_600),
      /** From its answer until it must have begun; windows lie in this. */
      beginSeconds: z
        .int()
        .min(60)
        .max(30 * day)
        .default(3 * day),
      /** Silence after it began, by which it is lost. */
      silenceSeconds: z
        .int()
        .min(60)
        .max(7 * day)
        .default(1_800),
      /** Watched by agent and hub before it counts as a success. */
      soakSeconds: z
        .int()
        .min(0)
        .max(14 * day)
        .default(day),
      /** How long late arrivers are taken after the last wave began to end. */
      catchUpDays: z.int().min(0).max(365).default(14),
    })
    .prefault({}),
  window: orderWindowSchema.default({ lessons: 'never' }),
  onTrip: z.enum(['pause', 'roll-back']).default('pause'),
});
export type RolloutStrategy = z.infer<typeof rolloutStrategySchema>;

/** Which devices are meant; without `devices` all of the unit that fit. */
export const rolloutSelectionSchema = z.strictObject({
  unit: z.int().min(1),
  family: z.string().max(40).optional(),
  devices: z.array(z.string().max(40)).min(1).max(10_000).optional(),
});
export type RolloutSelection = z.infer<typeof rolloutSelectionSchema>;

export const rolloutBody = z.strictObject({
  name: z.string().trim().min(1).max(200),
  release: z.string().min(1).max(64),
  /** What a device goes back to when the rollout is rolled back. */
  rollbackRelease: z.string().min(1).max(64).optional(),
  selection: rolloutSelectionSchema,
  strategy: rolloutStrategySchema.prefault({}),
});
export type RolloutBody = z.infer<typeof rolloutBody>;

const waveKindSchema = z.enum(['canary', 'wave', 'catch-up']);

/** The dry run. */
export const rolloutPlanSchema = z
  .object({
    /** Devices, or agents where the release is for agents. */
    matched: z.int().min(0),
    included: z.int().min(0),
    excluded: z.array(
      z.object({
        reason: z.string(),
        count: z.int().min(1),
        /** The first of them. */
        examples: z.array(z.object({ id: z.string(), name: z.string() })).max(10),
      }),
    ),
    waves: z.array(
      z.object({ number: z.int().min(1), kind: waveKindSchema, size: z.int().min(0), schools: z.int().min(0) }),
    ),
    /** The least time until the last wave has passed, soaks included, seconds. */
    leastSeconds: z.number().min(0),
  })
  .meta({ id: 'RolloutPlan' });
export type RolloutPlan = z.infer<typeof rolloutPlanSchema>;

const countsSchema = z.partialRecord(executionStateSchema, z.int().min(0));
const decisionKindSchema = z.enum(['retry', 'skip', 'roll-back', 'go-on']);

export const rolloutSchema = z
  .object({
    id: z.int(),
    name: z.string(),
    unit: unitRefSchema,
    release: z.string(),
    rollbackRelease: z.string().optional(),
    rollbackOf: z.int().optional(),
    state: rolloutStateSchema,
    /** Why it is paused. */
    reason: z.enum(['tripped', 'unproven', 'person']).optional(),
    revision: z.int().min(1),
    createdAt: instantSchema,
    createdBy: z.string(),
    decidedBy: z.string().optional(),
    remark: z.string().optional(),
    startAt: instantSchema.optional(),
    startedAt: instantSchema.optional(),
    endedAt: instantSchema.optional(),
    counts: countsSchema,
  })
  .meta({ id: 'Rollout' });
export type Rollout = z.infer<typeof rolloutSchema>;

export const rolloutDetailSchema = rolloutSchema
  .extend({
    selection: rolloutSelectionSchema,
    strategy: rolloutStrategySchema,
    waves: z.array(
      z.object({
        number: z.int().min(1),
        kind: waveKindSchema,
        state: waveStateSchema,
        startedAt: instantSchema.optional(),
        endedAt: instantSchema.optional(),
        attempted: z.int().min(0),
        failures: z.int().min(0),
        forgiven: z.int().min(0),
        counts: countsSchema,
      }),
    ),
    /** What those that are not at their end wait for. */
    waiting: z.array(z.object({ for: z.string(), count: z.int().min(1) })),
    decisions: z.array(
      z.object({ at: instantSchema, by: z.string(), decision: decisionKindSchema, reason: z.string() }),
    ),
  })
  .meta({ id: 'RolloutDetail' });
export type RolloutDetail = z.infer<typeof rolloutDetailSchema>;

export const rolloutsQuery = z.strictObject({ ...pageQuery, state: rolloutStateSchema.optional() });
export const rolloutsPage = pageOf(rolloutSchema).meta({ id: 'RolloutsPage' });

export const executionSchema = z
  .object({
    id: z.string(),
    wave: z.int().min(1),
    agent: z.string(),
    device: z.string().optional(),
    name: z.string(),
    unit: unitRefSchema,
    state: executionStateSchema,
    revision: z.int().min(0),
    code: z.string().optional(),
    message: z.string().optional(),
    percent: z.number().optional(),
    waitsFor: z.string().optional(),
    version: z.string().optional(),
    changedAt: instantSchema,
  })
  .meta({ id: 'RolloutExecution' });
export type RolloutExecution = z.infer<typeof executionSchema>;

export const executionsQuery = z.strictObject({
  ...pageQuery,
  state: executionStateSchema.optional(),
  wave: z.coerce.number().int().min(1).optional(),
  code: z.string().max(64).optional(),
});
export type ExecutionsQuery = z.output<typeof executionsQuery>;
export const executionsPage = pageOf(executionSchema).meta({ id: 'RolloutExecutionsPage' });

/** Failures of one code, the most frequent first: devices, places and words that share a cause. */
export const rolloutFailuresSchema = z
  .object({
    clusters: z.array(
      z.object({
        code: z.string(),
        count: z.int().min(1),
        schools: z.int().min(1),
        states: countsSchema,
        /** The words of the latest. */
        message: z.string().optional(),
        lastAt: instantSchema,
      }),
    ),
  })
  .meta({ id: 'RolloutFailures' });
export type RolloutFailures = z.infer<typeof rolloutFailuresSchema>;

const why = z.string().trim().min(3).max(500);
export const submitRolloutBody = z.strictObject({ reason: why });
export const decideRolloutBody = z.strictObject({ decision: z.enum(['approve', 'reject']), remark: why });
/** Without `at`: at once. */
export const startRolloutBody = z.strictObject({ at: instantSchema.optional() });
export const pauseRolloutBody = z.strictObject({ reason: why });
/** After a trip `retry` or `skip`; `go-on` after a pause by a person. Going back has a route of its own. */
export const resumeRolloutBody = z.strictObject({ decision: z.enum(['retry', 'skip', 'go-on']), reason: why });
export const endRolloutBody = z.strictObject({ reason: why });
