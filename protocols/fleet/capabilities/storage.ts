import { z } from 'zod';
import { defineCapability } from './capability.ts';

/** Disks and memory cards. `used` is that of the fullest volume. */
export const storage = defineCapability({
  name: 'storage',
  label: { vi: 'Lưu trữ', en: 'Storage' },
  state: z.object({
    volumes: z
      .array(
        z.object({
          name: z.string().max(120),
          type: z.string().max(40),
          sizeBytes: z.int().min(0),
          usedBytes: z.int().min(0),
        }),
      )
      .max(64),
    disks: z
      .array(
        z.object({
          name: z.string().max(120),
          model: z.string().max(120),
          serial: z.string().max(120),
          sizeBytes: z.int().min(0),
        }),
      )
      .max(32)
      .optional(),
  }),
  metrics: { used: { label: { vi: 'Đã dùng', en: 'Used' }, unit: '%', deadband: 1 } },
  events: {},
  commands: {},
});
