import { z } from 'zod';
import { defineCapability } from '../capability.ts';

/** Waking a device whose own network is asleep, by a packet to its network card. */
export const wake = defineCapability({
  name: 'wake',
  label: { vi: 'Đánh thức qua mạng', en: 'Wake-on-LAN' },
  state: z.object({ mac: z.string().regex(/^[0-9a-f]{2}(:[0-9a-f]{2}){5}$/) }),
  metrics: {},
  events: {},
  commands: {
    /** Succeeds when the device answers afterwards: the packet itself is never acknowledged. */
    wake: {
      label: { vi: 'Đánh thức', en: 'Wake' },
      args: z.object({}),
      idempotent: true,
      effect: {
        vi: 'Thiết bị đang ngủ sẽ bật lên; người trong phòng thấy hình hoặc nghe tiếng quạt.',
        en: 'A device that sleeps comes on; people in the room see a picture or hear a fan.',
      },
      disturbs: 'room',
      danger: 'low',
      requires: [],
    },
  },
});
