import { z } from 'zod';
import { defineCapability } from './capability.ts';

/** A reader of radio tags and its antennas. */
export const tagreader = defineCapability({
  name: 'tagreader',
  label: { vi: 'Đầu đọc thẻ', en: 'Tag reader' },
  state: z.object({
    antennas: z
      .array(z.object({ id: z.int().min(0), state: z.enum(['connected', 'disconnected', 'unknown']) }))
      .max(64),
  }),
  metrics: {
    /** Tags in the field at this moment. */
    present: { label: { vi: 'Thẻ trong vùng đọc', en: 'Tags in the field' }, unit: '', deadband: 1 },
    moved: { label: { vi: 'Lượt đổi ăng-ten', en: 'Moves between antennas' }, unit: '', deadband: 1 },
    departed: { label: { vi: 'Lượt thẻ rời đi', en: 'Departures' }, unit: '', deadband: 1 },
    exceptions: { label: { vi: 'Lỗi đầu đọc', en: 'Reader exceptions' }, unit: '', deadband: 1 },
  },
  events: {
    antenna: z.object({ antenna: z.int().min(0), connected: z.boolean() }),
    exception: z.object({ message: z.string().max(300) }),
  },
  commands: {},
});
