import { z } from 'zod';
import { defineCapability } from '../capability.ts';

/** What sensors notice around them: air and light as numbers, doors, people and dangers as states. Temperatures are of `temperature`. */
export const surroundings = defineCapability({
  name: 'surroundings',
  label: { vi: 'Môi trường xung quanh', en: 'Surroundings' },
  state: z.object({
    /** The door or window that the sensor sits on. */
    contact: z.enum(['open', 'closed']).optional(),
    /** Whether somebody is there now; never who. */
    occupied: z.boolean().optional(),
    leak: z.boolean().optional(),
    smoke: z.boolean().optional(),
  }),
  metrics: {
    humidity: { label: { vi: 'Độ ẩm', en: 'Humidity' }, unit: '%', deadband: 2 },
    carbonDioxide: { label: { vi: 'Nồng độ CO₂', en: 'Carbon dioxide' }, unit: 'ppm', deadband: 50 },
    illuminance: { label: { vi: 'Độ rọi', en: 'Illuminance' }, unit: 'lx', deadband: 25 },
  },
  events: {
    contact: z.object({ contact: z.enum(['open', 'closed']) }),
    danger: z.object({ kind: z.enum(['leak', 'smoke']), active: z.boolean() }),
  },
  commands: {},
});
