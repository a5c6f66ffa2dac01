import { z } from 'zod';
import { instantSchema, pageOf, pageQuery } from './page.ts';

/** Something that was received and could not be taken: refused at the door, or stored as it came. */
const quarantineSchema = z.object({
  id: z.string(),
  agent: z.string().optional(),
  channel: z.string(),
  lane: z.string().optional(),
  seq: z.int().optional(),
  code: z.string(),
  message: z.string(),
  payloadBytes: z.int(),
  /** First 500 characters, control characters escaped. */
  excerpt: z.string(),
  receivedAt: instantSchema,
});
export type QuarantineRow = z.infer<typeof quarantineSchema>;
export const quarantineQuery = z.object({
  ...pageQuery,
  agent: z.string().max(40).optional(),
  code: z.string().max(64).optional(),
});
export const quarantinePage = pageOf(quarantineSchema);
