import { z } from 'zod';
import { defineCapability } from '../capability.ts';
import { worn } from '../precondition.ts';

const id = z.string().regex(/^[A-Za-z][A-Za-z0-9_]{0,60}(\.[A-Za-z][A-Za-z0-9_]{0,60}){1,8}$/);

/** Programs that were installed on the device, without those that came with it. */
export const apps = defineCapability({
  name: 'apps',
  label: { vi: 'Ứng dụng', en: 'Apps' },
  state: z.object({
    installed: z.array(z.object({ id: z.string().max(200), version: z.string().max(40) })).max(500),
    /** How many more there are than the list holds. */
    more: z.int().min(0).optional(),
  }),
  metrics: {},
  events: {},
  commands: {
    remove: {
      label: { vi: 'Gỡ ứng dụng', en: 'Remove app' },
      args: z.object({ id }),
      idempotent: true,
      effect: { vi: 'Ứng dụng biến mất và dữ liệu của nó bị xóa.', en: 'The app goes and its data is deleted.' },
      disturbs: 'room',
      danger: 'medium',
      requires: [worn],
    },
    launch: {
      label: { vi: 'Mở ứng dụng', en: 'Launch app' },
      args: z.object({ id }),
      idempotent: true,
      effect: {
        vi: 'Ứng dụng hiện ra trước người đang dùng; thứ đang mở bị che.',
        en: 'The app appears before whoever uses the device; what is open is covered.',
      },
      disturbs: 'room',
      danger: 'low',
      requires: [],
    },
  },
});
