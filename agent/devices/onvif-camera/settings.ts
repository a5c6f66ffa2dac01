import { z } from 'zod';

/** What can be set for one camera; everything has a sound default. */
export const cameraSettingsSchema = z.strictObject({
  pollIntervalMs: z.int().min(5_000).max(3_600_000).default(30_000).describe('Milliseconds between two polls.'),
  timeoutMs: z.int().min(1_000).max(30_000).default(8_000).describe('Milliseconds that one request may take.'),
  allowPlainPassword: z
    .boolean()
    .default(false)
    .describe('Fetch pictures with HTTP Basic over plain HTTP where the camera knows nothing better.'),
  events: z
    .enum(['auto', 'pull', 'broker'])
    .default('pull')
    .describe(
      "How events come: pulled from the camera; published by it to the agent's own broker; auto: published where both can. The last two write into the camera's configuration.",
    ),
  pinnedCertificate: z
    .string()
    .regex(/^[0-9a-f]{64}$/)
    .optional()
    .describe('SHA-256 of the camera certificate in lower hex; the camera is then spoken to over HTTPS only.'),
});
export type CameraSettings = z.infer<typeof cameraSettingsSchema>;
