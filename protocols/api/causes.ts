import { z } from 'zod';
import { instantSchema, pageOf, pageQuery, unitRefSchema } from './page.ts';

/** Where to look first, concluded from what the hub knows; a likelihood and no proof. */
export const causeHintSchema = z.object({
  of: z.enum(['mains', 'isp', 'hub', 'agent', 'switch', 'device', 'credentials', 'clock']),
  vi: z.string(),
  en: z.string(),
});
export type CauseHint = z.infer<typeof causeHintSchema>;

/** One row of "what is wrong now": one cause, however many devices it touches. */
export const causeSchema = z
  .object({
    id: z.string(),
    kind: z.enum([
      'hub-link',
      'area-silent',
      'school-uplink',
      'agent-silent',
      'switch-down',
      'device-unreachable',
      'device-fault',
      'device-attention',
      'credentials',
      'quarantine',
      'rule',
    ]),
    code: z.string(),
    title: z.object({ vi: z.string(), en: z.string() }),
    unit: unitRefSchema,
    agent: z.object({ id: z.string(), name: z.string() }).optional(),
    device: z.object({ id: z.string(), name: z.string() }).optional(),
    affected: z.int(),
    affectedPeak: z.int(),
    openedAt: instantSchema,
    resolvedAt: instantSchema.optional(),
    evidence: z.array(z.string()),
    hint: causeHintSchema.optional(),
    next: z.object({ vi: z.string(), en: z.string() }),
  })
  .meta({ id: 'Cause' });
export type CauseView = z.infer<typeof causeSchema>;
export const causesQuery = z.object({
  ...pageQuery,
  unit: z.coerce.number().int().optional(),
  state: z.enum(['open', 'resolved']).default('open'),
});
export const causesPage = pageOf(causeSchema);

export const overviewQuery = z.object({ unit: z.coerce.number().int().optional() });
export const overviewSchema = z.object({
  at: instantSchema,
  causes: z.object({ open: z.int(), top: z.array(causeSchema) }),
  devices: z.object({ total: z.int(), byHealth: z.record(z.string(), z.int()) }),
  agents: z.object({ total: z.int(), silent: z.int() }),
  schools: z.object({ total: z.int(), affected: z.int() }),
  proposals: z.object({ open: z.int() }),
  quarantine: z.object({ lastDay: z.int() }),
});
export type Overview = z.infer<typeof overviewSchema>;
