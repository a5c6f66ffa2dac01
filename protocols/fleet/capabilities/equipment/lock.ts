import { z } from 'zod';
import { defineCapability } from '../capability.ts';

/** What people in the room can still operate: the buttons at the device, its remote control, or both by one lock. */
export const lock = defineCapability({
  name: 'lock',
  label: { vi: 'Khóa thao tác', en: 'Lock' },
  state: z.object({
    /** Buttons at the device. */
    panel: z.boolean().optional(),
    remote: z.boolean().optional(),
    /** One lock for buttons and remote control together. */
    keys: z.boolean().optional(),
  }),
  metrics: {},
  events: {},
  commands: {
    set: {
      label: { vi: 'Khóa hoặc mở khóa', en: 'Lock or unlock' },
      args: z.object({ target: z.enum(['panel', 'remote', 'keys']), locked: z.boolean() }),
      idempotent: true,
      disturbs: 'room',
      danger: 'low',
      requires: [],
      effect: {
        vi: 'Khi đã khóa, giáo viên không bật tắt được bằng nút hoặc điều khiển.',
        en: 'While it is locked, a teacher cannot operate the device by its buttons or remote control.',
      },
    },
  },
});
