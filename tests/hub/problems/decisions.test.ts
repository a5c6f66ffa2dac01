import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { defaultEscalation, escalate } from '../../../hub/problems/escalation.ts';
import { flapLimits, openedAgain } from '../../../hub/problems/flapping.ts';
import { isAtLeast, severityOf } from '../../../hub/problems/severity.ts';
import { type ProblemState, tell } from '../../../hub/problems/story.ts';
import { type Teaching, teachingAt, workingMs } from '../../../hub/problems/teaching.ts';
import { mutesUntil } from '../../../hub/problems/window-time.ts';
import { healthStates } from '../../../protocols/api/health.ts';
import { severities } from '../../../protocols/api/operation/problems.ts';
import { type Calendar, emptyCalendar } from '../../../protocols/fleet/calendar/calendar.ts';

const minute = 60_000;
const hour = 60 * minute;
/** Lessons on Monday to Friday, 07:00 to 07:45, 07:55 to 08:40 and 13:30 to 14:15; an examination on 2026-12-21. */
const calendar: Calendar = {
  ...emptyCalendar,
  terms: [{ name: 'Học kỳ 1', from: '2026-09-05', to: '2027-01-15' }],
  periods: [
    { name: 'Tiết 1', days: [1, 2, 3, 4, 5], from: '07:00', to: '07:45' },
    { name: 'Tiết 2', days: [1, 2, 3, 4, 5], from: '07:55', to: '08:40' },
    { name: 'Tiết 6', days: [1, 2, 3, 4, 5], from: '13:30', to: '14:15' },
  ],
  daysOff: [{ name: 'Nghỉ', kind: 'holiday', from: '2026-11-20', to: '2026-11-20' }],
  exams: [{ name: 'Thi học kỳ', from: '2026-12-21', to: '2026-12-21' }],
};
/** By the wall of Viet Nam. */
const at = (text: string) => Date.parse(`${text}:00+07:00`);

describe('teaching', () => {
  it('takes a pause to its lessons, and knows the hours without', () => {
    expect(teachingAt(calendar, at('2026-11-24T07:10'))).toBe('lesson');
    expect(teachingAt(calendar, at('2026-11-24T07:50'))).toBe('lesson');
    expect(teachingAt(calendar, at('2026-11-24T10:00'))).toBe('free');
    expect(teachingAt(calendar, at('2026-11-24T22:00'))).toBe('free');
    expect(teachingAt(calendar, at('2026-12-21T07:10'))).toBe('exam');
    expect(teachingAt(emptyCalendar, at('2026-11-24T07:10'))).toBe('unknown');
  });

  it('counts working time on school days from 7 to 17', () => {
    expect(workingMs(calendar, at('2026-11-24T06:00'), at('2026-11-24T08:00'))).toBe(hour);
    // Over a Friday that is a holiday and a weekend: only the end of Thursday and the begin of Monday.
    expect(workingMs(calendar, at('2026-11-19T16:00'), at('2026-11-23T08:00'))).toBe(2 * hour);
    expect(workingMs(emptyCalendar, at('2026-11-21T00:00'), at('2026-11-23T00:00'))).toBe(0);
  });

  it('is never more than the time that passed, and adds up', () => {
    const day = fc.integer({ min: at('2026-11-01T00:00'), max: at('2026-12-31T00:00') });
    fc.assert(
      fc.property(day, day, day, (...times) => {
        const [a = 0, b = 0, c = 0] = times.sort((x, y) => x - y);
        expect(workingMs(calendar, a, c)).toBe(workingMs(calendar, a, b) + workingMs(calendar, b, c));
        expect(workingMs(calendar, a, c)).toBeLessThanOrEqual(c - a);
      }),
    );
  });
});

