import { describe, expect, it } from 'vitest';
import { draftOf, isComplete, nextPeriod, sections, withNew } from '../../../hub/dashboard/src/views/calendar/items.ts';
import type { CalendarView } from '../../../protocols/api/operation/calendar.ts';

const nth = (number: number) => `Tiết ${number}`;
const origin = { id: 1, name: 'Tỉnh Quảng Ngãi', kind: 'province' as const };
const view: CalendarView = {
  unit: { id: 2, name: 'THCS Nghĩa Lộ', kind: 'school' },
  from: '2026-08-01',
  to: '2027-07-31',
  timeZone: 'Asia/Ho_Chi_Minh',
  terms: [{ name: 'Học kỳ I', from: '2026-09-05', to: '2027-01-10', toConfirm: true, origin }],
  periods: [{ name: 'Tiết 1', days: [1, 2], from: '07:00', to: '07:45', origin }],
  daysOff: [{ name: 'Quốc khánh', kind: 'holiday', from: '2026-09-02', to: '2026-09-02', origin }],
  makeUpDays: [],
  exams: [],
  cancelled: [],
  days: [],
};

describe('what a dialog of the calendar begins with', () => {
  it('is what is inherited where it would be replaced, and nothing where it would be added', () => {
    expect(draftOf(view, 'terms').terms).toEqual([
      { name: 'Học kỳ I', from: '2026-09-05', to: '2027-01-10', toConfirm: true },
    ]);
    expect(draftOf(view, 'periods')).toMatchObject({ periods: [{ name: 'Tiết 1' }] });
    expect(draftOf(view, 'periods').terms).toBeUndefined();
    expect(draftOf(view, 'daysOff')).toEqual({ daysOff: [], makeUpDays: [], exams: [], cancelled: [] });
  });

  it('goes on from the last item', () => {
    const period = { name: 'Tiết 1', days: [1], from: '07:00', to: '07:45' };
    expect(nextPeriod([period], 'Tiết 2')).toEqual({ name: 'Tiết 2', days: [1], from: '07:50', to: '08:35' });
    expect(nextPeriod([{ ...period, to: '23:40' }], 'x')).toMatchObject({ from: '23:45', to: '23:59' });
    expect(withNew(draftOf(view, 'terms'), 'terms', '2026-09-01', nth).terms?.[1]).toMatchObject({
      from: '2027-01-11',
    });
  });

  it('is complete once each item has its name, days and hours', () => {
    for (const section of sections.filter((one) => one !== 'periods'))
      expect(isComplete(withNew(draftOf(view, section), section, '2026-11-24', nth)), section).toBe(false);
    const periods = withNew(draftOf(view, 'periods'), 'periods', '2026-11-24', nth);
    expect(isComplete(periods)).toBe(true);
    expect(isComplete({ ...periods, periods: [{ name: 'T', days: [], from: '07:00', to: '07:45' }] })).toBe(false);
  });
});
