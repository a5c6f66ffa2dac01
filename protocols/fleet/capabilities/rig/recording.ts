import { z } from 'zod';
import { defineCapability } from '../capability.ts';
import { partName, rigArgs } from './args.ts';

const state = z.enum(['stopped', 'starting', 'recording', 'paused', 'stopping', 'unknown']);

/** Recording of picture and sound. A command succeeds when the recorder itself says that it happened, not when it accepts the order. */
export const recording = defineCapability({
  name: 'recording',
  label: { vi: 'Ghi hình', en: 'Recording' },
  state: z.object({
    /** Of the recorder that is busiest, where there are several. */
    state,
    recorders: z
      .array(
        z.object({
          part: partName,
          state,
          /** The file, folder or volume that it writes to. */
          output: z.string().max(500).optional(),
          /** The file that was finished last. */
          lastOutput: z.string().max(500).optional(),
          freeBytes: z.number().min(0).optional(),
          /** How long it can still record. */
          freeSeconds: z.number().min(0).optional(),
        }),
      )
      .max(16),
  }),
  metrics: {
    free: { label: { vi: 'Dung lượng còn', en: 'Space left' }, unit: 'B', deadband: 1_000_000_000 },
    freeTime: { label: { vi: 'Thời lượng còn ghi được', en: 'Recording time left' }, unit: 's', deadband: 60 },
    duration: { label: { vi: 'Đã ghi', en: 'Recorded' }, unit: 's', deadband: 30 },
  },
  events: {
    changed: z.object({ part: partName, from: state, to: state, output: z.string().max(500).optional() }),
  },
  commands: {
    start: {
      label: { vi: 'Bắt đầu ghi', en: 'Start' },
      args: z.object(rigArgs),
      idempotent: false,
      effect: {
        vi: 'Hình và tiếng trong phòng bắt đầu được ghi: hãy báo cho người trong phòng.',
        en: 'Picture and sound of the room are recorded from now on: tell the people in it.',
      },
      disturbs: 'none',
      danger: 'low',
      requires: [],
    },
    stop: {
      label: { vi: 'Dừng ghi', en: 'Stop' },
      args: z.object(rigArgs),
      idempotent: false,
      effect: {
        vi: 'Việc ghi dừng và tệp đang ghi kết thúc ngay.',
        en: 'The recording stops and its file ends at once.',
      },
      disturbs: 'none',
      danger: 'medium',
      requires: [],
    },
    pause: {
      label: { vi: 'Tạm dừng', en: 'Pause' },
      args: z.object(rigArgs),
      idempotent: true,
      effect: {
        vi: 'Việc ghi tạm dừng: phần sau không có trong bản ghi.',
        en: 'The recording pauses: what follows is not in it.',
      },
      disturbs: 'none',
      danger: 'low',
      requires: [],
    },
    resume: {
      label: { vi: 'Ghi tiếp', en: 'Resume' },
      args: z.object(rigArgs),
      idempotent: true,
      effect: {
        vi: 'Hình và tiếng trong phòng lại được ghi.',
        en: 'Picture and sound of the room are recorded again.',
      },
      disturbs: 'none',
      danger: 'low',
      requires: [],
    },
  },
});