describe('severity', () => {
  const weight = { kind: 'device-unreachable', code: 'EF-2101', state: 'unreachable', affected: 1 } as const;
  const order: readonly Teaching[] = ['free', 'lesson', 'exam'];

  it('finds a dark board worse in a lesson, and worst in an examination', () => {
    const of = (teaching: Teaching) => severityOf({ ...weight, teaching });
    expect(order.map(of)).toEqual(['minor', 'major', 'critical']);
    expect(of('unknown')).toBe('major');
    expect(severityOf({ ...weight, teaching: 'exam', lifecycle: 'maintenance' })).toBe('notice');
    expect(severityOf({ ...weight, teaching: 'free', fixed: 'critical' })).toBe('critical');
    expect(severityOf({ ...weight, code: 'EF-2412', state: 'attention', teaching: 'lesson' })).toBe('notice');
  });

  it('never falls when more is touched or more is at stake', () => {
    const weights = fc.record({
      kind: fc.constant('device-fault'),
      code: fc.constantFrom('EF-2101', 'EF-2302', 'EF-1004', 'EF-2303'),
      state: fc.constantFrom(...healthStates),
      affected: fc.integer({ min: 1, max: 200 }),
      teaching: fc.constantFrom(...order),
    });
    fc.assert(
      fc.property(weights, fc.integer({ min: 0, max: 500 }), (one, more) => {
        const severity = severityOf(one);
        expect(isAtLeast(severityOf({ ...one, affected: one.affected + more }), severity)).toBe(true);
        const next = order[Math.min(2, order.indexOf(one.teaching) + 1)] ?? 'exam';
        expect(isAtLeast(severityOf({ ...one, teaching: next }), severity)).toBe(true);
      }),
    );
  });
});

describe('flapping', () => {
  it('is one problem after more than three openings within an hour, and only calm ends it', () => {
    let state = { openings: [0] as readonly number[], flaps: false };
    for (const opening of [10, 20]) state = openedAgain(state, opening * minute);
    expect(state.flaps).toBe(false);
    state = openedAgain(state, 30 * minute);
    expect(state.flaps).toBe(true);
    expect(openedAgain(state, 5 * hour)).toEqual({ openings: [5 * hour], flaps: true });
  });

  it('never flaps when openings lie far enough apart, and remembers no more than it needs', () => {
    const gaps = fc.array(fc.integer({ min: flapLimits.withinMs / flapLimits.openings, max: 10 * hour }), {
      maxLength: 40,
    });
    fc.assert(
      fc.property(gaps, (waits) => {
        let state = { openings: [] as readonly number[], flaps: false };
        let now = 0;
        for (const wait of waits) {
          now += wait;
          state = openedAgain(state, now);
          expect(state.openings.length).toBeLessThanOrEqual(16);
        }
        expect(state.flaps).toBe(false);
      }),
    );
  });
});

describe('the story of a problem', () => {
  const cause = { id: 'c', kind: 'device-fault', code: 'EF-2303', unitId: 1, deviceId: 'd', affected: 1 };
  const state: ProblemState = { severity: 'major', openings: [0], flaps: false, held: false };
  const kinds = (...told: Parameters<typeof tell>) => tell(...told).events.map(({ kind }) => kind);

  it('tells each change once', () => {
    const now = { severity: 'major', nowMs: 1_000 } as const;
    expect(kinds({ what: 'opened', cause }, undefined, now)).toEqual(['opened']);
    expect(kinds({ what: 'changed', cause: { ...cause, affected: 3 }, before: { affected: 1 } }, state, now)).toEqual([
      'grew',
    ]);
    expect(kinds({ what: 'changed', cause, before: { affected: 3 } }, state, { ...now, severity: 'critical' })).toEqual(
      ['shrank', 'severity'],
    );
    expect(kinds({ what: 'resumed', cause }, state, now)).toEqual(['reopened']);
    expect(kinds({ what: 'changed', cause, before: { affected: 0 } }, { ...state, held: true }, now)).toEqual([
      'reopened',
    ]);
    expect(kinds({ what: 'resolved', cause }, state, now)).toEqual(['resolved']);
    expect(kinds({ what: 'changed', cause, before: { affected: 1 } }, state, now)).toEqual([]);
  });

  it('says nothing twice: without a change there is no event', () => {
    fc.assert(
      fc.property(fc.constantFrom(...severities), fc.integer({ min: 0, max: 50 }), (severity, affected) => {
        const same = { ...cause, affected };
        expect(
          kinds({ what: 'changed', cause: same, before: { affected } }, { ...state, severity }, { severity, nowMs: 5 }),
        ).toEqual([]);
      }),
    );
  });
});

