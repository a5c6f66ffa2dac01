import { z } from 'zod';
import { timestampSchema } from '../../ids.ts';
import { defineCapability } from '../capability.ts';

const level = z.enum(['warning', 'error']);

/** What the device finds wrong with itself. */
export const diagnostics = defineCapability({
  name: 'diagnostics',
  label: { vi: 'Tự kiểm tra', en: 'Diagnostics' },
  state: z.object({
    /** Empty when it finds nothing wrong; absent while it cannot say. */
    faults: z
      .array(z.object({ part: z.string().max(40), level, message: z.string().max(200).optional() }))
      .max(32)
      .optional(),
  }),
  metrics: {},
  events: {
    fault: z.object({ part: z.string().max(40), level: z.enum(['ok', 'warning', 'error']) }),
    /** Something critical that the device has written into its own log, told once. */
    logged: z.object({
      part: z.string().max(80),
      message: z.string().max(300),
      /** By the device's clock. */
      at: timestampSchema.optional(),
    }),
  },
  commands: {},
});
