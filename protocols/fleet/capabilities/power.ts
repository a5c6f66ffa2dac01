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
        vi: 'Thiết bị và những gì nó cấp điện tắt ngay, tiết học có thể gián đoạn. Máy chiếu còn làm nguội vài phút: chưa ngắt nguồn điện lúc đó.',
        en: 'The device goes off at once, with whatever it feeds; a lesson may be interrupted. A projector cools for minutes: keep its mains on.',
      },
    },
    reboot: {
      label: { vi: 'Khởi động lại', en: 'Reboot' },
      args: z.object({}),
      idempotent: false,
      effect: { vi: 'Thiết bị ngừng khoảng 1 đến 2 phút.', en: 'The device is away for 1 to 2 minutes.' },
    },
    /** For what no longer obeys: nothing is asked and nothing is saved. */
    reset: {
      label: { vi: 'Khởi động cứng', en: 'Hard reset' },
      args: z.object({}),
      idempotent: false,
      effect: {
        vi: 'Thiết bị khởi động lại ngay, không chờ phần mềm; dữ liệu chưa lưu sẽ mất.',
        en: 'The device restarts at once, without asking its software; what is not saved is lost.',
      },
    },
  },
});
