import { z } from 'zod';
import { defineCapability } from './capability.ts';

const profile = z.object({
  token: z.string().max(80),
  name: z.string().max(80),
  encoding: z.string().max(20).optional(),
  width: z.int().min(0).optional(),
  height: z.int().min(0).optional(),
  framesPerSecond: z.number().min(0).optional(),
  bitrateKbps: z.number().min(0).optional(),
  /** Stream address without credentials. */
  streamUri: z.string().max(500).optional(),
});

/** Picture in or out: media profiles of a camera, or the signal that a display shows. */
export const video = defineCapability({
  name: 'video',
  label: { vi: 'Hình ảnh', en: 'Video' },
  state: z.object({
    profiles: z.array(profile).max(32).optional(),
    resolution: z.string().max(40).optional(),
    recommendedResolution: z.string().max(40).optional(),
    signal: z.enum(['present', 'absent', 'unknown']).optional(),
    blanked: z.boolean().optional(),
    frozen: z.boolean().optional(),
  }),
  metrics: {},
  events: {},
  commands: {
    blank: {
      label: { vi: 'Che hình', en: 'Blank picture' },
      args: z.object({ blanked: z.boolean() }),
      idempotent: true,
      effect: {
        vi: 'Hình trước lớp tối đi hoặc hiện lại ngay.',
        en: 'The picture before the class goes dark or comes back at once.',
      },
      disturbs: 'room',
      danger: 'low',
      requires: [],
    },
    freeze: {
      label: { vi: 'Dừng hình', en: 'Freeze picture' },
      args: z.object({ frozen: z.boolean() }),
      idempotent: true,
      effect: {
        vi: 'Hình trước lớp đứng lại hoặc chạy tiếp ngay.',
        en: 'The picture before the class stands still or moves on at once.',
      },
      disturbs: 'room',
      danger: 'low',
      requires: [],
    },
  },
});
