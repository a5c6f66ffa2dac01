import { z } from 'zod';
import { defineCapability } from '../capability.ts';

const address = z.string().max(64);

/** How the device stands in the network. */
export const network = defineCapability({
  name: 'network',
  label: { vi: 'Mạng', en: 'Network' },
  state: z.object({
    hostname: z.string().max(253).optional(),
    interfaces: z
      .array(
        z.object({
          name: z.string().max(40),
          mac: z.string().max(20).optional(),
          /** With the length of their prefix where the device tells it: `192.168.1.64/24`. */
          addresses: z.array(address).max(16),
          dhcp: z.boolean().optional(),
        }),
      )
      .max(32),
    gateways: z.array(address).max(16),
    dns: z.array(address).max(16),
    /** What the device serves, in its own words: `HTTP`, `RTSP`. */
    services: z
      .array(z.object({ name: z.string().max(40), enabled: z.boolean(), ports: z.array(z.int()).max(16) }))
      .max(32)
      .optional(),
  }),
  metrics: {},
  events: {},
  commands: {
    setHostname: {
      label: { vi: 'Đổi tên máy', en: 'Set host name' },
      args: z.object({ hostname: z.string().regex(/^[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?$/) }),
      idempotent: true,
      effect: {
        vi: 'Thiết bị mang tên khác trên mạng: ai tìm nó bằng tên cũ sẽ không thấy; có thiết bị khởi động lại.',
        en: 'The device has another name in the network: whoever looks for the old one does not find it; some devices restart.',
      },
      disturbs: 'none',
      danger: 'high',
      requires: [],
    },
  },
});
