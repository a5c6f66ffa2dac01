import { z } from 'zod';
import { instantSchema } from '../page.ts';

/** Administrator's rights that were given at the server itself, past all roles, and last. */
const emergencySchema = z
  .object({
    person: z.object({ id: z.string(), name: z.string(), email: z.string() }),
    openedAt: instantSchema,
    until: instantSchema,
    signIns: z.int().min(0),
    lastSignInAt: instantSchema.optional(),
  })
  .meta({ id: 'Emergency' });
export type Emergency = z.infer<typeof emergencySchema>;
export const emergenciesList = z.object({ rows: z.array(emergencySchema) });
