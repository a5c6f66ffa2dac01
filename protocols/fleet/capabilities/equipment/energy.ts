import { z } from 'zod';
import { defineCapability } from '../capability.ts';

/** What a device with a meter draws from the mains. */
export const energy = defineCapability({
  name: 'energy',
  label: { vi: 'Điện năng', en: 'Energy' },
  state: z.object({
    /** Since when the meter counts, in its own words and by its own clock. */
    since: z.string().max(40).optional(),
  }),
  metrics: {
    power: { label: { vi: 'Công suất', en: 'Power' }, unit: 'W', deadband: 5 },
    total: { label: { vi: 'Điện đã dùng', en: 'Energy used' }, unit: 'kWh', deadband: 0.1 },
    voltage: { label: { vi: 'Điện áp', en: 'Voltage' }, unit: 'V', deadband: 2 },
    current: { label: { vi: 'Dòng điện', en: 'Current' }, unit: 'A', deadband: 0.1 },
  },
  events: {},
  commands: {},
});
