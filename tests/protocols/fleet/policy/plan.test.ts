import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { momentOf } from '../../../../protocols/fleet/calendar/moment.ts';
import { type PolicyBundle, policyBundleSchema } from '../../../../protocols/fleet/policy/bundle.ts';
import { isCronPattern, occurrencesIn } from '../../../../protocols/fleet/policy/occurrence.ts';
import {
  type DueRun,
  lookBackMs,
  onTimeMs,
  type PassedRun,
  phaseOf,
  planRuns,
} from '../../../../protocols/fleet/policy/plan.ts';
import { bundle, november, schedule, switchOff, vn } from './sample.ts';

/** Acts on plans as an agent does: the keys and the mark are written before anything else. */
function journal(beganMs: number) {
  const keys = new Set<string>();
  let throughMs = beganMs;
  const due: (DueRun & { atMs: number })[] = [];
  const passed: PassedRun[] = [];
  return {
    due,
    passed,
    step: (of: PolicyBundle, nowMs: number): number => {
      const plan = planRuns(of, { throughMs, beganMs, isDone: (key) => keys.has(key) }, nowMs);
      for (const { key } of [...plan.due, ...plan.passed]) keys.add(key);
      throughMs = plan.throughMs;
      due.push(...plan.due.map((run) => ({ ...run, atMs: nowMs })));
      passed.push(...plan.passed);
      return plan.wakeAtMs;
    },
  };
}

function runThrough(of: PolicyBundle, fromMs: number, toMs: number) {
  const kept = journal(fromMs);
  for (let nowMs = fromMs; nowMs <= toMs; ) nowMs = kept.step(of, nowMs);
  return kept;
}

const local = (atMs: number) => new Date(atMs + 7 * 3_600_000).toISOString().slice(0, 16);

describe('occurrences', () => {
  it('follow the timetable of each day, and a holiday has none', () => {
    const at = occurrencesIn(schedule(), november, vn('2026-11-18T12:00'), vn('2026-11-23T12:00'));
    expect(at.map(({ atMs }) => local(atMs))).toEqual(['2026-11-19T06:50', '2026-11-21T06:50', '2026-11-23T06:50']);
  });

  it('come at each period, at a wall time on sorts of days, and by cron', () => {
    const each = schedule({ trigger: { kind: 'timetable', edge: 'each-end', offsetMinutes: 0 } });
    expect(occurrencesIn(each, november, vn('2026-11-19T00:00'), vn('2026-11-19T23:59')).map(({ key }) => key)).toEqual(
      ['2026-11-19.e07:45', '2026-11-19.e08:35', '2026-11-19.e17:00'],
    );
    const sunday = schedule({ trigger: { kind: 'clock', time: '20:00', on: ['no-lessons', 'off'] } });
    expect(
      occurrencesIn(sunday, november, vn('2026-11-19T00:00'), vn('2026-11-23T00:00')).map(({ atMs }) => local(atMs)),
    ).toEqual(['2026-11-20T20:00', '2026-11-22T20:00']);
    const cron = schedule({ trigger: { kind: 'cron', pattern: '*/30 7 * * 1-5', on: ['lessons'] } });
    expect(
      occurrencesIn(cron, november, vn('2026-11-19T07:00'), vn('2026-11-21T23:00')).map(({ atMs }) => local(atMs)),
    ).toEqual(['2026-11-19T07:30']);
    expect([isCronPattern('0 7 * * 1-5'), isCronPattern('0 7 * *'), isCronPattern('61 7 * * *')]).toEqual([
      true,
      false,
      false,
    ]);
  });

  it('in two halves of a span are those of the whole', () => {
    const from = vn('2026-11-10T00:00');
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 25 * 1_440 }), fc.integer({ min: 0, max: 25 * 1_440 }), (a, b) => {
        const [cut, end] = [Math.min(a, b) * 60_000 + from, Math.max(a, b) * 60_000 + from];
        const whole = occurrencesIn(switchOff, november, from, end);
        expect([
          ...occurrencesIn(switchOff, november, from, cut),
          ...occurrencesIn(switchOff, november, cut, end),
        ]).toEqual(whole);
      }),
    );
  });
});

