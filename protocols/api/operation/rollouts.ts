import { z } from 'zod';
import { orderWindowSchema } from '../../fleet/rollout/order.ts';

const rolloutStates = [
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
const rolloutStateSchema = z.enum(rolloutStates);
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

const waveKindSchema = z.enum(['canary', 'wave', 'catch-up']);

/** The dry run. */
const rolloutPlanSchema = z
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
