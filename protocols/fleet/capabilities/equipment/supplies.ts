import { z } from 'zod';
import { defineCapability } from '../capability.ts';

/** What a printer uses up, and what it complains about. Metrics of one supply carry its id as instance. */
export const supplies = defineCapability({
  name: 'supplies',
  label: { vi: 'Vật tư in', en: 'Printing supplies' },
  state: z.object({
    status: z.enum(['idle', 'printing', 'warming', 'other', 'unknown']),
    alerts: z
      .array(
        z.enum([
          'low-paper',
          'no-paper',
          'low-toner',
          'no-toner',
          'door-open',
          'jammed',
          'offline',
          'service-requested',
        ]),
      )
      .max(8),
    supplies: z
      .array(
        z.object({
          id: z.string().max(20),
          name: z.string().max(120),
          /** `some` where the printer only knows that it is not empty. */
          level: z.enum(['known', 'some', 'unknown']),
        }),
      )
      .max(64),
  }),
  metrics: {
    level: { label: { vi: 'Mức còn lại', en: 'Level' }, unit: '%', deadband: 1 },
    pages: { label: { vi: 'Số trang đã in', en: 'Pages printed' }, unit: '', deadband: 1 },
  },
  events: { alert: z.object({ alert: z.string().max(40), active: z.boolean() }) },
  commands: {},
});
