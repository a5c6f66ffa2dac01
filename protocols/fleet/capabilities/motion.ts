import { z } from 'zod';
import { timestampSchema } from '../ids.ts';
import { defineCapability } from './capability.ts';

/** Motion and tamper as the camera reports them; no pictures, no persons. */
export const motion = defineCapability({
  name: 'motion',
  label: { vi: 'Chuyển động', en: 'Motion' },
  state: z.object({ active: z.boolean(), lastAt: timestampSchema.optional(), tampered: z.boolean().optional() }),
  metrics: { count: { label: { vi: 'Số lần', en: 'Detections' }, unit: '', deadband: 1 } },
  events: { tampered: z.object({ active: z.boolean() }) },
  commands: {},
});
