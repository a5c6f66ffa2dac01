import type { Scope } from '../../../hub/access/index.ts';
import type { Features } from '../../../hub/http/index.ts';
import type { PolicyView } from '../../../protocols/api/operation/policies.ts';

const at = '2026-03-02T00:00:00.000Z';

const policy: PolicyView = {
  id: 2,
  unit: { id: 2, name: 'THCS Nghĩa Lộ', kind: 'school' },
  name: 'Bật bảng',
  enabled: true,
  revision: 1,
  body: {
    kind: 'schedule',
    target: {},
    steps: [
      {
        trigger: { kind: 'timetable', edge: 'first-start', offsetMinutes: -10 },
        command: { capability: 'power', name: 'on', args: {} },
      },
    ],
    staggerSeconds: 5,
    missed: { kind: 'skip' },
  },
  updatedAt: at,
  updatedBy: 'an',
  isInherited: false,
};

interface Parts {
  readonly requireUnit: (scope: Scope, id: number) => void;
  readonly requireHere: (scope: Scope, id: number) => void;
  readonly writing: <T>(name: string, value: T) => T;
}

/** The policies feature as routes see it. */
export function fakePolicies({ requireUnit, requireHere, writing }: Parts): Features['policies'] {
  return {
    list: () => ({ rows: [policy], total: 1 }),
    check: async (scope, { unit }) => {
      requireUnit(scope, unit);
      return { faults: [] };
    },
    create: async (scope, _actor, { unit }) => {
      requireUnit(scope, unit);
      return writing('create-policy', policy);
    },
    update: async (scope, _actor, id) => {
      requireHere(scope, id);
      return writing('update-policy', policy);
    },
    remove: async (scope, _actor, id) => {
      requireHere(scope, id);
      writing('remove-policy', undefined);
    },
    listRuns: async () => ({ rows: [], total: 0 }),
    listBundles: async () => ({ rows: [], total: 0 }),
  };
}
