import { z } from 'zod';
import { defineCapability } from './capability.ts';

/** One still picture, taken only when a person asks with a purpose. */
export const snapshot = defineCapability({
  name: 'snapshot',
  label: { vi: 'Ảnh chụp', en: 'Snapshot' },
  state: z.object({ available: z.boolean() }),
  metrics: {},
  events: {},
  commands: {
    /** The agent uploads the JPEG to the hub's gateway under the command's id; the result carries only its size. */
    take: {
      label: { vi: 'Chụp ảnh', en: 'Take picture' },
      args: z.object({ profile: z.string().max(80).optional() }),
      idempotent: true,
      effect: {
        vi: 'Máy quay chụp một ảnh; người trong phòng không nhận thấy. Mục đích và người xem được ghi lại.',
        en: 'The camera takes one picture; nobody in the room notices. The purpose and who sees it are kept.',
      },
      disturbs: 'none',
      danger: 'low',
      requires: [],
    },
  },
});