describe('a plan', () => {
  it('switches every device on and off on each day of lessons, one after the other, and on no other day', () => {
    const { due, passed } = runThrough(bundle(), vn('2026-11-18T00:00'), vn('2026-11-30T23:00'));
    const days = ['18', '19', '21', '23', '24', '25', '30'];
    expect(due.filter(({ schedule: { id } }) => id === 'p1r1s0').map(({ atMs }) => local(atMs))).toEqual(
      days.flatMap((day) => Array(3).fill(`2026-11-${day}T06:50`)),
    );
    expect(due.slice(0, 3).map(({ device, atMs }) => [device, atMs - vn('2026-11-18T06:50')])).toEqual([
      ['board-1', 0],
      ['board-2', 5_000],
      ['board-3', 10_000],
    ]);
    // Thursday to Saturday of the examination: told, not done.
    expect(new Set(passed.map(({ why }) => why))).toEqual(new Set(['frozen']));
    expect(passed).toHaveLength(2 * 3 * 3);
  });

  it('makes up for what was missed only as the rule says, and the later of two wishes wins', () => {
    const asleep = (from: string, to: string) => {
      const kept = journal(vn('2026-11-18T00:00'));
      kept.step(bundle(), vn(from));
      kept.step(bundle(), vn(to));
      return kept;
    };
    const within = asleep('2026-11-18T06:00', '2026-11-18T07:10');
    expect(within.due.map(({ schedule: { command }, isLate }) => [command.name, isLate])).toEqual(
      Array(3).fill(['on', true]),
    );
    const beyond = asleep('2026-11-18T06:00', '2026-11-18T07:30');
    expect([beyond.due.length, beyond.passed.map(({ why }) => why)]).toEqual([0, Array(3).fill('missed')]);
    const evening = asleep('2026-11-18T06:00', '2026-11-18T22:00');
    expect(evening.due.map(({ schedule: { command } }) => command.name)).toEqual(Array(3).fill('off'));
    expect(evening.passed.map(({ why }) => why)).toEqual(Array(3).fill('superseded'));
    const days = asleep('2026-11-18T06:00', '2026-11-20T12:00');
    expect(days.due.map(({ occurrence: { key } }) => key)).toEqual(Array(3).fill('2026-11-19.last'));
  });

  it('ends in steps: alive, then the power of the timetable alone, then nothing', () => {
    const louder = schedule({ id: 'p3r1s0', command: { capability: 'volume', name: 'set', args: { level: 10 } } });
    const short = bundle({ schedules: [schedule(), louder], expiresAt: vn('2026-11-18T12:00'), graceDays: 2 });
    expect(
      ['2026-10-30', '2026-11-01', '2026-11-19', '2026-11-21'].map((day) => phaseOf(short, vn(`${day}T00:00`))),
    ).toEqual(['early', 'live', 'grace', 'over']);
    const { due } = runThrough(short, vn('2026-11-18T00:00'), vn('2026-11-30T23:00'));
    expect(new Set(due.map(({ schedule: { id }, occurrence: { key } }) => `${id} ${key}`))).toEqual(
      new Set(['p1r1s0 2026-11-18.first', 'p3r1s0 2026-11-18.first', 'p1r1s0 2026-11-19.first']),
    );
  });

  it('does nothing by what stood before it was saved or before its journal began', () => {
    const fresh = bundle({ schedules: [schedule({ missed: { kind: 'run-once' }, since: vn('2026-11-18T06:55') })] });
    expect(journal(vn('2026-11-18T00:00')).step(fresh, vn('2026-11-18T07:00'))).toBeGreaterThan(0);
    const kept = journal(vn('2026-11-18T06:55'));
    kept.step(bundle(), vn('2026-11-18T07:00'));
    expect(kept.due).toEqual([]);
  });
});

type DayKind = 'lessons' | 'exam' | 'off' | 'no-lessons';

