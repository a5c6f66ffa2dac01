import { z } from 'zod';
import { defineCapability } from '../capability.ts';
import { partName, rigArgs } from './args.ts';

/** A mixer's picture, offered to meeting programs on the same computer as if it were a camera. */
export const virtualcamera = defineCapability({
  name: 'virtualcamera',
  label: { vi: 'Máy quay ảo', en: 'Virtual camera' },
  state: z.object({
    /** Of any part. */
    active: z.boolean(),
    cameras: z.array(z.object({ part: partName, active: z.boolean() })).max(16),
  }),
  metrics: {},
  events: { changed: z.object({ part: partName, active: z.boolean() }) },
  commands: {
    set: {
      label: { vi: 'Bật hoặc tắt máy quay ảo', en: 'Switch the virtual camera' },
      args: z.object({ active: z.boolean(), ...rigArgs }),
      idempotent: true,
      effect: {
        vi: 'Người trong cuộc họp trực tuyến thấy hoặc thôi thấy hình này ngay.',
        en: 'People in an online meeting see this picture, or no longer do, at once.',
      },
      disturbs: 'none',
      danger: 'low',
      requires: [],
    },
  },
});
