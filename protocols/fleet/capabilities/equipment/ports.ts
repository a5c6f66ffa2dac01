import { z } from 'zod';
import { defineCapability } from '../capability.ts';

/** The network ports of a switch or router, and the power it gives over them. Metrics carry the port's id as instance. */
export const ports = defineCapability({
  name: 'ports',
  label: { vi: 'Cổng mạng', en: 'Network ports' },
  state: z.object({
    ports: z
      .array(
        z.object({
          id: z.string().max(20),
          name: z.string().max(120),
          /** What the people who installed it wrote, such as a room. */
          alias: z.string().max(120).optional(),
          up: z.boolean(),
          /** Whether it is switched on by configuration. */
          enabled: z.boolean(),
          speedMbps: z.int().min(0).optional(),
          /** Devices of the same agent that are heard on this port, by id. */
          devices: z.array(z.string().max(40)).max(16).optional(),
        }),
      )
      .max(256),
    /** Power over the cable, by the switch's own numbering. */
    powered: z
      .array(
        z.object({
          id: z.string().max(20),
          state: z.enum(['delivering', 'searching', 'disabled', 'fault', 'other']),
        }),
      )
      .max(256)
      .optional(),
  }),
  metrics: {
    received: { label: { vi: 'Nhận', en: 'Received' }, unit: 'B/s', deadband: 10_000 },
    sent: { label: { vi: 'Gửi', en: 'Sent' }, unit: 'B/s', deadband: 10_000 },
    up: { label: { vi: 'Cổng có kết nối', en: 'Ports with a link' }, unit: '', deadband: 1 },
    power: { label: { vi: 'Công suất PoE', en: 'Power over Ethernet' }, unit: 'W', deadband: 1 },
  },
  events: { link: z.object({ port: z.string().max(120), up: z.boolean() }) },
  commands: {},
});
