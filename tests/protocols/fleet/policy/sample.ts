import type { Calendar } from '../../../../protocols/fleet/calendar/calendar.ts';
import type { PolicyBundle, Rule, Schedule } from '../../../../protocols/fleet/policy/bundle.ts';

/** A November with Teachers' Day off on Friday the 20th and an examination from the 26th to the 28th. */
export const november: Calendar = {
  timeZone: 'Asia/Ho_Chi_Minh',
  terms: [{ name: 'Học kỳ 1', from: '2026-09-05', to: '2027-01-15' }],
  periods: [
    { name: 'Tiết 1', days: [1, 2, 3, 4, 5, 6], from: '07:00', to: '07:45' },
    { name: 'Tiết 2', days: [1, 2, 3, 4, 5, 6], from: '07:50', to: '08:35' },
    { name: 'Tiết 5', days: [1, 2, 3, 4, 5], from: '16:15', to: '17:00' },
  ],
  daysOff: [{ name: 'Ngày Nhà giáo Việt Nam', kind: 'holiday', from: '2026-11-20', to: '2026-11-20' }],
  makeUpDays: [],
  exams: [{ name: 'Kiểm tra giữa kỳ', from: '2026-11-26', to: '2026-11-28' }],
};

/** Wall time of Viet Nam. */
export function vn(text: string): number {
  return Date.parse(`${text}+07:00`);
}

export function schedule(part: Partial<Schedule> = {}): Schedule {
  return {
    id: 'p1r1s0',
    name: 'Bật bảng trước tiết đầu',
    calendar: 0,
    trigger: { kind: 'timetable', edge: 'first-start', offsetMinutes: -10 },
    command: { capability: 'power', name: 'on', args: {} },
    devices: ['board-1', 'board-2', 'board-3'],
    staggerSeconds: 5,
    missed: { kind: 'run-if-within', minutes: 30 },
    since: vn('2026-11-01T00:00'),
    ...part,
  };
}

export const switchOff = schedule({
  id: 'p1r1s1',
  name: 'Tắt bảng sau tiết cuối',
  trigger: { kind: 'timetable', edge: 'last-end', offsetMinutes: 20 },
  command: { capability: 'power', name: 'off', args: {} },
  missed: { kind: 'run-once' },
});

export function rule(part: Partial<Rule> = {}): Rule {
  return {
    id: 'p2r1',
    name: 'Cổng báo động thì bật đèn phòng thu',
    calendar: 0,
    watch: { kind: 'event', capability: 'gate', name: 'alarm', where: [], devices: ['gate-1'] },
    commands: [{ capability: 'relay', name: 'set', args: { token: 'lamp', active: true }, devices: ['lamp-1'] }],
    cooldownSeconds: 60,
    mostPerHour: 5,
    ...part,
  };
}

export function bundle(part: Partial<PolicyBundle> = {}): PolicyBundle {
  return {
    agent: 'ag-1',
    number: 1,
    issuedAt: vn('2026-11-01T00:00'),
    expiresAt: vn('2026-12-31T00:00'),
    graceDays: 14,
    calendars: [november],
    schedules: [schedule(), switchOff],
    rules: [],
    ...part,
  };
}
