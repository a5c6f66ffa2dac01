import { z } from 'zod';
import { instantSchema } from './page.ts';

export const healthStates = ['ok', 'attention', 'fault', 'unreachable', 'expected-off', 'stale', 'unknown'] as const;
export const healthStateSchema = z.enum(healthStates);
export type HealthState = z.infer<typeof healthStateSchema>;

export const lifecycleSchema = z.enum(['in-service', 'maintenance', 'in-store', 'retired']);

/** A verdict with its age, its code and the facts it rests on, in plain words of both languages. */
export const healthSchema = z
  .object({
    state: healthStateSchema,
    since: instantSchema,
    code: z.string().optional(),
    cause: z.string().optional(),
    evidence: z.array(
      z.object({ ok: z.boolean().optional(), at: instantSchema.optional(), vi: z.string(), en: z.string() }),
    ),
    next: z.object({ vi: z.string(), en: z.string() }).optional(),
  })
  .meta({ id: 'Health' });
export type HealthVerdict = z.infer<typeof healthSchema>;
