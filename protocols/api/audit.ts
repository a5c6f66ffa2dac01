import { z } from 'zod';
import { instantSchema, pageOf, pageQuery, unitRefSchema } from './page.ts';

/** One thing that was done, by whom, to what and why. */
const auditEntrySchema = z.object({
  seq: z.int(),
  at: instantSchema,
  /** User id, or the word for a part of the system. `actorName` is set for people who are still known. */
  actor: z.string(),
  actorName: z.string().optional(),
  action: z.string(),
  subject: z.string(),
  unit: unitRefSchema.optional(),
  reason: z.string().optional(),
  origin: z.string().optional(),
  detail: z.record(z.string(), z.unknown()),
  /** SHA-256 over the hash before it and this entry, lower hex. */
  hash: z.string(),
});
export type AuditView = z.infer<typeof auditEntrySchema>;

export const auditQuery = z.object({
  cursor: pageQuery.cursor,
  limit: pageQuery.limit,
  actor: z.string().max(100).optional(),
  action: z.string().max(60).optional(),
  subject: z.string().max(200).optional(),
});
export const auditPage = pageOf(auditEntrySchema);

/** What a walk along the whole chain found. */
export const auditVerdictSchema = z.object({
  ok: z.boolean(),
  /** Sound entries up to the end, or up to the flaw. */
  entries: z.int(),
  /** The first entry that was changed or does not follow from the one before. */
  seq: z.int().optional(),
  head: z.string().optional(),
});
