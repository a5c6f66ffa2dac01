import { z } from 'zod';
import { defineCapability } from '../capability.ts';

const token = z.string().min(1).max(80);
const mode = z.enum(['bistable', 'monostable']);
const idle = z.enum(['open', 'closed']);
const delaySeconds = z.number().min(0).max(86_400);

/** Contacts of a device: outputs that switch a lamp, a siren or a door, and inputs such as a push-button or a door contact. */
export const relay = defineCapability({
  name: 'relay',
  label: { vi: 'Tiếp điểm', en: 'Relay contacts' },
  state: z.object({
    outputs: z
      .array(
        z.object({
          token,
          /** Absent while the device has not told. */
          active: z.boolean().optional(),
          /** `bistable` stays as it was set; `monostable` goes back by itself. */
          mode,
          /** After how long it goes back. */
          delaySeconds: delaySeconds.optional(),
          /** What the contact is while the output is inactive. */
          idle,
        }),
      )
      .max(64),
    inputs: z.array(z.object({ token, active: z.boolean().optional() })).max(64),
  }),
  metrics: {},
  events: {
    input: z.object({ token, active: z.boolean() }),
    output: z.object({ token, active: z.boolean() }),
  },
  commands: {
    set: {
      label: { vi: 'Đóng hoặc ngắt', en: 'Switch' },
      args: z.object({ token, active: z.boolean() }),
      idempotent: false,
      disturbs: 'room',
      danger: 'medium',
      requires: [],
      effect: {
        vi: 'Thiết bị nối vào tiếp điểm hoạt động ngay: đèn, còi hoặc khóa cửa.',
        en: 'Whatever is wired to the contact acts at once: a lamp, a siren or a door lock.',
      },
    },
    configure: {
      label: { vi: 'Cấu hình', en: 'Configure' },
      args: z.object({ token, mode, delaySeconds: delaySeconds.optional(), idle: idle.optional() }),
      idempotent: true,
      disturbs: 'none',
      danger: 'medium',
      requires: [],
      effect: {
        vi: 'Đổi trạng thái nghỉ có thể đóng hoặc ngắt tiếp điểm ngay.',
        en: 'A new idle state may switch the contact at once.',
      },
    },
  },
});
