import { z } from 'zod';
import { pageOf, pageQuery, unitRefSchema } from './page.ts';

export const unitSchema = unitRefSchema.extend({
  code: z.string().optional(),
  parent: z.int().optional(),
  /** From the root down, this unit last. */
  trail: z.array(unitRefSchema),
  sample: z.boolean(),
  counts: z.object({ agents: z.int(), devices: z.int(), wrong: z.int() }),
});
export type Unit = z.infer<typeof unitSchema>;

export const unitsQuery = z.object({
  ...pageQuery,
  parent: z.coerce.number().int().optional(),
  kind: z.enum(['province', 'commune', 'school', 'building', 'room']).optional(),
});
export const unitsPage = pageOf(unitSchema);

export const createUnitBody = z.strictObject({
  parent: z.int(),
  kind: z.enum(['commune', 'school', 'building', 'room']),
  name: z.string().trim().min(1).max(200),
  code: z.string().trim().min(1).max(40).optional(),
});
