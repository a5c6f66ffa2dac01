import { describe, expect, it } from 'vitest';
import { isWrong, itemsOf, orderedFields } from '../../../hub/dashboard/src/views/admin/adopt-wishes.ts';
import type { ProposalView } from '../../../protocols/api/enrolment/proposals.ts';
import type { SettingField } from '../../../protocols/fleet/setting-field.ts';

const proposal = (id: string, over: Partial<ProposalView> = {}): ProposalView => ({
  id,
  agent: { id: 'a', name: 'A' },
  unit: { id: 1, name: 'THPT A', kind: 'school' },
  family: 'plug',
  address: { host: '10.0.0.9' },
  macs: [],
  needsCredentials: false,
  evidence: [],
  confidence: 'certain',
  settings: { topic: 'plug', relay: 2 },
  status: 'open',
  firstSeenAt: '2026-01-01T00:00:00.000Z',
  lastSeenAt: '2026-01-01T00:00:00.000Z',
  ...over,
});
const field = (name: string, over: Partial<SettingField> = {}): SettingField => ({
  name,
  type: 'text',
  required: false,
  secret: false,
  ...over,
});

describe('what a person wants of proposals', () => {
  it('is sent for each: its own room before the shared one, credentials where they are asked for', () => {
    const devices = new Map([
      ['p1', { name: ' Quạt ', unit: 7, settings: { relay: 1, topic: '' } }],
      ['p2', { name: '', unit: undefined, settings: {} }],
    ]);
    const proposals = [proposal('p1'), proposal('p2', { needsCredentials: true })];
    expect(itemsOf(proposals, { unit: 5, username: 'u', password: 'p', devices })).toEqual([
      { proposal: 'p1', name: 'Quạt', unit: 7, settings: { relay: 1 } },
      { proposal: 'p2', unit: 5, credentials: { username: 'u', password: 'p' } },
    ]);
  });

  it('shows first what was proposed or must be there, and no structures', () => {
    const fields = [
      field('poll'),
      field('parts', { type: 'other' }),
      field('topic'),
      field('mode', { required: true }),
    ];
    expect(orderedFields(fields, proposal('p')).map(({ name }) => name)).toEqual(['topic', 'mode', 'poll']);
  });

  it('is wrong where something must be there, not where it may be left', () => {
    expect(isWrong(field('mode', { required: true }), '')).toBe(true);
    expect(isWrong(field('poll', { type: 'integer', minimum: 5 }), undefined)).toBe(false);
    expect(isWrong(field('poll', { type: 'integer', minimum: 5 }), 4)).toBe(true);
    expect(isWrong(field('key', { required: true, secret: true }), undefined)).toBe(false);
  });
});
