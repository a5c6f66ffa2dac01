import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Calendar, calendarSchema, emptyCalendar } from '../../../../protocols/fleet/calendar/calendar.ts';
import { addDays } from '../../../../protocols/fleet/calendar/date.ts';
import { dayOf } from '../../../../protocols/fleet/calendar/day.ts';
import { dateAt, lessonIntervals, momentOf } from '../../../../protocols/fleet/calendar/moment.ts';
import { anyCalendar, anyInstant, timeZones } from './calendars.ts';

const weekdays = [1, 2, 3, 4, 5];
const school: Calendar = {
  timeZone: 'Asia/Ho_Chi_Minh',
  terms: [
    { name: 'Học kỳ I', from: '2026-09-05', to: '2027-01-16' },
    { name: 'Học kỳ II', from: '2027-01-18', to: '2027-05-29' },
  ],
  periods: [
    { name: 'Tiết 1', days: weekdays, from: '07:00', to: '07:45' },
    { name: 'Tiết 2', days: weekdays, from: '07:45', to: '08:30' },
    { name: 'Tiết 3', days: weekdays, from: '08:50', to: '09:35' },
  ],
  daysOff: [
    { name: 'Tết Nguyên đán', kind: 'tet', from: '2027-02-04', to: '2027-02-12' },
    { name: 'Nghỉ bù', kind: 'holiday', from: '2026-12-18', to: '2026-12-18' },
  ],
  makeUpDays: [{ name: 'Học bù', date: '2026-10-10', as: 1 }],
  exams: [
    {
      name: 'Kiểm tra học kỳ I',
      from: '2026-12-16',
      to: '2026-12-22',
      periods: [{ name: 'Ca 1', days: weekdays, from: '07:30', to: '09:00' }],
    },
  ],
};
const at = (wall: string) => momentOf(school, Date.parse(`${wall}:00+07:00`));
const iso = (ms: number) => new Date(ms).toISOString();

describe('dayOf', () => {
  it.each([
    ['2026-09-07', 'lessons', undefined],
    ['2026-09-06', 'no-lessons', undefined],
    ['2026-10-10', 'lessons', 'Học bù'],
    ['2027-02-08', 'off', 'Tết Nguyên đán'],
    ['2026-12-16', 'exam', 'Kiểm tra học kỳ I'],
    ['2026-12-18', 'off', 'Nghỉ bù'],
    ['2026-12-20', 'no-lessons', undefined],
    ['2027-07-01', 'no-lessons', undefined],
  ])('%s is %s', (date, kind, name) => {
    expect(dayOf(school, date)).toMatchObject({ date, kind, ...(name ? { name } : {}) });
  });

  it('freezes every day of an examination, also the holiday and the Sunday within', () => {
    const frozen = ['2026-12-15', '2026-12-16', '2026-12-18', '2026-12-20', '2026-12-22', '2026-12-23'];
    expect(frozen.map((date) => dayOf(school, date).isFrozen)).toEqual([false, true, true, true, true, false]);
  });

  it('does not claim to know a day that nothing covers, nor one whose hours nobody has said', () => {
    expect(dayOf(school, '2027-07-01').isKnown).toBe(false);
    expect(dayOf({ ...school, periods: [] }, '2026-09-07')).toMatchObject({ kind: 'no-lessons', isKnown: false });
    expect(dayOf({ ...school, periods: [] }, '2027-02-08')).toMatchObject({ kind: 'off', isKnown: true });
    const untimed = { ...emptyCalendar, exams: [{ name: 'Thi', from: '2027-06-10', to: '2027-06-11' }] };
    expect(dayOf(untimed, '2027-06-10')).toMatchObject({ kind: 'exam', isFrozen: true, isKnown: false });
  });
});

