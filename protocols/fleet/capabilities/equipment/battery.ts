import { z } from 'zod';
import { defineCapability } from '../capability.ts';

/** The device's own battery. */
export const battery = defineCapability({
  name: 'battery',
  label: { vi: 'Pin', en: 'Battery' },
  state: z.object({
    state: z.enum(['charging', 'discharging', 'not-charging', 'full', 'unknown']),
    /** Whether a charger is connected. */
    plugged: z.boolean().optional(),
    health: z.enum(['good', 'overheated', 'dead', 'overvoltage', 'failure', 'cold', 'unknown']).optional(),
  }),
  metrics: {
    level: { label: { vi: 'Mức pin', en: 'Charge' }, unit: '%', deadband: 1 },
    temperature: { label: { vi: 'Nhiệt độ pin', en: 'Battery temperature' }, unit: '°C', deadband: 1 },
  },
  events: {},
  commands: {},
});
