import { z } from 'zod';
import { defineCapability } from '../capability.ts';
import { partName, rigArgs } from './args.ts';

const input = z.string().min(1).max(200);

/** What a mixer hears: microphones, players, whatever has a fader. */
export const sound = defineCapability({
  name: 'sound',
  label: { vi: 'Âm thanh', en: 'Sound' },
  state: z.object({
    inputs: z
      .array(
        z.object({
          part: partName,
          name: input,
          muted: z.boolean(),
          /** Of its fader; 0 leaves it as it comes. Absent where the fader is closed. */
          decibels: z.number().min(-200).max(60).optional(),
        }),
      )
      .max(64),
  }),
  metrics: {},
  events: {
    /** Someone muted or opened an input. */
    muted: z.object({ part: partName, input, muted: z.boolean() }),
  },
  commands: {
    mute: {
      label: { vi: 'Tắt hoặc mở tiếng', en: 'Mute or open' },
      args: z.object({ input, muted: z.boolean(), ...rigArgs }),
      idempotent: true,
      effect: {
        vi: 'Tiếng trong bản ghi và buổi phát mất hoặc có lại ngay.',
        en: 'The sound of recording and stream goes or comes back at once.',
      },
      disturbs: 'none',
      danger: 'low',
      requires: [],
    },
  },
});
