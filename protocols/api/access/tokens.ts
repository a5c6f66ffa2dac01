import { z } from 'zod';
import { instantSchema, unitRefSchema } from '../page.ts';
import { actionSchema } from './session.ts';

/** A key for programs, with the rights that the person who made it has now, or fewer. */
const tokenSchema = z.object({
  id: z.string(),
  name: z.string(),
  createdAt: instantSchema,
  expiresAt: instantSchema.optional(),
  lastUsedAt: instantSchema.optional(),
  /** It may do no more than this; all that the person may without it. */
  actions: z.array(actionSchema).optional(),
  /** It reaches no further than this unit and what lies in it; as far as the person without it. */
  unit: unitRefSchema.optional(),
});
export type Token = z.infer<typeof tokenSchema>;
export const tokensList = z.object({ rows: z.array(tokenSchema) });

export const createTokenBody = z.strictObject({
  name: z.string().trim().min(1).max(100),
  expiresInDays: z.int().min(1).max(3_650).optional(),
  /** Some of what you may do; `read` is not in it by itself. */
  actions: z.array(actionSchema).min(1).max(20).optional(),
  unit: z.int().optional(),
});
/** `token` is shown here and never again. */
export const createdTokenSchema = tokenSchema.extend({ token: z.string() });
export type CreatedToken = z.infer<typeof createdTokenSchema>;
