import { z } from 'zod';
import { daySchema, pageOf, pageQuery, unitKindSchema, unitRefSchema } from './page.ts';

/** What a school teaches, or how a commune is called; the words that people read are the page's. */
const unitTypes = {
  commune: ['commune', 'ward', 'special-zone'],
  school: ['preschool', 'primary', 'lower-secondary', 'upper-secondary', 'several-levels', 'continuing'],
} as const satisfies Partial<Record<z.infer<typeof unitKindSchema>, readonly string[]>>;
export const unitTypeSchema = z.enum([...unitTypes.commune, ...unitTypes.school]);

export const unitSchema = unitRefSchema.extend({
  code: z.string().optional(),
  type: unitTypeSchema.optional(),
  /** Of a room, as people there call it: `2`, `Trệt`. */
  floor: z.string().optional(),
  /** Of a room: short, printed on its poster, and never another's (`shortCodeOf`). */
  shortCode: z.string().optional(),
  parent: z.int().optional(),
  /** From the root down, this unit last. */
  trail: z.array(unitRefSchema),
  /** Who leads it professionally, beside the owner that it stands under. */
  line: unitRefSchema.optional(),
  validFrom: daySchema.optional(),
  /** First day on which it was no more. */
  validTo: daySchema.optional(),
  successor: unitRefSchema.optional(),
  /** Old names, and names of units that it took over. */
  aliases: z.array(z.string()).optional(),
  sample: z.boolean(),
  counts: z.object({ agents: z.int(), devices: z.int(), wrong: z.int() }),
});
export type Unit = z.infer<typeof unitSchema>;

export const unitsQuery = z.object({
  ...pageQuery,
  parent: z.coerce.number().int().optional(),
  kind: unitKindSchema.optional(),
  /** `yes` lists closed units too. */
  closed: z.enum(['yes', 'no']).optional(),
});
export const unitsPage = pageOf(unitSchema);

export const unitNameSchema = z.string().trim().min(1).max(200);
export const unitCodeSchema = z.string().trim().min(1).max(40);

export const createUnitBody = z.strictObject({
  parent: z.int(),
  kind: unitKindSchema.exclude(['province']),
  name: unitNameSchema,
  code: unitCodeSchema.optional(),
  type: unitTypeSchema.optional(),
  floor: z.string().trim().min(1).max(40).optional(),
  validFrom: daySchema.optional(),
  /** The unit that it was cut out of. */
  splitFrom: z.int().optional(),
});
