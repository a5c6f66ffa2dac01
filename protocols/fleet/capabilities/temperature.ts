import { z } from 'zod';
import { defineCapability } from './capability.ts';

/** Temperature, as a number where the wire has one, else as a level. */
export const temperature = defineCapability({
  name: 'temperature',
  label: { vi: 'Nhiệt độ', en: 'Temperature' },
  state: z.object({ level: z.enum(['ok', 'warning', 'error', 'unknown']) }),
  metrics: { celsius: { label: { vi: 'Nhiệt độ', en: 'Temperature' }, unit: '°C', deadband: 1 } },
  events: {},
  commands: {},
});
