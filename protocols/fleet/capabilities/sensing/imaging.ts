import { z } from 'zod';
import { defineCapability } from '../capability.ts';

const level = z.number().min(-1_000_000).max(1_000_000);
const range = z.object({ min: level, max: level });
const dayNight = z.enum(['day', 'night', 'auto']);
const exposure = z.enum(['auto', 'manual']);

/** What can be set of a picture; each device has a range of its own for the levels. */
const settings = {
  brightness: level.optional(),
  contrast: level.optional(),
  saturation: level.optional(),
  sharpness: level.optional(),
  /** Whether the sensor sees as by day, as by night (infrared, without colours), or decides by itself. */
  dayNight: dayNight.optional(),
  /** Whether bright light behind what is seen is made up for. */
  backlight: z.boolean().optional(),
  exposure: exposure.optional(),
};

/** How a camera makes its picture. */
export const imaging = defineCapability({
  name: 'imaging',
  label: { vi: 'Chất lượng hình', en: 'Picture settings' },
  state: z.object({
    ...settings,
    /** What `set` accepts; a setting without a range or choice cannot be set. */
    ranges: z.object({
      brightness: range.optional(),
      contrast: range.optional(),
      saturation: range.optional(),
      sharpness: range.optional(),
    }),
    choices: z.object({
      dayNight: z.array(dayNight).max(3).optional(),
      backlight: z.array(z.boolean()).max(2).optional(),
      exposure: z.array(exposure).max(2).optional(),
    }),
  }),
  metrics: {},
  events: {},
  commands: {
    /** Changes what is given and leaves the rest; succeeds when the device itself tells the new values. */
    set: {
      label: { vi: 'Đặt', en: 'Set' },
      args: z.object(settings),
      idempotent: true,
      effect: {
        vi: 'Hình của máy quay sáng, tối hoặc đổi màu ngay, cả trong bản ghi.',
        en: 'The camera’s picture changes its light or colour at once, in recordings too.',
      },
      disturbs: 'none',
      danger: 'low',
      requires: [],
    },
  },
});
