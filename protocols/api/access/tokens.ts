import { z } from 'zod';
import { instantSchema } from '../page.ts';

/** A key for programs, with the rights of the person who made it. */
const tokenSchema = z.object({
  id: z.string(),
  name: z.string(),
  createdAt: instantSchema,
  expiresAt: instantSchema.optional(),
  lastUsedAt: instantSchema.optional(),
});
export type Token = z.infer<typeof tokenSchema>;
export const tokensList = z.object({ rows: z.array(tokenSchema) });

export const createTokenBody = z.strictObject({
  name: z.string().trim().min(1).max(100),
  expiresInDays: z.int().min(1).max(3_650).optional(),
});
/** `token` is shown here and never again. */
export const createdTokenSchema = tokenSchema.extend({ token: z.string() });
export type CreatedToken = z.infer<typeof createdTokenSchema>;
