import { z } from 'zod';
import { defineCapability } from '../capability.ts';
import { partName, rigArgs } from './args.ts';

const sceneName = z.string().min(1).max(200);

/** What a mixer shows: one of its prepared pictures. */
export const scene = defineCapability({
  name: 'scene',
  label: { vi: 'Cảnh', en: 'Scene' },
  state: z.object({
    /** Of the first mixer. */
    current: sceneName.optional(),
    list: z.array(sceneName).max(200),
    mixers: z
      .array(z.object({ part: partName, current: sceneName.optional(), list: z.array(sceneName).max(200) }))
      .max(16),
  }),
  metrics: {},
  events: { changed: z.object({ part: partName, from: sceneName.optional(), to: sceneName }) },
  commands: {
    set: {
      label: { vi: 'Chọn cảnh', en: 'Show' },
      args: z.object({ name: sceneName, ...rigArgs }),
      idempotent: true,
      effect: {
        vi: 'Hình đang ghi hoặc phát đổi cảnh ngay.',
        en: 'The recorded or streamed picture changes its scene at once.',
      },
      disturbs: 'none',
      danger: 'low',
      requires: [],
    },
  },
});
