import { z } from 'zod';

/** Settings of one switch, printer or UPS. Its password is the community (v2c) or the password of the user (v3). */
export const settingsSchema = z.strictObject({
  pollSeconds: z.int().min(10).max(3_600).default(60),
  version: z.enum(['v2c', 'v3']).default('v2c'),
  /** Of version 3 (RFC 3414, RFC 7860). */
  authentication: z.enum(['md5', 'sha', 'sha256', 'sha512']).default('sha'),
  /** Of version 3 (RFC 3826); `none` signs without hiding. */
  privacy: z.enum(['none', 'aes']).default('aes'),
  /** `auto` asks the device what it is. */
  kind: z.enum(['auto', 'switch', 'printer', 'ups']).default('auto'),
});
export type Settings = z.infer<typeof settingsSchema>;
