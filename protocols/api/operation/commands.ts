import { z } from 'zod';
import { problemSchema } from '../../fleet/problem.ts';
import { commandStateSchema } from '../../fleet/record.ts';
import { healthStateSchema, lifecycleSchema } from '../health.ts';
import { instantSchema, pageOf, pageQuery, unitRefSchema } from '../page.ts';

const labelSchema = z.object({ vi: z.string(), en: z.string() });
/** Made by the client: the same wish under the same id is one command, however often it is sent. */
const ownIdSchema = z.string().regex(/^[A-Za-z0-9_-]{16,64}$/);
const reasonSchema = z.string().trim().min(3).max(300);

/** What a person wishes, and what of the ordinary care is set aside for it. */
const wish = {
  id: ownIdSchema.optional(),
  capability: z.string().max(40),
  name: z.string().max(40),
  args: z.record(z.string().max(80), z.unknown()).default({}),
  expiresInSeconds: z
    .int()
    .min(5)
    .max(7 * 24 * 3600)
    .default(60),
  /** Why; demanded with `force` and `evenInExam`, and for many devices. */
  reason: reasonSchema.optional(),
  /** Overrules preconditions that may be overruled. */
  force: z.boolean().default(false),
  /** Also while the school has a lesson. */
  evenInLesson: z.boolean().default(false),
  /** Also in the freeze of an examination. */
  evenInExam: z.boolean().default(false),
};

/** A wish to act on a device. `purpose` is demanded where the command takes a picture. */
export const createCommandBody = z.strictObject({ ...wish, purpose: reasonSchema.optional() });

export const commandSchema = z
  .object({
    id: z.string(),
    device: z.string(),
    capability: z.string(),
    name: z.string(),
    args: z.record(z.string(), z.unknown()),
    state: commandStateSchema,
    createdAt: instantSchema,
    createdBy: z.string(),
    updatedAt: instantSchema,
    /** Not sent before; present while it waits for its turn or for the end of a lesson. */
    notBefore: instantSchema.optional(),
    notAfter: instantSchema,
    problem: problemSchema.optional(),
    output: z.record(z.string(), z.unknown()).optional(),
    /** The wish for many, or for a second person to agree to, that it is part of. */
    batch: z.string().optional(),
    reason: z.string().optional(),
    /** Codes of preconditions that were overruled. */
    forced: z.array(z.string()).optional(),
    /** It had left when it was taken back: the agent was asked then, and answers by the state. */
    cancelAskedAt: instantSchema.optional(),
    cancelledBy: z.string().optional(),
    /** Present when a picture was taken and is still kept: `GET /api/v1/pictures/{id}`. */
    picture: z
      .object({ contentType: z.string(), sizeBytes: z.int(), takenAt: instantSchema, expiresAt: instantSchema })
      .optional(),
  })
  .meta({ id: 'Command' });
export type CommandView = z.infer<typeof commandSchema>;
/** The newest commands of one device, at most 100, newest first. */
export const commandsList = z.object({ rows: z.array(commandSchema) });

/** What a person is told before a command is given. */
export const commandCheckSchema = z
  .object({
    effect: labelSchema,
    disturbs: z.enum(['none', 'room', 'school']),
    danger: z.enum(['low', 'medium', 'high']),
    /** At most once, and never repeated by itself, when false. */
    idempotent: z.boolean(),
    /** What stands in the way now by what the device reported. */
    obstacles: z.array(z.object({ code: z.string(), label: labelSchema, remedy: labelSchema, mayForce: z.boolean() })),
    lesson: z.boolean(),
    exam: z.boolean(),
    /** Name of the lesson or examination that is on. */
    period: z.string().optional(),
    /** The device does not answer now: the command waits for it until it expires. */
    away: z.boolean(),
    /** A second person has to agree. */
    needsApproval: z.boolean(),
    /** You may overrule what may be overruled. */
    mayOverride: z.boolean(),
  })
  .meta({ id: 'CommandCheck' });
export type CommandCheck = z.infer<typeof commandCheckSchema>;

