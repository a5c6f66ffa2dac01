import { z } from 'zod';
import { timestampSchema } from '../ids.ts';
import { defineCapability } from './capability.ts';

/** What runs on the device and how far its clock is off. */
export const firmware = defineCapability({
  name: 'firmware',
  label: { vi: 'Phần mềm', en: 'Firmware' },
  state: z.object({
    version: z.string().max(200).optional(),
    updatable: z.boolean().optional(),
    /** Device clock minus agent clock, in seconds; positive when the device is ahead. */
    clockSkewSeconds: z.number().optional(),
    checkedAt: timestampSchema.optional(),
  }),
  metrics: { clockSkew: { label: { vi: 'Lệch đồng hồ', en: 'Clock skew' }, unit: 's', deadband: 1 } },
  events: { changed: z.object({ from: z.string().max(200), to: z.string().max(200) }) },
  commands: {},
});
