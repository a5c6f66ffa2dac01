import { z } from 'zod';
import { defineCapability } from '../capability.ts';

const server = z.string().regex(/^[A-Za-z0-9:.-]{1,253}$/);

/** Where the clock of the device gets its time. How far it is off is told by `firmware`. */
export const time = defineCapability({
  name: 'time',
  label: { vi: 'Giờ hệ thống', en: 'Time' },
  state: z.object({
    /** `ntp` from servers that were set, `dhcp` from those that the network names, `manual` as somebody set it. */
    source: z.enum(['ntp', 'dhcp', 'manual']),
    /** Whether NTP is in force: a device may know servers and ask none. */
    active: z.boolean(),
    servers: z.array(z.string().max(253)).max(16),
    /** POSIX 1003.1 section 8.3, as the device has it: `ICT-7` is seven hours ahead of UTC. */
    zone: z.string().max(100).optional(),
    daylightSaving: z.boolean().optional(),
  }),
  metrics: {},
  events: {},
  commands: {
    setNtp: {
      label: { vi: 'Đặt máy chủ giờ', en: 'Set time servers' },
      /** No servers means those that DHCP names. The zone stays unless one is given. */
      args: z.object({
        servers: z.array(server).max(4),
        zone: z
          .string()
          .regex(/^[A-Za-z0-9<>+:,./-]{1,100}$/)
          .optional(),
      }),
      idempotent: true,
      effect: {
        vi: 'Đồng hồ của thiết bị có thể nhảy; giờ trong bản ghi đổi theo.',
        en: 'The device’s clock may jump, and the times in its recordings with it.',
      },
      disturbs: 'none',
      danger: 'medium',
      requires: [],
    },
  },
});