describe('escalation', () => {
  const always = { ...defaultEscalation, workingTime: false };
  const waiting = { severity: 'critical', acknowledged: false, muted: false, step: 0, fromMs: 0 } as const;

  it('takes its steps in their minutes, and none once somebody said that they know', () => {
    const stepAt = (minutes: number, more = {}) =>
      escalate(always, { ...waiting, ...more }, minutes * minute, calendar);
    expect([29, 30, 119, 120, 480, 10_000].map((minutes) => stepAt(minutes))).toEqual([0, 1, 1, 2, 3, 3]);
    expect(stepAt(500, { acknowledged: true })).toBe(0);
    expect(stepAt(500, { muted: true, step: 1 })).toBe(1);
    expect(stepAt(500, { severity: 'minor' })).toBe(0);
  });

  it('waits through the night where only working time counts', () => {
    const fromMs = at('2026-11-23T17:00');
    const stepAt = (text: string) => escalate(defaultEscalation, { ...waiting, fromMs }, at(text), calendar);
    expect(stepAt('2026-11-24T07:29')).toBe(0);
    expect(stepAt('2026-11-24T07:30')).toBe(1);
  });

  it('never goes back', () => {
    const step = fc.integer({ min: 0, max: 3 });
    fc.assert(
      fc.property(
        step,
        fc.constantFrom(...severities),
        fc.boolean(),
        fc.integer({ min: 0, max: 20_000 }),
        (taken, severity, acknowledged, minutes) => {
          const after = escalate(
            always,
            { severity, acknowledged, muted: false, step: taken, fromMs: 0 },
            minutes * minute,
            calendar,
          );
          expect(after).toBeGreaterThanOrEqual(taken);
          expect(after).toBeLessThanOrEqual(3);
        },
      ),
    );
  });
});

describe('maintenance windows', () => {
  const from = at('2026-11-01T00:00');
  const weekly = { days: [2], from: '22:00', to: '02:00', outsideLessons: false };

  it('mute once from their start to their end', () => {
    const window = { startsAtMs: from, endsAtMs: from + hour, weekly: undefined };
    expect(mutesUntil(window, from - 1, calendar)).toBeUndefined();
    expect(mutesUntil(window, from, calendar)).toBe(from + hour);
    expect(mutesUntil(window, from + hour, calendar)).toBeUndefined();
  });

  it('mute every week, over midnight too', () => {
    const window = { startsAtMs: from, endsAtMs: undefined, weekly };
    const end = at('2026-11-25T02:00');
    expect(mutesUntil(window, at('2026-11-24T22:30'), calendar)).toBe(end);
    expect(mutesUntil(window, at('2026-11-25T01:30'), calendar)).toBe(end);
    expect(mutesUntil(window, at('2026-11-25T22:30'), calendar)).toBeUndefined();
  });

  it('give way to lessons where they say so', () => {
    const window = {
      startsAtMs: from,
      endsAtMs: undefined,
      weekly: { ...weekly, from: '06:00', to: '12:00', outsideLessons: true },
    };
    expect(mutesUntil(window, at('2026-11-24T06:30'), calendar)).toBe(at('2026-11-24T07:00'));
    expect(mutesUntil(window, at('2026-11-24T07:30'), calendar)).toBeUndefined();
    expect(mutesUntil(window, at('2026-11-24T09:00'), calendar)).toBe(at('2026-11-24T12:00'));
  });

  it('mute at an instant exactly when they say until when', () => {
    const window = { startsAtMs: from, endsAtMs: undefined, weekly };
    fc.assert(
      fc.property(fc.integer({ min: from, max: from + 30 * 24 * hour }), (now) => {
        const until = mutesUntil(window, now, calendar);
        if (until === undefined) return;
        expect(until).toBeGreaterThan(now);
        expect(mutesUntil(window, until - 1, calendar)).toBe(until);
        expect(mutesUntil(window, until, calendar)).toBeUndefined();
      }),
    );
  });
});
