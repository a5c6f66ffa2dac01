import { z } from 'zod';
import { defineCapability } from '../capability.ts';

const kind = z.enum(['system', 'access']);

/** What the device itself has written down. It is read only when a person asks. */
export const log = defineCapability({
  name: 'log',
  label: { vi: 'Nhật ký thiết bị', en: 'Device log' },
  state: z.object({ kinds: z.array(kind).max(2) }),
  metrics: {},
  events: {},
  commands: {
    /** The result holds the newest part as `text`, at most 16 KiB, with `sizeBytes` of the whole and `cut`. */
    fetch: {
      label: { vi: 'Đọc nhật ký', en: 'Read log' },
      args: z.object({ kind }),
      idempotent: true,
      effect: { vi: 'Nhật ký được đọc; không ai nhận thấy.', en: 'The log is read; nobody notices.' },
      disturbs: 'none',
      danger: 'low',
      requires: [],
    },
  },
});
