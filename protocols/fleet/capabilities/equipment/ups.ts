import { z } from 'zod';
import { defineCapability } from '../capability.ts';

/** An uninterruptible power supply. */
export const ups = defineCapability({
  name: 'ups',
  label: { vi: 'Bộ lưu điện', en: 'Uninterruptible power supply' },
  state: z.object({
    source: z.enum(['mains', 'battery', 'bypass', 'none', 'other', 'unknown']),
    battery: z.enum(['normal', 'low', 'depleted', 'unknown']),
  }),
  metrics: {
    charge: { label: { vi: 'Mức pin', en: 'Charge' }, unit: '%', deadband: 1 },
    remaining: { label: { vi: 'Thời gian còn lại', en: 'Time left' }, unit: 'min', deadband: 1 },
    load: { label: { vi: 'Tải', en: 'Load' }, unit: '%', deadband: 2 },
  },
  events: { source: z.object({ from: z.string().max(20), to: z.string().max(20) }) },
  commands: {},
});
