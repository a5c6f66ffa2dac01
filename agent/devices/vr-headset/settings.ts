import { z } from 'zod';
import { adbServerPort } from '../../../protocols/adb/smart-socket.ts';

/** Settings of one headset. */
export const settingsSchema = z.strictObject({
  pollSeconds: z.int().min(10).max(3_600).default(60),
  /** Where the adb server of this machine listens; the agent's network policy must allow it. */
  server: z
    .strictObject({ host: z.string().min(1).max(255), port: z.int().min(1).max(65_535) })
    .default({ host: '127.0.0.1', port: adbServerPort }),
  /** Serial number of a headset on a cable; one on the network is found by its address. */
  serial: z
    .string()
    .regex(/^[A-Za-z0-9][A-Za-z0-9._:-]{0,99}$/)
    .optional(),
});
export type Settings = z.infer<typeof settingsSchema>;