const trigger = fc.oneof(
  fc.record({
    kind: fc.constant('timetable' as const),
    edge: fc.constantFrom('first-start' as const, 'last-end' as const, 'each-start' as const, 'each-end' as const),
    offsetMinutes: fc.integer({ min: -180, max: 180 }),
  }),
  fc.record({
    kind: fc.constant('clock' as const),
    time: fc.constantFrom('00:00', '06:45', '12:00', '23:59'),
    on: fc.constant<DayKind[]>(['lessons', 'exam', 'off', 'no-lessons']),
  }),
  fc.record({
    kind: fc.constant('cron' as const),
    pattern: fc.constantFrom('0 6 * * *', '*/20 7 * * 1-5'),
    on: fc.constant<DayKind[]>(['lessons', 'exam']),
  }),
);
const missed = fc.oneof(
  fc.constant({ kind: 'skip' as const }),
  fc.constant({ kind: 'run-once' as const }),
  fc.record({ kind: fc.constant('run-if-within' as const), minutes: fc.integer({ min: 1, max: 600 }) }),
);
const schedules = fc
  .array(
    fc.record({
      trigger,
      missed,
      devices: fc.uniqueArray(fc.constantFrom('d-1', 'd-2', 'd-3', 'd-4'), { minLength: 1 }),
      staggerSeconds: fc.integer({ min: 0, max: 600 }),
      command: fc.constantFrom('on', 'off').map((name) => ({ capability: 'power', name, args: {} })),
    }),
    { minLength: 1, maxLength: 4 },
  )
  .map((list) => list.map((part, index) => schedule({ ...part, id: `p${index}` })));
/** Time goes on by minutes, or the clock is set forward or back by up to three days. */
const moves = fc.array(
  fc.oneof(
    { weight: 4, arbitrary: fc.integer({ min: 1, max: 240 }) },
    { weight: 1, arbitrary: fc.integer({ min: -4_320, max: 4_320 }) },
  ),
  { maxLength: 120 },
);

describe('whatever happens to the clock', () => {
  it('no run comes twice, none in a freeze, and none later than its rule allows', () => {
    fc.assert(
      fc.property(schedules, moves, fc.integer({ min: 0, max: 14 * 1_440 }), (list, steps, startMinute) => {
        const of = bundle({ schedules: list });
        let nowMs = vn('2026-11-17T00:00') + startMinute * 60_000;
        const beganMs = nowMs;
        const kept = journal(beganMs);
        for (const minutes of steps) {
          kept.step(of, nowMs);
          nowMs += minutes * 60_000;
        }
        const keys = [...kept.due, ...kept.passed].map(({ key }) => key);
        expect(new Set(keys).size).toBe(keys.length);
        for (const { atMs, dueMs, occurrence, schedule: one } of kept.due) {
          expect(momentOf(november, atMs).isFrozen || momentOf(november, occurrence.atMs).isFrozen).toBe(false);
          expect(occurrence.atMs).toBeGreaterThanOrEqual(beganMs);
          const late = atMs - dueMs;
          expect(late).toBeGreaterThanOrEqual(0);
          const most =
            one.missed.kind === 'skip'
              ? onTimeMs
              : one.missed.kind === 'run-once'
                ? lookBackMs + 3_600_000
                : Math.max(onTimeMs, one.missed.minutes * 60_000);
          expect(late).toBeLessThanOrEqual(most);
        }
      }),
      { numRuns: 300 },
    );
  });

  it('an agent that is always awake runs every turn outside of a freeze, on time', () => {
    fc.assert(
      fc.property(schedules, (list) => {
        const of = bundle({ schedules: list });
        const [from, to] = [vn('2026-11-24T00:00'), vn('2026-11-30T00:00')];
        const { due } = runThrough(of, from, to);
        const expected = list.flatMap((one) =>
          occurrencesIn(one, november, from, to - 3_600_000)
            .filter(({ atMs }) => !momentOf(november, atMs).isFrozen && !momentOf(november, atMs + 3_600_000).isFrozen)
            .flatMap(({ key }) => one.devices.map((device) => `${one.id}/${device}/${key}`)),
        );
        expect(due.map(({ key }) => key)).toEqual(expect.arrayContaining(expected));
        expect(due.every(({ isLate }) => !isLate)).toBe(true);
      }),
      { numRuns: 100 },
    );
  });

  it('what the planner takes is what the contract lets through', () => {
    expect(policyBundleSchema.parse(bundle())).toEqual(bundle());
    expect(policyBundleSchema.safeParse(bundle({ schedules: [schedule(), schedule()] })).success).toBe(false);
    expect(policyBundleSchema.safeParse(bundle({ calendars: [] })).success).toBe(false);
  });
});