describe('momentOf', () => {
  it('tells lessons, breaks and examinations by the clock on the wall', () => {
    expect(at('2026-09-07T06:59')).toMatchObject({ isLesson: false, isKnown: true });
    expect(at('2026-09-07T07:00')).toMatchObject({ isLesson: true, isExam: false, period: { name: 'Tiết 1' } });
    expect(at('2026-09-07T07:45')).toMatchObject({ isLesson: true, period: { name: 'Tiết 2' } });
    expect(at('2026-09-07T08:30')).toMatchObject({ isLesson: false, isKnown: true });
    expect(at('2026-12-16T07:15')).toMatchObject({ isLesson: false, isExam: false, isFrozen: true });
    expect(at('2026-12-16T07:30')).toMatchObject({ isLesson: true, isExam: true, isFrozen: true });
  });

  it('says when the next thing begins', () => {
    expect(iso(at('2026-09-07T07:10').changesAtMs)).toBe('2026-09-07T00:45:00.000Z');
    expect(iso(at('2026-09-07T08:31').changesAtMs)).toBe('2026-09-07T01:50:00.000Z');
    expect(iso(at('2026-09-07T20:00').changesAtMs)).toBe('2026-09-07T17:00:00.000Z');
  });

  it('follows the wall through the nights when clocks change', () => {
    const berlin: Calendar = {
      ...school,
      timeZone: 'Europe/Berlin',
      daysOff: [],
      exams: [],
      periods: [{ name: 'Nacht', days: [7], from: '02:30', to: '03:30' }],
    };
    // 28 March 2027, 02:00 -> 03:00: what begins in the skipped hour begins when it has been skipped.
    expect(lessonIntervals(berlin, Date.parse('2027-03-28T00:00Z'), Date.parse('2027-03-28T12:00Z'))).toEqual([
      { fromMs: Date.parse('2027-03-28T01:00Z'), toMs: Date.parse('2027-03-28T01:30Z') },
    ]);
    // 25 October 2026, 03:00 -> 02:00: the hour that is shown twice counts from its first time.
    expect(lessonIntervals(berlin, Date.parse('2026-10-24T22:00Z'), Date.parse('2026-10-25T12:00Z'))).toEqual([
      { fromMs: Date.parse('2026-10-25T00:30Z'), toMs: Date.parse('2026-10-25T02:30Z') },
    ]);
  });

  it('gives the same answer until the change it names, and another one from then on', () => {
    const answerOf = (calendar: Calendar, atMs: number) => {
      const { changesAtMs, ...answer } = momentOf(calendar, atMs);
      return { changesAtMs, answer };
    };
    fc.assert(
      fc.property(anyCalendar, anyInstant, fc.double({ min: 0, max: 1, noNaN: true }), (calendar, atMs, share) => {
        const { changesAtMs, answer } = answerOf(calendar, atMs);
        expect(changesAtMs).toBeGreaterThan(atMs);
        const between = atMs + Math.floor((changesAtMs - 1 - atMs) * share);
        expect(answerOf(calendar, between)).toEqual({ changesAtMs, answer });
        expect(answerOf(calendar, changesAtMs).answer).not.toEqual(answer);
      }),
      { numRuns: 2_000 },
    );
  });

  it('puts every instant into one day, and the days in order without a hole', () => {
    fc.assert(
      fc.property(fc.constantFrom(...timeZones), anyInstant, (timeZone, atMs) => {
        const { day, changesAtMs } = momentOf({ ...emptyCalendar, timeZone }, atMs);
        expect(day.date).toBe(dateAt(timeZone, atMs));
        expect(dateAt(timeZone, changesAtMs - 1)).toBe(day.date);
        expect(dateAt(timeZone, changesAtMs)).toBe(addDays(day.date, 1));
      }),
    );
  });

  it('passes the day that a place skipped when it crossed the date line', () => {
    const before = momentOf({ ...emptyCalendar, timeZone: 'Pacific/Apia' }, Date.parse('2011-12-30T09:59:59Z'));
    expect(before.day.date).toBe('2011-12-29');
    expect(dateAt('Pacific/Apia', before.changesAtMs)).toBe('2011-12-31');
  });
});

describe('lessonIntervals', () => {
  it('are the hours in which momentOf says that there is a lesson', () => {
    fc.assert(
      fc.property(
        anyCalendar,
        anyInstant,
        fc.integer({ min: 0, max: 3 * 86_400_000 }),
        (calendar, fromMs, lengthMs) => {
          const toMs = fromMs + lengthMs;
          const expected: { fromMs: number; toMs: number }[] = [];
          for (let ms = fromMs; ms < toMs; ) {
            const { isLesson, changesAtMs } = momentOf(calendar, ms);
            const end = Math.min(changesAtMs, toMs);
            const last = expected.at(-1);
            if (isLesson && last?.toMs === ms) last.toMs = end;
            else if (isLesson) expected.push({ fromMs: ms, toMs: end });
            ms = end;
          }
          expect(lessonIntervals(calendar, fromMs, toMs)).toEqual(expected);
        },
      ),
      { numRuns: 500 },
    );
  });

  it('joins periods without a break, and knows none where the calendar knows none', () => {
    const day = Date.parse('2026-09-07T00:00:00+07:00');
    expect(lessonIntervals(school, day, day + 86_400_000).map((span) => [iso(span.fromMs), iso(span.toMs)])).toEqual([
      ['2026-09-07T00:00:00.000Z', '2026-09-07T01:30:00.000Z'],
      ['2026-09-07T01:50:00.000Z', '2026-09-07T02:35:00.000Z'],
    ]);
    expect(lessonIntervals(emptyCalendar, day, day + 86_400_000)).toEqual([]);
  });
});

describe('calendarSchema', () => {
  it('takes any calendar of these tests', () => {
    fc.assert(fc.property(anyCalendar, (calendar) => void calendarSchema.parse(calendar)));
    calendarSchema.parse(school);
  });

  it.each([
    ['a day that does not exist', { terms: [{ name: 'HK', from: '2026-02-30', to: '2026-05-01' }] }],
    ['an hour that does not exist', { periods: [{ name: 'T', days: [1], from: '24:00', to: '25:00' }] }],
    ['an eighth weekday', { periods: [{ name: 'T', days: [8], from: '07:00', to: '08:00' }] }],
    ['an unknown time zone', { timeZone: 'Asia/Quang_Ngai' }],
    ['a nameless holiday', { daysOff: [{ name: ' ', kind: 'holiday', from: '2026-09-02', to: '2026-09-02' }] }],
  ])('refuses %s', (_, change) => {
    expect(calendarSchema.safeParse({ ...school, ...change }).success).toBe(false);
  });
});
