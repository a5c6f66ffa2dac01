import { z } from 'zod';
import { defineCapability } from './capability.ts';
import { cooling, onBattery, recordingNow, streamingNow, warming, worn } from './precondition.ts';

/** On and off, with the states between them. */
export const power = defineCapability({
  name: 'power',
  label: { vi: 'Nguồn', en: 'Power' },
  state: z.object({ state: z.enum(['on', 'off', 'warming', 'cooling', 'unknown']) }),
  metrics: {},
  events: { changed: z.object({ from: z.string().max(20), to: z.string().max(20) }) },
  commands: {
    on: {
      label: { vi: 'Bật', en: 'Turn on' },
      args: z.object({}),
      idempotent: false,
      effect: {
        vi: 'Thiết bị bật lên: người trong phòng thấy đèn, hình hoặc nghe tiếng quạt.',
        en: 'The device comes on: people in the room see a light or a picture, or hear its fan.',
      },
      disturbs: 'room',
      danger: 'low',
      requires: [cooling],
    },
    off: {
      label: { vi: 'Tắt', en: 'Turn off' },
      args: z.object({}),
      idempotent: false,
      disturbs: 'room',
      danger: 'medium',
      requires: [cooling, warming, recordingNow, streamingNow, worn],
      effect: {
        vi: 'Thiết bị và những gì nó cấp điện tắt ngay, tiết học có thể gián đoạn. Máy chiếu còn làm nguội vài phút: chưa ngắt nguồn điện lúc đó.',
        en: 'The device goes off at once, with whatever it feeds; a lesson may be interrupted. A projector cools for minutes: keep its mains on.',
      },
    },
    reboot: {
      label: { vi: 'Khởi động lại', en: 'Reboot' },
      args: z.object({}),
      idempotent: false,
      effect: {
        vi: 'Thiết bị ngừng khoảng 1 đến 2 phút; hình và tiếng trong phòng mất trong lúc đó.',
        en: 'The device is away for 1 to 2 minutes; the room has no picture and no sound meanwhile.',
      },
      disturbs: 'room',
      danger: 'medium',
      requires: [cooling, warming, recordingNow, streamingNow, worn, onBattery],
    },
    /** For what no longer obeys: nothing is asked and nothing is saved. */
    reset: {
      label: { vi: 'Khởi động cứng', en: 'Hard reset' },
      args: z.object({}),
      idempotent: false,
      disturbs: 'room',
      danger: 'medium',
      requires: [cooling, warming, recordingNow, streamingNow, onBattery],
      effect: {
        vi: 'Thiết bị khởi động lại ngay, không chờ phần mềm; dữ liệu chưa lưu sẽ mất.',
        en: 'The device restarts at once, without asking its software; what is not saved is lost.',
      },
    },
  },
});
