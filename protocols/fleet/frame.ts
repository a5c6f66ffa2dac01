import { z } from 'zod';
import { timestampSchema } from './ids.ts';
import { laneSchema, recordSchema } from './record.ts';

/** Names one life of an outbox file; a new file is a new epoch, so a sequence number is never used twice. */
export const epochSchema = z.string().regex(/^[0-9a-z]{8,40}$/);

/** Most records in one frame, and the most bytes of its JSON before compression. */
export const frameLimits = { records: 1_000, bytes: 192 * 1024 } as const;

const header = { epoch: epochSchema, sentAt: timestampSchema };

/**
 * A run of one lane, in order and without gaps: the first record covers `from`, each next one continues it.
 * A tombstone covers all the numbers that it stands for.
 */
export const frameSchema = z.object({
  ...header,
  lane: laneSchema,
  from: z.int().min(1),
  through: z.int().min(1),
  records: z.array(recordSchema).min(1).max(frameLimits.records),
});
export type Frame = z.infer<typeof frameSchema>;
