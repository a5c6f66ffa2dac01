import { z } from 'zod';
import { defineCapability } from './capability.ts';

/** On and off, with the states between them. */
export const power = defineCapability({
  name: 'power',
  label: { vi: 'Nguồn', en: 'Power' },
  state: z.object({ state: z.enum(['on', 'off', 'warming', 'cooling', 'unknown']) }),
  metrics: {},
  events: { changed: z.object({ from: z.string().max(20), to: z.string().max(20) }) },
  commands: {
    on: { label: { vi: 'Bật', en: 'Turn on' }, args: z.object({}), idempotent: false },
    off: {
      label: { vi: 'Tắt', en: 'Turn off' },
      args: z.object({}),
      idempotent: false,
      effect: {
        vi: 'Màn hình tắt ngay, tiết học có thể gián đoạn.',
        en: 'The picture goes dark at once; a lesson may be interrupted.',
      },
    },
    reboot: {
      label: { vi: 'Khởi động lại', en: 'Reboot' },
      args: z.object({}),
      idempotent: false,
      effect: { vi: 'Thiết bị ngừng khoảng 1 đến 2 phút.', en: 'The device is away for 1 to 2 minutes.' },
    },
  },
});
