import { describe, expect, it } from 'vitest';
import { judgeItem, judgeTag } from '../../../../agent/devices/rfid-gate/policy.ts';
import { settingsSchema } from '../../../../agent/devices/rfid-gate/settings.ts';

const item = (circulation: number, change = {}) =>
  judgeItem({ item: 'TV-1', circulation, isKnown: true, hasDueDate: false, ...change });

describe('what the library says', () => {
  it.each([
    [1, 'unknown', 'circulation-1'],
    [2, 'unknown', 'circulation-2'],
    [3, 'alarm', 'available'],
    [4, 'pass', undefined],
    [5, 'pass', undefined],
    [6, 'alarm', 'in-process'],
    [7, 'unknown', 'circulation-7'],
    [8, 'alarm', 'on-hold'],
    [9, 'alarm', 'reshelving'],
    [10, 'alarm', 'in-transit'],
    [11, 'unknown', 'circulation-11'],
    [12, 'alarm', 'lost'],
    [13, 'alarm', 'missing'],
    [14, 'unknown', 'circulation-14'],
    [99, 'unknown', 'circulation-99'],
  ])('circulation %i means %s', (circulation, kind, reason) => {
    expect(item(circulation)).toEqual({ kind, ...(reason === undefined ? {} : { reason }) });
  });

  it('lets a recalled item pass while it is lent, and calls an item without a title unknown', () => {
    expect(item(7, { hasDueDate: true })).toEqual({ kind: 'pass' });
    expect(item(3, { isKnown: false })).toEqual({ kind: 'unknown', reason: 'not-in-library' });
    expect(item(4, { isKnown: false })).toEqual({ kind: 'unknown', reason: 'not-in-library' });
  });
});

describe('what the tag says', () => {
  const afi = { by: 'afi', inStock: [0x07, 0x90], onLoan: [0xc2] } as const;
  it.each([
    [0x3107, { kind: 'alarm', reason: 'in-stock' }],
    [0x3190, { kind: 'alarm', reason: 'in-stock' }],
    [0x31c2, { kind: 'pass' }],
    [0x3130, { kind: 'unknown', reason: 'other-afi' }],
    [0x3007, { kind: 'unknown', reason: 'no-afi' }],
    [undefined, { kind: 'unknown', reason: 'no-control-word' }],
  ])('by its AFI in %s', (pc, verdict) => {
    expect(
      judgeTag(
        { epc: 'ab', ...(pc === undefined ? {} : { pc }) },
        { ...afi, inStock: [...afi.inStock], onLoan: [...afi.onLoan] },
      ),
    ).toEqual(verdict);
  });

  it('by one bit of its EPC', () => {
    const judge = (bit: number, alarmWhen: 0 | 1) => judgeTag({ epc: '8001' }, { by: 'eas', bit, alarmWhen }).kind;
    expect([judge(0, 1), judge(0, 0), judge(1, 1), judge(1, 0)]).toEqual(['alarm', 'pass', 'pass', 'alarm']);
    expect([judge(15, 1), judge(14, 1), judge(16, 1)]).toEqual(['alarm', 'pass', 'unknown']);
  });
});

describe('settings', () => {
  it('have no rule by themselves', () => {
    const settings = settingsSchema.parse({});
    expect([settings.security, settings.item, settings.library, settings.output]).toEqual(Array(4).fill(undefined));
  });

  const library = { host: '192.0.2.1' };
  it.each([
    ['a gate that asks nobody it knows', { security: { by: 'library' }, item: { by: 'epc' } }],
    ['a gate that asks for items it cannot tell', { security: { by: 'library' }, library }],
    ['AFI without values', { security: { by: 'afi' } }],
    ['AFI with half its values', { security: { by: 'afi', inStock: [7] } }],
    ['EAS without its bit', { security: { by: 'eas', alarmWhen: 1 } }],
    ['EAS without its value', { security: { by: 'eas', bit: 3 } }],
    ['a verdict without tags', { readsTags: false, security: { by: 'afi', inStock: [7], onLoan: [9] } }],
    ['a GS1 rule that leaves open what the id is', { item: { by: 'grai-96' } }],
    ['an unknown key', { siren: 1 }],
    ['a table with what is no EPC', { item: { by: 'table', items: { xyz: '1' } } }],
    ['a library that may be waited for', { library: { ...library, answerMs: 5_000 } }],
  ])('refuse %s', (_, settings) => {
    expect(settingsSchema.safeParse(settings).success).toBe(false);
  });

  it('take a gate that asks the library, and one that only counts', () => {
    expect(settingsSchema.parse({ security: { by: 'library' }, item: { by: 'epc' }, library }).library).toEqual({
      host: '192.0.2.1',
      port: 6_001,
      institution: '',
      errorDetection: true,
      answerMs: 500,
    });
    expect(settingsSchema.safeParse({ readsTags: false, inputs: [{ port: 1, counts: 'alarms' }] }).success).toBe(true);
  });
});
