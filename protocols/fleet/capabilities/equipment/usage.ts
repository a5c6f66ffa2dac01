import { z } from 'zod';
import { defineCapability } from '../capability.ts';

/** How long the device has worked since it was made. */
export const usage = defineCapability({
  name: 'usage',
  label: { vi: 'Giờ hoạt động', en: 'Usage' },
  state: z.object({ hoursOn: z.number().min(0).optional() }),
  metrics: { hours: { label: { vi: 'Giờ hoạt động', en: 'Hours on' }, unit: 'h', deadband: 1 } },
  events: {},
  commands: {},
});
