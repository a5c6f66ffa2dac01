import type { Scope } from '../../../hub/access/index.ts';
import type { Features } from '../../../hub/http/index.ts';
import type { ProblemRow } from '../../../protocols/api/operation/problems.ts';
import type { MaintenanceWindow, Rule } from '../../../protocols/api/operation/rules.ts';

const at = '2026-03-02T00:00:00.000Z';
const school = { id: 2, name: 'THCS Nghĩa Lộ', kind: 'school' as const };
const person = { id: 'user-operator', name: 'operator' };

const problem = (id: string): ProblemRow => ({
  id,
  kind: 'device-fault',
  code: 'EF-2303',
  title: { vi: 'Thiết bị quá nóng', en: 'The device is too hot' },
  next: { vi: 'Tắt thiết bị cho nguội.', en: 'Let it cool down.' },
  unit: school,
  affected: 1,
  affectedPeak: 1,
  openedAt: at,
  evidence: [],
  severity: 'major',
  flapping: false,
  escalation: 0,
  comments: 0,
});
const window: MaintenanceWindow = { id: 2, unit: school, name: 'x', startsAt: at, createdBy: person, over: false };
const rule: Rule = {
  id: 2,
  unit: school,
  name: 'x',
  title: { vi: 'x', en: 'x' },
  next: { vi: 'x', en: 'x' },
  severity: 'minor',
  filter: {},
  condition: {
    source: { kind: 'metric', metric: 'temperature.celsius' },
    operator: 'above',
    threshold: 60,
    forMinutes: 0,
    when: 'always',
  },
  enabled: true,
  updatedAt: at,
  updatedBy: person,
  devices: 0,
  open: 0,
  beyond: 0,
};

interface Parts {
  readonly requireUnit: (scope: Scope, id: number) => void;
  readonly requireHere: (scope: Scope, id: number) => void;
  readonly within: <T>(scope: Scope, id: string, value: T) => T;
  readonly writing: <T>(name: string, value: T) => T;
}

/** The problems feature as routes see it; ids begin with where they lie. */
export function fakeProblems({ requireUnit, requireHere, within, writing }: Parts): Features['problems'] {
  return {
    list: async () => ({ rows: [problem('own-problem')], total: 1 }),
    csv: async () => 'x',
    counts: async () => ({
      open: 1,
      muted: 0,
      unacknowledged: 1,
      mine: 0,
      bySeverity: { critical: 0, major: 1, minor: 0, notice: 0 },
    }),
    get: async (scope, id) => within(scope, id, { ...problem(id), timeline: [] }),
    work: async (scope, _actor, { ids }) => {
      for (const id of ids) within(scope, id, true);
      return writing('work', ids);
    },
    assignees: async () => [person],
    windows: {
      list: async () => [window],
      create: async (scope, _actor, { unit = 2 }) => {
        requireUnit(scope, unit);
        return writing('create-window', window);
      },
      end: async (scope, _actor, id) => {
        requireHere(scope, id);
        return writing('end-window', window);
      },
    },
    escalations: {
      get: () => ({ steps: [], workingTime: true }),
      set: async (scope, _actor, { unit }) => {
        requireUnit(scope, unit);
        return writing('set-escalation', { steps: [], workingTime: true });
      },
    },
    rules: {
      list: async () => [rule],
      create: async (scope, _actor, { unit }) => {
        requireUnit(scope, unit);
        return writing('create-rule', rule);
      },
      update: async (scope, _actor, id) => {
        requireHere(scope, id);
        return writing('update-rule', rule);
      },
      remove: async (scope, _actor, id) => {
        requireHere(scope, id);
        writing('remove-rule', undefined);
      },
      preview: async (scope, { unit }) => {
        requireUnit(scope, unit);
        return {
          from: at,
          to: at,
          times: 0,
          devices: { matching: 0, lookedAt: 0, firing: 0 },
          now: 0,
          firings: [],
          gaps: [],
        };
      },
    },
  };
}
