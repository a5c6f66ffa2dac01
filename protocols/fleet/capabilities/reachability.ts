import { z } from 'zod';
import { timestampSchema } from '../ids.ts';
import { problemSchema } from '../problem.ts';
import { defineCapability } from './capability.ts';

/** The agent's own probe of the device: one of the three signals of health. */
export const reachability = defineCapability({
  name: 'reachability',
  label: { vi: 'Kết nối', en: 'Reachability' },
  state: z.object({
    /** `up` answers and accepts us; `up-without-authentication` answers but refuses our credentials; `reachable` has an open port only. */
    status: z.enum(['up', 'up-without-authentication', 'reachable', 'unreachable']),
    since: timestampSchema,
    problem: problemSchema.optional(),
  }),
  metrics: {
    latency: { label: { vi: 'Độ trễ', en: 'Latency' }, unit: 'ms', deadband: 20 },
  },
  events: {},
  commands: {
    probe: {
      label: { vi: 'Kiểm tra lại', en: 'Probe now' },
      args: z.object({}),
      idempotent: true,
      effect: {
        vi: 'Thiết bị được hỏi lại ngay; người trong phòng không thấy gì.',
        en: 'The device is asked again at once; nobody in the room notices.',
      },
      disturbs: 'none',
      danger: 'low',
      requires: [],
    },
  },
});
