import { z } from 'zod';

/** Settings of one management controller. */
export const settingsSchema = z.strictObject({
  pollSeconds: z.int().min(15).max(3_600).default(60),
  /** How the controller is spoken to. */
  wire: z.enum(['redfish', 'ipmi']).default('redfish'),
  /** SHA-256 of the controller's certificate in hex: for one that nobody vouches for. Of Redfish. */
  pinnedCertificate: z
    .string()
    .transform((value) => value.replaceAll(':', '').toLowerCase())
    .pipe(z.string().regex(/^[0-9a-f]{64}$/))
    .optional(),
  /** Speaks Redfish without TLS. Whoever listens then reads user and password. */
  plainHttp: z.boolean().default(false),
  /** Of IPMI: `lan` is version 1.5, for controllers that know nothing better. */
  interface: z.enum(['lanplus', 'lan']).default('lanplus'),
  /** Of lanplus: 17 is SHA-256, 3 is SHA-1; `ipmitool` asks the controller unless given, which some do not answer. */
  cipherSuite: z.literal([3, 17]).optional(),
  /** Of IPMI: false for a controller that does not answer presence pings. */
  presencePing: z.boolean().default(true),
  /** How `off` is done: the operating system is asked, or the power is cut. */
  offBy: z.enum(['asking', 'cutting']).default('asking'),
  /** How long an operating system may take to shut down. */
  shutdownSeconds: z.int().min(10).max(900).default(180),
  /** How long a server may take to be on after it was told to. */
  startSeconds: z.int().min(10).max(600).default(120),
});
export type Settings = z.infer<typeof settingsSchema>;
