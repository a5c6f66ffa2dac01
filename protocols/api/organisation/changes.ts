import { z } from 'zod';
import { daySchema, instantSchema, unitRefSchema } from '../page.ts';
import { unitCodeSchema, unitNameSchema, unitSchema, unitTypeSchema } from '../units.ts';

/** What may happen to a unit. Each is dated, has a reason, and can be tried before it is done. */
export const unitChangeSchema = z.discriminatedUnion('kind', [
  /** A field that is left out stays; null takes it away. */
  z.strictObject({
    kind: z.literal('rename'),
    name: unitNameSchema.optional(),
    code: unitCodeSchema.nullable().optional(),
    type: unitTypeSchema.nullable().optional(),
    floor: z.string().trim().min(1).max(40).nullable().optional(),
  }),
  /** Rooms and buildings that go to another school take the named agents with them. */
  z.strictObject({
    kind: z.literal('move'),
    parent: z.int(),
    agents: z.array(z.string().max(40)).max(100).optional(),
  }),
  /** This unit takes over everything of the others, which are closed. */
  z.strictObject({ kind: z.literal('merge'), from: z.array(z.int()).min(1).max(20) }),
  z.strictObject({ kind: z.literal('close') }),
  /** Cuts new schools out of this one: each gets the named rooms and buildings, and the agents that look after them. */
  z.strictObject({
    kind: z.literal('split'),
    into: z
      .array(
        z.strictObject({
          name: unitNameSchema,
          code: unitCodeSchema.optional(),
          /** That of the school which is split when absent. */
          type: unitTypeSchema.optional(),
          units: z.array(z.int()).max(500),
          agents: z.array(z.string().max(40)).max(100),
        }),
      )
      .min(1)
      .max(10),
  }),
  /** Who leads it professionally from this day; null ends it. */
  z.strictObject({ kind: z.literal('line'), authority: z.int().nullable() }),
  /** Other names under which it is found; they take the place of those that stand. */
  z.strictObject({ kind: z.literal('aliases'), names: z.array(unitNameSchema).max(20) }),
]);
export type UnitChange = z.output<typeof unitChangeSchema>;

export const changeUnitBody = z.strictObject({
  change: unitChangeSchema,
  /** Today when absent; not in the future. */
  effective: daySchema.optional(),
  reason: z.string().trim().min(3).max(500),
  dryRun: z.boolean().default(false),
});

export const unitChangeResult = z.object({
  dryRun: z.boolean(),
  /** As it is, or would be, afterwards. */
  unit: unitSchema,
  /** What goes along: units under it, and what stands in them. */
  effects: z.object({
    units: z.int(),
    agents: z.int(),
    devices: z.int(),
    /** People whose roles follow. */
    people: z.int(),
    /** Vouchers that are not used yet and follow. */
    vouchers: z.int(),
  }),
  /** Of a split: each new school with what it gets; ids of a trial are nobody's. */
  parts: z
    .array(z.object({ unit: unitRefSchema, units: z.int(), agents: z.array(z.string()), devices: z.int() }))
    .optional(),
});
export type UnitChangeResult = z.infer<typeof unitChangeResult>;

const factsSchema = z.object({
  name: z.string(),
  code: z.string().optional(),
  type: z.string().optional(),
  floor: z.string().optional(),
  parent: unitRefSchema.optional(),
  /** Successor, predecessor, or who leads it. */
  other: unitRefSchema.optional(),
});

export const unitHistorySchema = z.object({
  unit: unitSchema,
  /** Newest first. */
  changes: z.array(
    z.object({
      kind: z.enum(['renamed', 'moved', 'closed', 'merged-into', 'absorbed', 'split-from', 'split-into', 'line']),
      effective: daySchema,
      at: instantSchema,
      /** Name of who did it. */
      actor: z.string(),
      reason: z.string(),
      before: factsSchema,
      after: factsSchema,
    }),
  ),
  predecessors: z.array(unitSchema),
  /** Whom it was led by, newest first. */
  lines: z.array(z.object({ authority: unitRefSchema, from: daySchema, to: daySchema.optional() })),
  /** As it was on the day that was asked for; absent when it did not exist then. */
  asOf: factsSchema.optional(),
});
export type UnitHistory = z.infer<typeof unitHistorySchema>;

export const unitHistoryQuery = z.object({ on: daySchema.optional() });
