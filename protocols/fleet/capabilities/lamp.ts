import { z } from 'zod';
import { defineCapability } from './capability.ts';

/** Light source and the error flags of a projector's light path. */
export const lamp = defineCapability({
  name: 'lamp',
  label: { vi: 'Đèn chiếu', en: 'Lamp' },
  state: z.object({
    /** Empty when the light source is a laser without lamps. */
    lamps: z.array(z.object({ hours: z.int().min(0), on: z.boolean() })).max(8),
    errors: z.array(z.object({ part: z.string().max(40), level: z.enum(['warning', 'error']) })).max(16),
    filterHours: z.int().min(0).optional(),
  }),
  metrics: {
    hours: { label: { vi: 'Giờ đèn', en: 'Lamp hours' }, unit: 'h', deadband: 1 },
    filterHours: { label: { vi: 'Giờ lọc bụi', en: 'Filter hours' }, unit: 'h', deadband: 1 },
  },
  events: { fault: z.object({ part: z.string().max(40), level: z.enum(['ok', 'warning', 'error']) }) },
  commands: {},
});
