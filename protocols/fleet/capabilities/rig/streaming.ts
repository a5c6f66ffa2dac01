import { z } from 'zod';
import { defineCapability } from '../capability.ts';
import { partName, rigArgs } from './args.ts';

const state = z.enum(['stopped', 'starting', 'live', 'reconnecting', 'stopping', 'unknown']);

/** The way to the public. It is up when the picture leaves, not when the order to send it was accepted. */
export const streaming = defineCapability({
  name: 'streaming',
  label: { vi: 'Phát trực tiếp', en: 'Streaming' },
  state: z.object({
    /** Of the part that is on air, where there are several. */
    state,
    encoders: z.array(z.object({ part: partName, state })).max(16),
  }),
  metrics: {
    duration: { label: { vi: 'Đã phát', en: 'On air' }, unit: 's', deadband: 30 },
    dropped: { label: { vi: 'Khung hình mất', en: 'Dropped frames' }, unit: '%', deadband: 0.5 },
  },
  events: {
    changed: z.object({ part: partName, from: state, to: state }),
    /** It was told to go live, or was live, and is not. */
    failed: z.object({ part: partName, message: z.string().max(300) }),
  },
  commands: {
    start: {
      label: { vi: 'Phát', en: 'Go live' },
      args: z.object(rigArgs),
      idempotent: false,
      effect: {
        vi: 'Hình và tiếng trong phòng ra ngoài trường: hãy báo cho người trong phòng.',
        en: 'Picture and sound of the room leave the school: tell the people in it.',
      },
      disturbs: 'none',
      danger: 'medium',
      requires: [],
    },
    stop: {
      label: { vi: 'Ngừng phát', en: 'End' },
      args: z.object(rigArgs),
      idempotent: false,
      disturbs: 'none',
      danger: 'medium',
      requires: [],
      effect: { vi: 'Người xem mất hình ngay.', en: 'Viewers lose the picture at once.' },
    },
  },
});
