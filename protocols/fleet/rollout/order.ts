import { z } from 'zod';
import { agentIdSchema, deviceIdSchema, timestampSchema } from '../ids.ts';
import { executionIdSchema } from './execution.ts';

/** The most executions in one order: with full fields they stay below the 64 KiB of an order's text. */
const mostExecutions = 80;

const minuteOfDay = z.int().min(0).max(1_440);

/**
 * When an artifact may be applied; downloading it is free at any time. Minutes count from midnight of the school's zone; a
 * window whose end is not after its start goes over midnight.
 */
export const orderWindowSchema = z.object({
  /** `never`: not while a lesson or an exam runs by the calendar that the agent holds. */
  lessons: z.enum(['never', 'allowed']),
  fromMinute: minuteOfDay.optional(),
  toMinute: minuteOfDay.optional(),
  notBefore: timestampSchema.optional(),
  notAfter: timestampSchema.optional(),
});

const sha256 = z.string().regex(/^[0-9a-f]{64}$/);

/** One artifact for one device, as TUF's targets metadata names it. */
export const orderExecutionSchema = z.object({
  id: executionIdSchema,
  rollout: z.string().min(1).max(40),
  /** Rises when the same execution is tried again; feedback of a lower one is of no more interest. */
  revision: z.int().min(1),
  /** Absent: the agent itself. */
  device: deviceIdSchema.optional(),
  target: z.object({ path: z.string().min(1).max(240), length: z.int().min(1), sha256 }),
  releaseCounter: z.int().min(1),
  window: orderWindowSchema,
  /** How long the agent watches what it applied before it confirms; it goes back by itself when that fails. */
  soakSeconds: z.int().min(0).max(1_209_600),
  /** Nothing begins after this moment, by the hub's clock. */
  deadline: timestampSchema,
});
export type OrderExecution = z.infer<typeof orderExecutionSchema>;

/**
 * The whole wish of the hub for one agent (reference: Uptane's director). A higher `orderSeq` replaces a lower one; an
 * execution that is absent from it and has not begun to apply is withdrawn. It says who runs what and when, never what may
 * run: that is for the release's own signature.
 */
export const orderSchema = z.object({
  v: z.literal(1),
  agentId: agentIdSchema,
  orderSeq: z.int().min(1),
  issuedAt: timestampSchema,
  expiresAt: timestampSchema,
  executions: z.array(orderExecutionSchema).max(mostExecutions),
});
export type Order = z.infer<typeof orderSchema>;
