import type { z } from 'zod';
import { type createPolicyBody, policiesPage, policySchema } from '../../protocols/api/operation/policies.ts';
import type { Api } from '../support/api.ts';

type Wish = Omit<z.input<typeof createPolicyBody>, 'unit'>;

/** What a school would set first: its boards by the timetable, and the lamp of the studio when the library's gate alarms. */
const wishes: readonly Wish[] = [
  {
    name: 'Bảng theo giờ học',
    body: {
      kind: 'schedule',
      target: { families: ['interactive-board', 'pjlink-projector'] },
      steps: [
        {
          trigger: { kind: 'timetable', edge: 'first-start', offsetMinutes: -10 },
          command: { capability: 'power', name: 'on' },
        },
        {
          trigger: { kind: 'timetable', edge: 'last-end', offsetMinutes: 20 },
          command: { capability: 'power', name: 'off' },
        },
      ],
      missed: { kind: 'run-if-within', minutes: 30 },
    },
  },
  {
    name: 'Cổng thư viện báo động thì bật đèn báo',
    body: {
      kind: 'rule',
      watch: { kind: 'event', capability: 'gate', name: 'alarm' },
      commands: [{ capability: 'relay', name: 'set', args: { token: 'den-bao', active: true } }],
      event: { severity: 'warning', text: 'Cổng thư viện báo động' },
      cooldownSeconds: 120,
    },
  },
];

/** Gives a school these policies, unless it has any. */
export async function ensurePolicies(api: Api, unit: number): Promise<void> {
  const { total } = await api.get(`/api/v1/policies?unit=${unit}`, policiesPage);
  if (total > 0) return;
  for (const wish of wishes) await api.post('/api/v1/policies', { unit, ...wish }, policySchema);
}
