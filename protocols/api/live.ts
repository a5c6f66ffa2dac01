import { z } from 'zod';
import { healthStateSchema } from './health.ts';
import { instantSchema } from './page.ts';

/**
 * Server-sent events of `GET /api/v1/live`: small patches and invalidations, only for what lies in the reader's scope.
 * `?device=ID` adds that device's samples and states; without it only health, causes, agents and proposals change.
 */
export const liveEventSchema = z.discriminatedUnion('type', [
  z.object({ type: z.literal('hello'), at: instantSchema }),
  z.object({
    type: z.literal('device-health'),
    device: z.string(),
    unit: z.int(),
    state: healthStateSchema,
    since: instantSchema,
    code: z.string().optional(),
  }),
  z.object({
    type: z.literal('device-samples'),
    device: z.string(),
    at: instantSchema,
    values: z.record(z.string(), z.number()),
  }),
  z.object({
    type: z.literal('device-state'),
    device: z.string(),
    capability: z.string(),
    at: instantSchema,
    state: z.record(z.string(), z.unknown()),
  }),
  z.object({
    type: z.literal('device-event'),
    device: z.string(),
    name: z.string(),
    severity: z.enum(['info', 'warning', 'critical']),
    at: instantSchema,
  }),
  z.object({ type: z.literal('device-changed'), device: z.string() }),
  z.object({ type: z.literal('agent-changed'), agent: z.string() }),
  z.object({ type: z.literal('proposals-changed'), agent: z.string() }),
  z.object({ type: z.literal('causes-changed') }),
  z.object({ type: z.literal('command-changed'), command: z.string(), device: z.string() }),
  /** A wish for many devices: made, decided or taken back. */
  z.object({ type: z.literal('commands-changed'), batch: z.string() }),
  z.object({ type: z.literal('quarantine-changed') }),
  /** Something new at your bell; only you hear it. */
  z.object({ type: z.literal('notifications-changed'), person: z.string() }),
  /** The organisation is another: names, places or what one may see. */
  z.object({ type: z.literal('units-changed') }),
  /** A school calendar is another, of some unit. */
  z.object({ type: z.literal('calendar-changed') }),
  /** A policy, a bundle of an agent or what it did by it. */
  z.object({ type: z.literal('policies-changed') }),
]);
export type LiveEvent = z.infer<typeof liveEventSchema>;
export const liveQuery = z.object({ device: z.string().max(40).optional() });
