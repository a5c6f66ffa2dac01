import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { assessDevice, type DeviceSignals, type Verdict } from '../../../../hub/health/judgement/assess.ts';
import { expectPower, isSwitchedDaily, wakeMs } from '../../../../hub/health/judgement/expectation.ts';
import { type Calendar, emptyCalendar } from '../../../../protocols/fleet/calendar/calendar.ts';
import { lessonIntervals, momentOf } from '../../../../protocols/fleet/calendar/moment.ts';

const everyDay = [1, 2, 3, 4, 5];
const calendar: Calendar = {
  ...emptyCalendar,
  terms: [{ name: 'Học kỳ 2', from: '2026-01-12', to: '2026-05-29' }],
  periods: [
    { name: 'Tiết 1', days: everyDay, from: '07:00', to: '07:45' },
    { name: 'Tiết 2', days: everyDay, from: '07:50', to: '08:35' },
    { name: 'Tiết 3', days: everyDay, from: '13:30', to: '14:15' },
  ],
  daysOff: [{ name: 'Tết Bính Ngọ', kind: 'tet', from: '2026-02-14', to: '2026-02-22' }],
  exams: [{ name: 'Thi giữa kỳ', from: '2026-03-19', to: '2026-03-20' }],
};
/** An instant by the wall of a school in Viet Nam. */
const at = (wall: string) => Date.parse(`${wall}:00+07:00`);
const expected = (wall: string) => expectPower(undefined, calendar, at(wall))?.expected;

describe('what is expected of power', () => {
  it('follows the lessons, with time before and after them', () => {
    const day = [
      '05:00',
      '06:49',
      '06:50',
      '07:00',
      '07:47',
      '08:34',
      '08:35',
      '09:04',
      '09:05',
      '13:20',
      '14:15',
      '22:00',
    ];
    expect(day.map((time) => [time, expected(`2026-03-02T${time}`)])).toEqual([
      ['05:00', 'off'],
      ['06:49', 'off'],
      ['06:50', 'on'],
      ['07:00', 'on'],
      ['07:47', 'on'],
      ['08:34', 'on'],
      ['08:35', 'either'],
      ['09:04', 'either'],
      ['09:05', 'off'],
      ['13:20', 'on'],
      ['14:15', 'either'],
      ['22:00', 'off'],
    ]);
  });

  it('knows days off and Sundays, and nothing beyond the term', () => {
    expect(expected('2026-02-17T07:30')).toBe('off');
    expect(expected('2026-03-08T07:30')).toBe('off');
    expect(expected('2026-07-01T22:00')).toBeUndefined();
    expect(expectPower(undefined, emptyCalendar, at('2026-03-02T22:00'))).toBeUndefined();
    expect(expectPower(undefined, undefined, at('2026-03-02T22:00'))).toBeUndefined();
  });

  it('lets a power schedule win', () => {
    expect(expectPower('on', calendar, at('2026-03-02T22:00'))).toMatchObject({ expected: 'on' });
    expect(expectPower('off', calendar, at('2026-03-02T07:30'))).toMatchObject({ expected: 'off' });
  });

  it('says by which day, period or examination', () => {
    const why = (wall: string) => expectPower(undefined, calendar, at(wall))?.why.vi;
    expect(why('2026-02-17T07:30')).toBe('Ngày nghỉ: Tết Bính Ngọ');
    expect(why('2026-03-02T07:30')).toBe('Đang trong giờ học: Tiết 1');
    expect(why('2026-03-19T07:30')).toBe('Đang trong giờ thi: Thi giữa kỳ, Tiết 1');
    expect(why('2026-03-02T06:55')).toBe('Giờ học bắt đầu lúc 07:00');
    expect(why('2026-03-02T22:00')).toBe('Ngoài giờ học của trường');
    expect(why('2026-03-08T22:00')).toBe('Hôm nay không có tiết học');
  });

  it('does not change before it says, and is never off in a lesson', () => {
    const from = at('2026-02-10T00:00');
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 45 * 24 * 60 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (minute, part) => {
          const nowMs = from + minute * 60_000;
          const now = expectPower(undefined, calendar, nowMs);
          if (momentOf(calendar, nowMs).isLesson) expect(now?.expected).toBe('on');
          const near = lessonIntervals(calendar, nowMs - 1_800_000, nowMs + 600_001);
          expect(now?.expected === 'off').toBe(near.length === 0 && momentOf(calendar, nowMs).isKnown);
          if (now?.changesAtMs === undefined) return;
          expect(now.changesAtMs).toBeGreaterThan(nowMs);
          const later = nowMs + Math.floor(part * (now.changesAtMs - nowMs - 1));
          expect(expectPower(undefined, calendar, later)?.expected).toBe(now.expected);
        },
      ),
    );
  });
});

