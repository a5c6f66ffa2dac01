import { z } from 'zod';
import { defineCapability } from './capability.ts';

/** Sound level in percent; absent where the wire has only steps. */
export const volume = defineCapability({
  name: 'volume',
  label: { vi: 'Âm lượng', en: 'Volume' },
  state: z.object({ level: z.number().min(0).max(100).optional(), muted: z.boolean().optional() }),
  metrics: {},
  events: {},
  commands: {
    set: {
      label: { vi: 'Đặt âm lượng', en: 'Set volume' },
      args: z.object({ level: z.number().min(0).max(100) }),
      idempotent: true,
      effect: {
        vi: 'Tiếng trong phòng to lên hoặc nhỏ đi ngay.',
        en: 'The sound in the room becomes louder or softer at once.',
      },
      disturbs: 'room',
      danger: 'low',
      requires: [],
    },
    step: {
      label: { vi: 'Tăng/giảm', en: 'Step volume' },
      args: z.object({ direction: z.enum(['up', 'down']) }),
      idempotent: false,
      effect: {
        vi: 'Tiếng trong phòng to lên hoặc nhỏ đi ngay.',
        en: 'The sound in the room becomes louder or softer at once.',
      },
      disturbs: 'room',
      danger: 'low',
      requires: [],
    },
    mute: {
      label: { vi: 'Tắt tiếng', en: 'Mute' },
      args: z.object({ muted: z.boolean() }),
      idempotent: true,
      effect: {
        vi: 'Tiếng trong phòng tắt hoặc có lại ngay.',
        en: 'The sound in the room goes or comes back at once.',
      },
      disturbs: 'room',
      danger: 'low',
      requires: [],
    },
  },
});
