import { z } from 'zod';
import { defineCapability } from './capability.ts';
import { rigArgs } from './rig/args.ts';

const axis = z.number().min(-1).max(1);

/** Pan, tilt and zoom in the generic spaces of ONVIF: pan and tilt -1 to 1, zoom 0 to 1. */
export const ptz = defineCapability({
  name: 'ptz',
  label: { vi: 'Quay quét', en: 'Pan, tilt, zoom' },
  state: z.object({
    pan: axis.optional(),
    tilt: axis.optional(),
    zoom: z.number().min(0).max(1).optional(),
    moving: z.boolean().optional(),
    presets: z
      .array(z.object({ token: z.string().max(80), name: z.string().max(80) }))
      .max(256)
      .optional(),
    /** The cameras of a rig, where one device has several; the values above are those of the first. */
    cameras: z
      .array(
        z.object({
          part: z.string().max(80),
          pan: axis.optional(),
          tilt: axis.optional(),
          zoom: z.number().min(0).max(1).optional(),
          presets: z.array(z.object({ token: z.string().max(80), name: z.string().max(80) })).max(128),
        }),
      )
      .max(16)
      .optional(),
  }),
  metrics: {},
  events: {},
  commands: {
    /** Drives for `durationMs` and then stops: a lost stop must never leave a camera running. */
    move: {
      label: { vi: 'Quay', en: 'Move' },
      args: z.object({ pan: axis, tilt: axis, zoom: axis, durationMs: z.int().min(50).max(5_000), ...rigArgs }),
      idempotent: false,
      effect: {
        vi: 'Máy quay xoay, người trong phòng thấy được; hình đang ghi hoặc phát cũng xê dịch.',
        en: 'The camera turns, which people in the room see; a recording or stream moves with it.',
      },
      disturbs: 'none',
      danger: 'low',
      requires: [],
    },
    stop: {
      label: { vi: 'Dừng', en: 'Stop' },
      args: z.object(rigArgs),
      idempotent: true,
      effect: { vi: 'Máy quay đứng yên ngay.', en: 'The camera stands still at once.' },
      disturbs: 'none',
      danger: 'low',
      requires: [],
    },
    goToPreset: {
      label: { vi: 'Về vị trí', en: 'Go to preset' },
      args: z.object({ token: z.string().max(80), ...rigArgs }),
      idempotent: true,
      effect: {
        vi: 'Máy quay xoay đến vị trí đã lưu; hình đang ghi hoặc phát cũng xê dịch.',
        en: 'The camera turns to a saved position; a recording or stream moves with it.',
      },
      disturbs: 'none',
      danger: 'low',
      requires: [],
    },
    /** Stores where the camera looks now; at the place of `token` where one is given. */
    savePreset: {
      label: { vi: 'Lưu vị trí', en: 'Save preset' },
      args: z.object({ name: z.string().min(1).max(80), token: z.string().max(80).optional(), ...rigArgs }),
      idempotent: false,
      effect: {
        vi: 'Vị trí hiện tại được lưu; không ai nhận thấy.',
        en: 'The present position is saved; nobody notices.',
      },
      disturbs: 'none',
      danger: 'low',
      requires: [],
    },
    removePreset: {
      label: { vi: 'Xóa vị trí', en: 'Remove preset' },
      args: z.object({ token: z.string().max(80), ...rigArgs }),
      idempotent: true,
      disturbs: 'none',
      danger: 'low',
      requires: [],
      effect: { vi: 'Vị trí đã lưu bị xóa khỏi camera.', en: 'The camera forgets the stored position.' },
    },
  },
});
