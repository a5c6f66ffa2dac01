import { z } from 'zod';
import { defineCapability } from './capability.ts';

const source = z.object({ id: z.string().min(1).max(40), label: z.string().max(80) });

/** Which source is shown. Ids are the driver's own, stable for one device. */
export const input = defineCapability({
  name: 'input',
  label: { vi: 'Nguồn hình', en: 'Input' },
  state: z.object({
    selected: z.string().max(40).optional(),
    sources: z.array(source).max(64).optional(),
    signal: z.boolean().optional(),
  }),
  metrics: {},
  events: {},
  commands: {
    select: {
      label: { vi: 'Chọn nguồn', en: 'Select input' },
      args: z.object({ id: z.string().min(1).max(40) }),
      idempotent: true,
      effect: {
        vi: 'Hình trước lớp đổi sang nguồn khác ngay.',
        en: 'The picture before the class changes to another source at once.',
      },
      disturbs: 'room',
      danger: 'low',
      requires: [],
    },
  },
});
