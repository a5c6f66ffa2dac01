import { z } from 'zod';
import { healthSchema, healthStateSchema } from './health.ts';
import { instantSchema, pageOf, pageQuery, unitRefSchema } from './page.ts';

const statusSchema = z.enum(['active', 'quarantined', 'revoked']);

export const agentSchema = z
  .object({
    id: z.string(),
    name: z.string(),
    unit: unitRefSchema,
    status: statusSchema,
    health: healthSchema,
    version: z.string().optional(),
    platform: z.string().optional(),
    enrolledAt: instantSchema,
    connectedAt: instantSchema.optional(),
    lastSeenAt: instantSchema.optional(),
    clockSkewMs: z.number().optional(),
    queue: z.object({ records: z.int(), bytes: z.int(), shed: z.int() }),
    load: z.object({ rssBytes: z.number(), cpuPercent: z.number(), loopDelayP99Ms: z.number() }).optional(),
    generation: z.object({ desired: z.int(), held: z.int() }),
    devices: z.object({ total: z.int(), wrong: z.int() }),
    /** `generated = delivered + pending + shed`, by lane, as the hub accounts for it. */
    streams: z
      .array(
        z.object({
          epoch: z.string(),
          lane: z.string(),
          through: z.int(),
          delivered: z.int(),
          shed: z.int(),
          missing: z.int(),
        }),
      )
      .optional(),
  })
  .meta({ id: 'Agent' });
export type Agent = z.infer<typeof agentSchema>;

export const agentsQuery = z.object({
  ...pageQuery,
  unit: z.coerce.number().int().optional(),
  health: healthStateSchema.optional(),
  sort: z.enum(['name', '-name', 'lastSeen', '-lastSeen']).default('name'),
});
export const agentsPage = pageOf(agentSchema);

/** Suspends, restores or withdraws the access of an agent. What is revoked stays so. */
export const agentAccessBody = z.strictObject({
  status: statusSchema,
  reason: z.string().trim().min(3).max(300),
});
