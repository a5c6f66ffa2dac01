import { z } from 'zod';
import { defineCapability } from './capability.ts';

/** A computer: its operating system and load. */
export const host = defineCapability({
  name: 'host',
  label: { vi: 'Máy chủ nhỏ', en: 'Computer' },
  state: z.object({
    hostname: z.string().max(255).optional(),
    os: z.string().max(200).optional(),
    kernel: z.string().max(200).optional(),
    arch: z.string().max(40).optional(),
    cpu: z.string().max(200).optional(),
    cores: z.int().min(1).max(4096).optional(),
    memoryBytes: z.int().min(0).optional(),
    bootedAt: z.int().min(0).optional(),
    interfaces: z
      .array(
        z.object({ name: z.string().max(40), mac: z.string().max(40), addresses: z.array(z.string().max(64)).max(16) }),
      )
      .max(32)
      .optional(),
  }),
  metrics: {
    cpuUsed: { label: { vi: 'CPU', en: 'CPU' }, unit: '%', deadband: 2 },
    memoryUsed: { label: { vi: 'Bộ nhớ', en: 'Memory' }, unit: '%', deadband: 1 },
    load1: { label: { vi: 'Tải 1 phút', en: 'Load 1 min' }, unit: '', deadband: 0.1 },
    uptime: { label: { vi: 'Thời gian chạy', en: 'Uptime' }, unit: 's', deadband: 300 },
    networkIn: { label: { vi: 'Mạng vào', en: 'Network in' }, unit: 'B/s', deadband: 10_000 },
    networkOut: { label: { vi: 'Mạng ra', en: 'Network out' }, unit: 'B/s', deadband: 10_000 },
  },
  events: { rebooted: z.object({ bootedAt: z.int().min(0) }) },
  commands: {},
});
