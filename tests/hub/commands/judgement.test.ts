import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type Candidate,
  groupExclusions,
  heldUntil,
  judge,
  manyOf,
  needsSecondPerson,
  type Wish,
} from '../../../hub/commands/judgement.ts';
import { rates, stagger } from '../../../hub/commands/schedule.ts';
import { emptyCalendar } from '../../../protocols/fleet/calendar/calendar.ts';
import { type Moment, momentOf } from '../../../protocols/fleet/calendar/moment.ts';
import { type CapabilityCommand, requireCommand } from '../../../protocols/fleet/capabilities/index.ts';

const quiet = momentOf(emptyCalendar, Date.UTC(2026, 2, 2));
const lesson: Moment = { ...quiet, isLesson: true, isKnown: true, changesAtMs: 99 };
const exam: Moment = { ...quiet, isLesson: true, isExam: true, isFrozen: true, isKnown: true, changesAtMs: 99 };
const projector: Candidate = {
  id: 'd',
  name: 'Máy chiếu 7',
  agentId: 'a',
  unitId: 7,
  unitPath: '/1/7/',
  schoolId: 7,
  lifecycle: 'in-service',
  hasAccess: true,
  isOffered: true,
  isAway: false,
  states: {},
  isWaiting: false,
  open: { device: 0, agent: 0 },
};
const wishOf = (command: CapabilityCommand, more: Partial<Wish> = {}): Wish => ({
  command,
  force: false,
  evenInLesson: false,
  evenInExam: false,
  mayOverride: false,
  isBulk: true,
  ...more,
});
const off = requireCommand('power', 'off');
const probe = requireCommand('reachability', 'probe');
const codeOf = (candidate: Partial<Candidate>, wish: Partial<Wish> = {}, moment = quiet, command = off) => {
  const judgement = judge({ ...projector, ...candidate }, wishOf(command, wish), moment);
  return judgement.isGiven ? judgement.forced : judgement.code;
};

describe('whether a device gets a command', () => {
  it('gives each reason for leaving one out', () => {
    expect(codeOf({})).toEqual([]);
    expect(codeOf({ lifecycle: 'retired' })).toBe('retired');
    expect(codeOf({ hasAccess: false })).toBe('no-access');
    expect(codeOf({ isOffered: false })).toBe('not-offered');
    expect(codeOf({ isWaiting: true })).toBe('already-waiting');
    expect(codeOf({ isWaiting: true }, { isBulk: false })).toEqual([]);
    expect(codeOf({ open: { device: 20, agent: 20 } })).toBe('too-many');
    expect(codeOf({ open: { device: 0, agent: 200 } })).toBe('too-many');
    expect(codeOf({ states: { power: { state: 'cooling' } } })).toBe('precondition-cooling');
  });

  it('lets nobody harm a device, and lets whoever may overrule the rest', () => {
    const may = { force: true, mayOverride: true };
    const cooling = { states: { power: { state: 'cooling' } } };
    const recording = { states: { studio: { mode: 'recording' } } };
    expect(codeOf(cooling, may)).toBe('precondition-cooling');
    expect(codeOf(recording, { force: true })).toBe('precondition-recording');
    expect(codeOf(recording, may)).toEqual(['precondition-recording']);
    // What an absent device said last is no reason: its agent looks again.
    expect(codeOf({ ...cooling, isAway: true })).toEqual([]);
  });

  it('spares lessons and examinations unless a person says otherwise', () => {
    expect(codeOf({}, {}, lesson)).toBe('lesson');
    expect(codeOf({}, { evenInLesson: true }, lesson)).toEqual([]);
    expect(codeOf({}, { evenInLesson: true }, exam)).toBe('exam');
    expect(codeOf({}, { evenInExam: true }, exam)).toBe('exam');
    expect(codeOf({}, { evenInExam: true, mayOverride: true }, exam)).toEqual([]);
    for (const moment of [lesson, exam]) expect(codeOf({}, {}, moment, probe)).toEqual([]);
  });

  it('holds back what was queued before a lesson, until it ends', () => {
    const row = { disturbs: true, even_in_lesson: false, even_in_exam: false };
    expect(heldUntil(row, quiet)).toBeUndefined();
    expect(heldUntil(row, lesson)).toBe(99);
    expect(heldUntil({ ...row, even_in_lesson: true }, lesson)).toBeUndefined();
    expect(heldUntil({ ...row, even_in_lesson: true }, exam)).toBe(99);
    expect(heldUntil({ ...row, even_in_exam: true }, exam)).toBeUndefined();
    expect(heldUntil({ ...row, disturbs: false }, exam)).toBeUndefined();
  });

  it('accounts for every device that was left out', () => {
    const anyLeft = fc.record({ id: fc.uuid(), name: fc.string(), code: fc.constantFrom('retired', 'lesson', 'exam') });
    fc.assert(
      fc.property(fc.array(anyLeft), (left) => {
        const groups = groupExclusions(left);
        expect(groups.reduce((sum, { count }) => sum + count, 0)).toBe(left.length);
        expect(new Set(groups.map(({ code }) => code)).size).toBe(groups.length);
        for (const { count, examples } of groups) expect(examples.length).toBe(Math.min(5, count));
      }),
    );
  });

  it('asks for a second person where a mistake does much harm', () => {
    expect(needsSecondPerson(requireCommand('network', 'setHostname'), 1)).toBe(true);
    const reboot = requireCommand('power', 'reboot');
    expect(needsSecondPerson(reboot, manyOf.medium)).toBe(false);
    expect(needsSecondPerson(reboot, manyOf.medium + 1)).toBe(true);
    expect(needsSecondPerson(requireCommand('volume', 'set'), manyOf.disturbing + 1)).toBe(true);
    expect(needsSecondPerson(probe, manyOf.any)).toBe(false);
    expect(needsSecondPerson(probe, manyOf.any + 1)).toBe(true);
  });
});

