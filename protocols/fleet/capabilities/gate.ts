import { z } from 'zod';
import { timestampSchema } from '../ids.ts';
import { defineCapability } from './capability.ts';
import { alarmSounding } from './precondition.ts';

const item = z.string().min(1).max(80);

/** A gate that people and items pass. It names items only: never a person, never who has borrowed what. */
export const gate = defineCapability({
  name: 'gate',
  label: { vi: 'Cổng an ninh', en: 'Security gate' },
  state: z.object({
    /** It looks for items at this moment; absent for a gate that only counts. */
    reading: z.boolean().optional(),
    /** The siren or lamp is on. */
    alarmOutput: z.boolean().optional(),
    lastAlarmAt: timestampSchema.optional(),
    /** Alarms are counted and told, but make no noise until then. */
    silencedUntil: timestampSchema.optional(),
    /** Whether the system that knows the items answers; absent for a gate that decides by itself. */
    lookup: z.enum(['ready', 'connecting', 'unavailable', 'refused', 'unsupported']).optional(),
  }),
  metrics: {
    passes: { label: { vi: 'Lượt tài liệu qua', en: 'Item passes' }, unit: '', deadband: 1 },
    people: { label: { vi: 'Lượt người qua', en: 'People' }, unit: '', deadband: 1 },
    alarms: { label: { vi: 'Lượt báo động', en: 'Alarms' }, unit: '', deadband: 1 },
    unknownItems: { label: { vi: 'Thẻ không rõ', en: 'Unknown items' }, unit: '', deadband: 1 },
    /** Items that passed while nobody could say whether they may. */
    undecided: { label: { vi: 'Chưa quyết định được', en: 'Undecided' }, unit: '', deadband: 1 },
  },
  events: {
    /** Without an item where the gate cannot tell one from another. */
    alarm: z.object({
      item: item.optional(),
      reason: z.enum([
        'available',
        'in-process',
        'on-hold',
        'reshelving',
        'in-transit',
        'lost',
        'missing',
        'in-stock',
        'not-released',
        'unknown-item',
        'external',
      ]),
    }),
    unknownItem: z.object({ item: item.optional(), reason: z.string().max(40) }),
    /** The system that knows the items is back, or has gone. */
    lookup: z.object({ from: z.string().max(20), to: z.string().max(20) }),
    /** The siren or lamp does not do what it is told. */
    outputFailed: z.object({ message: z.string().max(300) }),
  },
  commands: {
    silence: {
      label: { vi: 'Tắt còi', en: 'Silence' },
      args: z.object({ minutes: z.int().min(1).max(60).optional() }),
      idempotent: true,
      disturbs: 'room',
      danger: 'low',
      requires: [],
      effect: {
        vi: 'Còi tắt ngay; nếu có số phút, báo động vẫn được ghi nhưng không kêu trong thời gian đó.',
        en: 'The siren stops at once; with minutes, alarms are still recorded but make no noise for that long.',
      },
    },
    testAlarm: {
      label: { vi: 'Thử còi', en: 'Test the siren' },
      args: z.object({}),
      idempotent: false,
      effect: {
        vi: 'Còi kêu vài giây; mọi người ở gần đều nghe thấy.',
        en: 'The siren sounds for some seconds; everybody nearby hears it.',
      },
      disturbs: 'school',
      danger: 'medium',
      requires: [alarmSounding],
    },
  },
});
