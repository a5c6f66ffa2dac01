import { z } from 'zod';
import { timestampSchema } from '../../ids.ts';
import { problemSchema } from '../../problem.ts';
import { defineCapability } from '../capability.ts';
import { partName } from './args.ts';

const holder = z.string().min(1).max(80);
const sceneId = z.string().min(1).max(40);
const mode = z.enum(['idle', 'rehearsing', 'recording', 'live']);

const outcome = z.enum([
  'done',
  /** A step failed; what was done before has been taken back. */
  'undone',
  /** A step failed, and not everything could be taken back. */
  'left-as-is',
]);

/** Several devices that work as one rig: what it is doing, who holds it, which of its parts answer. */
export const studio = defineCapability({
  name: 'studio',
  label: { vi: 'Phòng thu', en: 'Studio' },
  state: z.object({
    /** `live` when the picture leaves the school, else `recording`; `rehearsing` while someone holds it and neither is true. */
    mode,
    /** Nobody else is obeyed until then. */
    lock: z.object({ holder, until: timestampSchema }).optional(),
    /** The buttons of this rig. */
    scenes: z.array(z.object({ id: sceneId, name: z.string().max(80) })).max(32),
    /** The button that was carried out last. */
    scene: sceneId.optional(),
    lastRun: z
      .object({
        scene: sceneId,
        at: timestampSchema,
        outcome,
        /** The step that failed, in words. */
        failed: z.string().max(200).optional(),
      })
      .optional(),
    parts: z
      .array(
        z.object({
          name: partName,
          role: z.enum(['mixer', 'camera', 'recorder', 'switcher']),
          status: z.enum(['starting', 'up', 'busy', 'refused', 'down']),
          since: timestampSchema,
          problem: problemSchema.optional(),
        }),
      )
      .max(32),
    /** Names of the parts that need a person; empty when all is well. */
    attention: z.array(partName).max(32),
  }),
  metrics: {
    partsDown: { label: { vi: 'Thiết bị không trả lời', en: 'Parts that do not answer' }, unit: '', deadband: 1 },
  },
  events: {
    mode: z.object({ from: mode, to: mode }),
    /** A part went away or came back. */
    part: z.object({ part: partName, from: z.string().max(20), to: z.string().max(20), message: z.string().max(300) }),
    sceneRun: z.object({ scene: sceneId, outcome, failed: z.string().max(200).optional() }),
    lock: z.object({ holder: holder.optional(), by: holder.optional() }),
  },
  commands: {
    runScene: {
      label: { vi: 'Chạy kịch bản', en: 'Run scene' },
      args: z.object({ scene: sceneId, holder: holder.optional() }),
      idempotent: false,
      disturbs: 'none',
      danger: 'medium',
      requires: [],
      effect: {
        vi: 'Từng bước được kiểm tra; nếu một bước hỏng, các bước trước được hoàn tác.',
        en: 'Each step is verified; when one fails, those before it are taken back.',
      },
    },
    lock: {
      label: { vi: 'Giữ phòng thu', en: 'Hold' },
      args: z.object({ holder, minutes: z.int().min(1).max(480) }),
      idempotent: true,
      disturbs: 'none',
      danger: 'low',
      requires: [],
      effect: {
        vi: 'Chỉ người giữ mới điều khiển được cho đến khi hết giờ.',
        en: 'Only the holder can operate the rig until the time is over.',
      },
    },
    unlock: {
      label: { vi: 'Thôi giữ', en: 'Release' },
      /** `force` takes it from whoever holds it. */
      args: z.object({ holder: holder.optional(), force: z.boolean().optional() }),
      idempotent: true,
      effect: { vi: 'Người khác điều khiển được phòng thu ngay.', en: 'Others can operate the rig at once.' },
      disturbs: 'none',
      danger: 'low',
      requires: [],
    },
  },
});
