import { z } from 'zod';
import { problemSchema } from '../fleet/problem.ts';
import { commandStateSchema } from '../fleet/record.ts';
import { instantSchema } from './page.ts';

/** A wish to act on a device. `purpose` is demanded where the command takes a picture. */
export const createCommandBody = z.strictObject({
  capability: z.string().max(40),
  name: z.string().max(40),
  args: z.record(z.string().max(80), z.unknown()).default({}),
  expiresInSeconds: z
    .int()
    .min(5)
    .max(7 * 24 * 3600)
    .default(60),
  purpose: z.string().trim().min(3).max(300).optional(),
});

export const commandSchema = z
  .object({
    id: z.string(),
    device: z.string(),
    capability: z.string(),
    name: z.string(),
    args: z.record(z.string(), z.unknown()),
    state: commandStateSchema,
    createdAt: instantSchema,
    createdBy: z.string(),
    updatedAt: instantSchema,
    notAfter: instantSchema,
    problem: problemSchema.optional(),
    output: z.record(z.string(), z.unknown()).optional(),
    /** Present when a picture was taken and is still kept: `GET /api/v1/pictures/{id}`. */
    picture: z
      .object({ contentType: z.string(), sizeBytes: z.int(), takenAt: instantSchema, expiresAt: instantSchema })
      .optional(),
  })
  .meta({ id: 'Command' });
export type CommandView = z.infer<typeof commandSchema>;
/** The newest commands of one device, at most 100, newest first. */
export const commandsList = z.object({ rows: z.array(commandSchema) });
