import { z } from 'zod';
import { defineCapability } from './capability.ts';

const text = z.string().max(200);

/** Who the device says it is. Every value stays a string: `1.10` is not `1.1`. */
export const identity = defineCapability({
  name: 'identity',
  label: { vi: 'Nhận dạng', en: 'Identity' },
  state: z.object({
    vendor: text.optional(),
    model: text.optional(),
    serial: text.optional(),
    firmware: text.optional(),
    hardware: text.optional(),
    name: text.optional(),
    macs: z
      .array(z.string().regex(/^[0-9a-f]{2}(:[0-9a-f]{2}){5}$/))
      .max(32)
      .optional(),
  }),
  metrics: {},
  events: {},
  commands: {},
});