describe('devices that are switched daily', () => {
  const offer = (...names: string[]) => Object.fromEntries(names.map((name) => [name, { commands: [] }]));
  it('are boards and projectors, and neither cameras nor switches nor servers', () => {
    expect(isSwitchedDaily(offer('identity', 'power', 'input', 'video', 'volume', 'lock'))).toBe(true);
    expect(isSwitchedDaily(offer('identity', 'power', 'lamp', 'temperature', 'input'))).toBe(true);
    expect(isSwitchedDaily(offer('identity', 'video', 'input'))).toBe(false);
    expect(isSwitchedDaily(offer('identity', 'power', 'video', 'snapshot', 'motion'))).toBe(false);
    expect(isSwitchedDaily(offer('identity', 'ports'))).toBe(false);
    expect(isSwitchedDaily(offer('identity', 'power', 'sensors', 'firmware'))).toBe(false);
    expect(isSwitchedDaily(offer('identity', 'power', 'host', 'storage'))).toBe(false);
  });
});

describe('a device that is off', () => {
  const well: Verdict = { state: 'ok', code: undefined, sinceMs: 1 };
  const signals = (wall: string, fields: Partial<DeviceSignals> = {}): DeviceSignals => ({
    agent: well,
    reachability: 'unreachable',
    lamp: undefined,
    temperature: undefined,
    storagePercent: undefined,
    faults: [],
    conditions: [],
    batteryPercent: undefined,
    heardSince: false,
    quietMs: 0,
    expectation: expectPower(undefined, calendar, at(wall)),
    ...fields,
  });
  const judged = (wall: string, before: Verdict | undefined = well, fields: Partial<DeviceSignals> = {}) =>
    assessDevice(signals(wall, fields), before, at(wall));

  it('is well at night, and told at once in a lesson', () => {
    expect(judged('2026-03-02T22:00')).toMatchObject({ state: 'expected-off', code: 'EF-2104' });
    expect(judged('2026-03-02T07:30')).toMatchObject({ state: 'unreachable', code: 'EF-2101' });
    expect(judged('2026-03-19T07:30')).toMatchObject({ state: 'unreachable' });
    expect(judged('2026-07-01T22:00')).toMatchObject({ state: 'unreachable' });
    expect(judged('2026-03-02T22:00', well, { expectation: undefined })).toMatchObject({ state: 'unreachable' });
  });

  it('gets its time to come up, and is then told', () => {
    const night = judged('2026-03-02T05:00');
    expect(judged('2026-03-02T06:55', night, { leftOffMs: 300_000 })).toBe(night);
    expect(judged('2026-03-02T07:04', night, { leftOffMs: wakeMs - 1 })).toBe(night);
    expect(judged('2026-03-02T07:05', night, { leftOffMs: wakeMs })).toMatchObject({ code: 'EF-2101' });
    expect(judged('2026-03-02T06:55', night, { reachability: 'up', heardSince: true })).toMatchObject({ state: 'ok' });
  });

  it('may be switched off at the bell; what was missed in the lesson stays missed until the time is over', () => {
    expect(judged('2026-03-02T08:40')).toMatchObject({ code: 'EF-2104' });
    const missed = judged('2026-03-02T08:20');
    expect(judged('2026-03-02T08:40', missed)).toBe(missed);
    expect(judged('2026-03-02T09:06', missed)).toMatchObject({ code: 'EF-2104' });
  });

  it('may say itself that it is off; a fault of it is told all the same', () => {
    const off = { reachability: 'up', power: 'off', heardSince: true } as const;
    expect(judged('2026-03-02T22:00', well, off)).toMatchObject({ code: 'EF-2104' });
    expect(judged('2026-03-02T07:30', well, off)).toMatchObject({ state: 'ok' });
    const faults = [{ part: 'lamp', level: 'error' } as const];
    expect(judged('2026-03-02T22:00', well, { ...off, faults })).toMatchObject({ code: 'EF-2301' });
  });

  it('stays off as planned over a restart of the hub when it was only quiet', () => {
    const quiet = { reachability: 'up', power: 'on' } as const;
    const night = judged('2026-03-02T22:00', well, { ...quiet, quietMs: 900_001 });
    expect(night).toMatchObject({ code: 'EF-2104' });
    expect(judged('2026-03-02T22:10', night, quiet)).toBe(night);
    expect(judged('2026-03-02T22:10', night, { ...quiet, heardSince: true })).toMatchObject({ state: 'ok' });
  });
});
