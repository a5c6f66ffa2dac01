import { z } from 'zod';
import { defineCapability } from '../capability.ts';

/** One line: a line end would begin another command on some wires. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are exactly the characters that are refused
const line = z.string().regex(/^[^\u0000-\u001f\u007f\u2028\u2029]{1,160}$/);

/** A line of text over the picture of a screen. */
export const message = defineCapability({
  name: 'message',
  label: { vi: 'Thông báo trên màn hình', en: 'Message on the screen' },
  state: z.object({
    /** As the screen shows it, which may lack marks that its letters do not have; absent while it shows none. */
    text: z.string().max(300).optional(),
  }),
  metrics: {},
  events: {},
  commands: {
    show: {
      label: { vi: 'Hiện thông báo', en: 'Show a message' },
      /** It goes away by itself after `minutes`, or at midnight. */
      args: z.object({ text: line, minutes: z.int().min(1).max(240) }),
      idempotent: true,
      disturbs: 'room',
      danger: 'low',
      requires: [],
      effect: {
        vi: 'Dòng chữ chạy trên hình, cả lớp nhìn thấy; có thể không có dấu.',
        en: 'The line runs over the picture and the whole class sees it; marks may be left out.',
      },
    },
    clear: {
      label: { vi: 'Xóa thông báo', en: 'Take it away' },
      args: z.object({}),
      idempotent: true,
      effect: { vi: 'Dòng chữ trên hình biến mất.', en: 'The words on the picture go.' },
      disturbs: 'room',
      danger: 'low',
      requires: [],
    },
  },
});