describe('when commands for many go out', () => {
  const none = { schools: new Map<number, number>(), seconds: new Map<number, number>() };

  it('never goes faster than a school or all hubs may, and waits for no turn that is free', () => {
    const anySchools = fc.array(fc.option(fc.integer({ min: 1, max: 9 }), { nil: undefined }), { maxLength: 300 });
    fc.assert(
      fc.property(anySchools, (schools) => {
        const moments = stagger(schools, none, 5_000);
        const perSecond = new Map<number, number>();
        const perSchool = new Map<number, number[]>();
        moments.forEach((at, index) => {
          expect(at).toBeGreaterThanOrEqual(5_000);
          const second = Math.floor(at / 1_000);
          perSecond.set(second, (perSecond.get(second) ?? 0) + 1);
          const school = schools[index] ?? -1;
          perSchool.set(school, [...(perSchool.get(school) ?? []), at]);
        });
        for (const count of perSecond.values()) expect(count).toBeLessThanOrEqual(rates.perSecond);
        for (const times of perSchool.values())
          times.slice(1).forEach((at, index) => {
            expect(at - (times[index] ?? 0)).toBeGreaterThanOrEqual(rates.schoolMs);
          });
        const most = Math.max(0, ...[...perSchool.values()].map(({ length }) => length));
        const least = Math.max(most * rates.schoolMs, (schools.length / rates.perSecond) * 1_000);
        expect(Math.max(5_000, ...moments) - 5_000).toBeLessThanOrEqual(least * 2 + 2_000);
      }),
      { numRuns: 60 },
    );
  });

  it('goes on behind what is under way', () => {
    const load = { schools: new Map([[7, 60_000]]), seconds: new Map([[5, rates.perSecond]]) };
    expect(stagger([7, 8], load, 5_000)).toEqual([60_000 + rates.schoolMs, 6_000]);
  });

  it('spreads 10,000 devices of 900 schools over less than ten minutes', () => {
    const moments = stagger(
      Array.from({ length: 10_000 }, (_, index) => index % 900),
      none,
      0,
    );
    expect(Math.max(...moments)).toBeLessThan(10 * 60_000);
  });
});
