import fc from 'fast-check';
import type { Calendar } from '../../../../protocols/fleet/calendar/calendar.ts';
import { addDays } from '../../../../protocols/fleet/calendar/date.ts';

/** Places without summer time, with it in the north and the south, with half hours, and with days that clocks skip. */
export const timeZones = [
  'Asia/Ho_Chi_Minh',
  'Europe/Berlin',
  'America/New_York',
  'America/Havana',
  'Australia/Lord_Howe',
  'America/Sao_Paulo',
  'Pacific/Apia',
  'Asia/Kathmandu',
];

const firstDay = '2026-01-01';
const date = fc.nat(400).map((days) => addDays(firstDay, days));
const span = fc.tuple(date, fc.nat(60)).map(([from, days]) => ({ from, to: addDays(from, days) }));
const wallTime = fc
  .nat(287)
  .map((five) => `${String(Math.floor(five / 12)).padStart(2, '0')}:${String((five % 12) * 5).padStart(2, '0')}`);
const period = fc.record({
  name: fc.constantFrom('Tiết 1', 'Tiết 2'),
  days: fc.uniqueArray(fc.integer({ min: 1, max: 7 }), { minLength: 1 }),
  from: wallTime,
  to: wallTime,
});
const periods = fc.array(period, { maxLength: 6 });
const name = fc.constantFrom('A', 'B');

/** Any calendar that the schema takes, also one that no person would save: spans that overlap, periods turned round. */
export const anyCalendar: fc.Arbitrary<Calendar> = fc.record({
  timeZone: fc.constantFrom(...timeZones),
  terms: fc.array(
    fc.tuple(name, span).map(([named, days]) => ({ name: named, ...days })),
    { maxLength: 3 },
  ),
  periods,
  daysOff: fc.array(
    fc
      .tuple(name, fc.constantFrom('holiday' as const, 'tet' as const, 'break' as const), span)
      .map(([named, kind, days]) => ({ name: named, kind, ...days })),
    { maxLength: 3 },
  ),
  makeUpDays: fc.array(fc.record({ name, date, as: fc.integer({ min: 1, max: 7 }) }), { maxLength: 3 }),
  exams: fc.array(
    fc
      .tuple(name, span, fc.option(periods))
      .map(([named, days, own]) => ({ name: named, ...days, ...(own ? { periods: own } : {}) })),
    { maxLength: 2 },
  ),
});

const firstMs = Date.parse('2025-12-30T00:00:00Z');

/** An instant of those years, also one between two minutes. */
export const anyInstant = fc.integer({ min: firstMs, max: firstMs + 460 * 86_400_000 });
