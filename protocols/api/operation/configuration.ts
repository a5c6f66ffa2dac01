import { z } from 'zod';
import { settingValueSchema } from '../../fleet/configuration/configuration.ts';
import { keepings } from '../../fleet/configuration/setting.ts';
import { problemSchema } from '../../fleet/problem.ts';
import { instantSchema, pageOf, pageQuery, unitRefSchema } from '../page.ts';

const keySchema = z.string().max(80);

/** From where a wish comes: a unit of the organisation, or the device itself. */
const originSchema = z.union([
  z.object({
    unit: unitRefSchema,
    /** The one family that it is meant for. */
    family: z.string().optional(),
  }),
  z.object({ device: z.object({ id: z.string(), name: z.string() }) }),
]);

const wishSchema = z.object({
  value: settingValueSchema,
  keeping: z.enum(keepings),
  origin: originSchema,
  setBy: z.string(),
  setAt: instantSchema,
});

/** One setting of one device: what is wished and by whom, what the device tells, and how that stands. */
const deviceSettingSchema = z.object({
  key: keySchema,
  /** What counts; the nearest wish. */
  desired: wishSchema.optional(),
  /** Wishes that it stands in front of, nearest first. */
  hidden: z.array(wishSchema),
  reported: z.object({ value: settingValueSchema.optional(), at: instantSchema }).optional(),
  /** `waiting`: the agent does not have this wish yet. */
  standing: z.enum([
    'same',
    'differs',
    'failed',
    'contested',
    'impossible',
    'silent',
    'unknown-setting',
    'waiting',
    'not-wished',
  ]),
  since: instantSchema.optional(),
  tries: z.int().optional(),
  problem: problemSchema.optional(),
});

export const deviceConfigurationSchema = z
  .object({
    device: z.string(),
    /** False while the agent has not taken the newest wishes. */
    isDelivered: z.boolean(),
    settings: z.array(deviceSettingSchema),
  })
  .meta({ id: 'DeviceConfiguration' });
export type DeviceConfiguration = z.infer<typeof deviceConfigurationSchema>;

/** What is wished of everything in a unit: what is set here, and what comes from above. */
export const unitConfigurationSchema = z
  .object({
    unit: unitRefSchema,
    settings: z.array(z.object({ key: keySchema, desired: wishSchema, hidden: z.array(wishSchema) })),
  })
  .meta({ id: 'UnitConfiguration' });
export type UnitConfiguration = z.infer<typeof unitConfigurationSchema>;

/** Without `value` the wish of this place is taken back, and what comes from above counts again. */
const changeSchema = z.strictObject({
  key: keySchema,
  value: settingValueSchema.optional(),
  /** That of the setting when absent. */
  keeping: z.enum(keepings).optional(),
});

export const changeConfigurationBody = z.strictObject({
  changes: z.array(changeSchema).min(1).max(32),
  /** The one family that it is meant for, at a unit; every device that has the setting when absent. */
  family: z.string().max(40).optional(),
  reason: z.string().trim().min(3).max(500),
  dryRun: z.boolean().default(false),
});

/**
 * What a change comes to at one device. `changes`: it will be set otherwise; `agrees`: it is so already; `untold`: it has the
 * capability and does not tell the value; `impossible`: it cannot take the value; `shown`: the difference is only reported;
 * `released`: nothing is wished any more, and it stays as it is.
 */
const outcomes = ['changes', 'agrees', 'untold', 'impossible', 'shown', 'released'] as const;
export type ConfigurationOutcome = (typeof outcomes)[number];

export const configurationChangeResult = z.object({
  dryRun: z.boolean(),
  /** Devices in whose wishes something changes, and what that comes to, counted a setting. */
  devices: z.int(),
  outcomes: z.record(z.enum(outcomes), z.int()),
  /** Devices where a nearer wish stands in front, and such without the capability; they are left as they are. */
  excluded: z.object({ overridden: z.int(), incapable: z.int() }),
  /** The first hundred. */
  rows: z.array(
    z.object({
      device: z.object({ id: z.string(), name: z.string() }),
      unit: unitRefSchema,
      key: keySchema,
      before: settingValueSchema.optional(),
      after: settingValueSchema.optional(),
      reported: settingValueSchema.optional(),
      outcome: z.enum(outcomes),
    }),
  ),
  /** The change that was written down; none for a dry run. */
  change: z.int().optional(),
});
export type ConfigurationChangeResult = z.infer<typeof configurationChangeResult>;

const setTo = z.object({ value: settingValueSchema, keeping: z.enum(keepings) });

/** One change of wishes, as the history has it. */
export const configurationHistorySchema = z.object({
  id: z.int(),
  at: instantSchema,
  by: z.string(),
  reason: z.string(),
  changes: z.array(
    z.object({ key: keySchema, family: z.string().optional(), before: setTo.optional(), after: setTo.optional() }),
  ),
  /** The change that this one takes back. */
  reverts: z.int().optional(),
});
export const configurationHistoryPage = pageOf(configurationHistorySchema);
export type ConfigurationHistory = z.infer<typeof configurationHistorySchema>;
export const configurationHistoryQuery = z.object({ cursor: pageQuery.cursor, limit: pageQuery.limit });

export const revertConfigurationBody = z.strictObject({
  reason: z.string().trim().min(3).max(500),
  dryRun: z.boolean().default(false),
});

/** Devices that are not as they are wished to be. */
export const driftRowSchema = z.object({
  device: z.object({ id: z.string(), name: z.string() }),
  unit: unitRefSchema,
  key: keySchema,
  standing: z.enum(['differs', 'failed', 'contested', 'impossible']),
  since: instantSchema,
  tries: z.int(),
  problem: problemSchema.optional(),
});
export type DriftRow = z.infer<typeof driftRowSchema>;
export const driftPage = pageOf(driftRowSchema);
export const driftQuery = z.object({ ...pageQuery, unit: z.coerce.number().int().optional() });
