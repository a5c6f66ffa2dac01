import { z } from 'zod';

/** Settings of one projector. */
export const settingsSchema = z.strictObject({
  /** Seconds between two polls; above 30 a pulled cable shows later than a minute. */
  pollSeconds: z.int().min(5).max(3_600).default(20),
  /** Longest time from standby to a picture. */
  warmUpSeconds: z.int().min(5).max(600).default(120),
  /** Longest time from a picture to standby, the fan's run-on included. */
  coolDownSeconds: z.int().min(5).max(900).default(300),
  /** Go on with a projector that asks for no password although one is configured. */
  allowUnauthenticated: z.boolean().default(false),
  /** `auto` tries MD5 and, when that is refused, SHA-256. */
  digest: z.enum(['auto', 'md5', 'sha256']).default('auto'),
});
export type Settings = z.infer<typeof settingsSchema>;
