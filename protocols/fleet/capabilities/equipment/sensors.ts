import { z } from 'zod';
import { defineCapability } from '../capability.ts';

/** What a machine measures of itself, sensor by sensor. Metrics carry the sensor's id as instance; temperatures are of `temperature`. */
export const sensors = defineCapability({
  name: 'sensors',
  label: { vi: 'Cảm biến', en: 'Sensors' },
  state: z.object({
    sensors: z
      .array(
        z.object({
          /** Instance of its metric, stable for one device. */
          id: z.string().regex(/^[\w./:-]{1,60}$/),
          name: z.string().max(120),
          /** `share` is a percentage, `state` has no number. */
          kind: z.enum(['temperature', 'fan', 'voltage', 'current', 'power', 'share', 'state']),
          /** By the machine's own limits; `unknown` where it does not judge, `absent` where nothing is measured now. */
          level: z.enum(['ok', 'warning', 'error', 'unknown', 'absent']),
        }),
      )
      .max(128),
  }),
  metrics: {
    fan: { label: { vi: 'Tốc độ quạt', en: 'Fan speed' }, unit: 'RPM', deadband: 200 },
    voltage: { label: { vi: 'Điện áp', en: 'Voltage' }, unit: 'V', deadband: 0.1 },
    current: { label: { vi: 'Dòng điện', en: 'Current' }, unit: 'A', deadband: 0.2 },
    power: { label: { vi: 'Công suất', en: 'Power' }, unit: 'W', deadband: 10 },
    share: { label: { vi: 'Tỷ lệ', en: 'Share' }, unit: '%', deadband: 5 },
  },
  events: {},
  commands: {},
});
