import { z } from 'zod';
import { executionIdSchema, executionStateSchema } from './execution.ts';

/** States that an agent may report; the others are the hub's to say. */
const reportedStateSchema = executionStateSchema.extract([
  'accepted',
  'downloading',
  'staged',
  'waiting_window',
  'applying',
  'verifying',
  'succeeded',
  'failed',
  'rejected',
  'expired',
  'cancelled',
  'rolled_back',
]);

/**
 * How far one execution is, in the agent's words. `succeeded` says that the agent's own check after the soak passed; whether the
 * device is well is judged by the hub. The same word may come again.
 */
export const feedbackFields = {
  execution: executionIdSchema,
  revision: z.int().min(1),
  state: reportedStateSchema,
  /** Why it failed, was rejected or rolled back; failures of one cause carry one code. */
  code: z
    .string()
    .regex(/^[a-z0-9-]{1,64}$/)
    .optional(),
  message: z.string().max(500).optional(),
  /** Of the step that `state` names. */
  percent: z.number().min(0).max(100).optional(),
  /** What holds it up: `lesson`, `window`, `power`, `space`, `clock`, `peer`, `device`. */
  waitsFor: z
    .string()
    .regex(/^[a-z-]{1,40}$/)
    .optional(),
  /** What the device runs now. */
  version: z.string().max(80).optional(),
};
