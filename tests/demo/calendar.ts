import type { z } from 'zod';
import {
  calendarChangeResult,
  calendarTemplates,
  calendarViewSchema,
  type changeCalendarBody,
} from '../../protocols/api/operation/calendar.ts';
import { unitSchema } from '../../protocols/api/units.ts';
import type { Api } from '../support/api.ts';

type Layer = NonNullable<z.input<typeof changeCalendarBody>['layer']>;

/** Sample dates of the school itself: a storm, the day that makes up for it, and an examination of its own. */
const ofSchool: Layer = {
  daysOff: [{ name: 'Nghỉ tránh bão', kind: 'break', from: '2026-10-22', to: '2026-10-22' }],
  makeUpDays: [{ name: 'Học bù ngày nghỉ bão', date: '2026-10-25', as: 4 }],
  exams: [
    {
      name: 'Kiểm tra giữa học kỳ I',
      from: '2026-11-02',
      to: '2026-11-04',
      periods: [
        { name: 'Ca 1', days: [1, 2, 3], from: '07:30', to: '09:00' },
        { name: 'Ca 2', days: [1, 2, 3], from: '09:30', to: '11:00' },
      ],
    },
  ],
};

/** A school year for the province and dates of the school, where nobody has set any. True when something was set. */
export async function ensureCalendar(api: Api, school: number): Promise<boolean> {
  const { trail } = await api.get(`/api/v1/units/${school}`, unitSchema);
  const { rows } = await api.get('/api/v1/calendar-templates', calendarTemplates);
  const [root, template] = [trail[0], rows[0]];
  if (!root || !template) throw new Error('the hub has no root of its organisation, or no school year to begin with');
  const first = await ensureLayer(api, root.id, template.layer);
  const second = await ensureLayer(api, school, ofSchool);
  return first || second;
}

async function ensureLayer(api: Api, unit: number, layer: Layer): Promise<boolean> {
  const { own } = await api.get(`/api/v1/units/${unit}/calendar`, calendarViewSchema);
  if (own) return false;
  const body = { layer, basedOn: 0, reason: 'dữ liệu mẫu' };
  await api.post(`/api/v1/units/${unit}/calendar`, body, calendarChangeResult);
  return true;
}
