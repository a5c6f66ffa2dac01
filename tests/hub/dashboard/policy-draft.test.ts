import { expect, it } from 'vitest';
import { bodyOf, type Draft, draftOf, firstDraft, templates } from '../../../hub/dashboard/src/views/policies/draft.ts';
import { policyBodySchema } from '../../../protocols/api/operation/policies.ts';

const draft: Draft = {
  ...firstDraft,
  name: 'Bảng lớp học',
  families: ['interactive-board'],
  token: 'siren',
  before: 15,
  stagger: 9,
};

it('opens in the form again what the form made, and saves the same', () => {
  for (const template of templates) {
    const body = policyBodySchema.parse(bodyOf({ ...draft, template }));
    const again = draftOf({ name: draft.name, body });
    expect(again?.template).toBe(template);
    expect(again && policyBodySchema.parse(bodyOf(again))).toEqual(body);
  }
});

it('does not open what the form would damage', () => {
  const body = policyBodySchema.parse(bodyOf(draft));
  if (body.kind !== 'schedule') throw new Error('the first template is a schedule');
  const [first] = body.steps;
  if (!first) throw new Error('it has steps');
  const trigger = { kind: 'cron' as const, pattern: '0 6 * * 1', on: ['lessons' as const] };
  expect(draftOf({ name: 'x', body: { ...body, steps: [{ ...first, trigger }] } })).toBeUndefined();
  expect(draftOf({ name: 'x', body: { ...body, target: { ...body.target, exceptUnits: [7] } } })).toBeUndefined();
  expect(draftOf({ name: 'x', body: { ...body, missed: { kind: 'run-if-within', minutes: 90 } } })).toBeUndefined();
  expect(draftOf({ name: 'x', body: { ...body, steps: [...body.steps, first] } })).toBeUndefined();
});