const commandRowSchema = commandSchema
  .extend({ deviceName: z.string(), unit: unitRefSchema, school: unitRefSchema.optional() })
  .meta({ id: 'CommandRow' });
export type CommandListRow = z.infer<typeof commandRowSchema>;

export const commandsQuery = z.object({
  cursor: pageQuery.cursor,
  limit: pageQuery.limit,
  unit: z.coerce.number().int().optional(),
  batch: z.string().max(64).optional(),
  capability: z.string().max(40).optional(),
  /** `open` is whatever has not ended. */
  state: z.enum(['open', ...commandStateSchema.options]).optional(),
});
export type CommandsQuery = z.output<typeof commandsQuery>;
export const commandsPage = pageOf(commandRowSchema);

/** Which devices a wish for many is about: those that match all that is given. */
const targetSchema = z.strictObject({
  ids: z.array(z.string().max(40)).max(2_000).optional(),
  q: z.string().max(200).optional(),
  unit: z.int().optional(),
  agent: z.string().max(40).optional(),
  family: z.string().max(40).optional(),
  capability: z.string().max(40).optional(),
  health: z.array(healthStateSchema).max(7).optional(),
  lifecycle: lifecycleSchema.optional(),
});
export type CommandTarget = z.output<typeof targetSchema>;

export const createBatchBody = z.strictObject({ ...wish, target: targetSchema });

const exclusionSchema = z.object({
  /** `not-found`, `retired`, `no-access`, `not-offered`, `lesson`, `exam`, `already-waiting`, `too-many` or a precondition. */
  code: z.string(),
  count: z.int(),
  examples: z.array(z.object({ id: z.string(), name: z.string() })),
});
export type CommandExclusion = z.infer<typeof exclusionSchema>;

export const batchPreviewSchema = z
  .object({
    effect: labelSchema,
    disturbs: z.enum(['none', 'room', 'school']),
    danger: z.enum(['low', 'medium', 'high']),
    /** Devices that would get it. */
    included: z.int(),
    schools: z.int(),
    /** Of those, devices that do not answer now: it waits for them until it expires. */
    away: z.int(),
    exclusions: z.array(exclusionSchema),
    needsApproval: z.boolean(),
    mayOverride: z.boolean(),
    /** How long it takes until the last one is sent: what is given to many is spread. */
    spreadSeconds: z.int(),
  })
  .meta({ id: 'CommandBatchPreview' });
export type BatchPreview = z.infer<typeof batchPreviewSchema>;

export const batchSchema = z
  .object({
    id: z.string(),
    unit: unitRefSchema.optional(),
    capability: z.string(),
    name: z.string(),
    args: z.record(z.string(), z.unknown()),
    reason: z.string().optional(),
    single: z.boolean(),
    total: z.int(),
    byState: z.partialRecord(commandStateSchema, z.int()),
    exclusions: z.array(exclusionSchema),
    approval: z.enum(['none', 'awaiting', 'approved', 'rejected', 'expired']),
    approveBefore: instantSchema.optional(),
    /** You may agree or not: you have the right, and it is not your own wish. */
    mayDecide: z.boolean(),
    createdBy: z.string(),
    createdAt: instantSchema,
    decidedBy: z.string().optional(),
    decidedAt: instantSchema.optional(),
    decisionReason: z.string().optional(),
    cancelledBy: z.string().optional(),
    cancelledAt: instantSchema.optional(),
  })
  .meta({ id: 'CommandBatch' });
export type CommandBatch = z.infer<typeof batchSchema>;

export const batchesQuery = z.object({
  cursor: pageQuery.cursor,
  limit: pageQuery.limit,
  unit: z.coerce.number().int().optional(),
  approval: z.enum(['awaiting']).optional(),
});
export type BatchesQuery = z.output<typeof batchesQuery>;
export const batchesPage = pageOf(batchSchema);

export const decideBatchBody = z.strictObject({
  decision: z.enum(['approve', 'reject']),
  reason: reasonSchema.optional(),
});
