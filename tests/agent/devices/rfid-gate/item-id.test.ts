import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { afiOf, readItemId } from '../../../../agent/devices/rfid-gate/item-id.ts';
import type { ItemRule } from '../../../../agent/devices/rfid-gate/settings.ts';

const rule = (change: Partial<Extract<ItemRule, { by: 'sgtin-96' | 'grai-96' }>>): ItemRule =>
  ({ by: 'sgtin-96', id: 'uri', prefix: '', digits: 1, ...change }) as ItemRule;

/** The worked example of the GS1 EPC Tag Data Standard: urn:epc:tag:sgtin-96:3.0614141.812345.6789. */
const sgtin = '3074257bf7194e4000001a85';
/** urn:epc:tag:grai-96:3.0614141.12345.400, laid out by the same tables. */
const grai = '3374257bf40c0e4000000190';

describe('the id of an item', () => {
  it.each<[string, { epc: string; pc?: number }, ItemRule, string | undefined]>([
    ['the EPC itself', { epc: '300833b2ddd9014000000000' }, { by: 'epc' }, '300833B2DDD9014000000000'],
    ['a table', { epc: 'abcd' }, { by: 'table', items: { ABCD: 'TV-1' } }, 'TV-1'],
    ['a table in small letters', { epc: 'abcd' }, { by: 'table', items: { abcd: 'TV-1' } }, 'TV-1'],
    ['no table', { epc: 'abce' }, { by: 'table', items: { abcd: 'TV-1' } }, undefined],
    ['no prototype', { epc: 'constructor' }, { by: 'table', items: {} }, undefined],
    ['SGTIN', { epc: sgtin }, rule({}), 'urn:epc:id:sgtin:0614141.812345.6789'],
    ['SGTIN serial', { epc: sgtin }, rule({ id: 'serial', prefix: 'TV', digits: 8 }), 'TV00006789'],
    ['GRAI', { epc: grai }, rule({ by: 'grai-96' }), 'urn:epc:id:grai:0614141.12345.400'],
    ['GRAI of our company', { epc: grai }, rule({ by: 'grai-96', id: 'serial', companyPrefix: '0614141' }), '400'],
    ['GRAI of others', { epc: grai }, rule({ by: 'grai-96', companyPrefix: '0614142' }), undefined],
    ['SGTIN where GRAI is ours', { epc: sgtin }, rule({ by: 'grai-96' }), undefined],
    ['an EPC of another length', { epc: `${sgtin}00` }, rule({}), undefined],
    ['partition 7', { epc: '307c257bf7194e4000001a85' }, rule({}), undefined],
    ['an ISO identifier that begins like a GRAI', { epc: grai, pc: 0x3107 }, rule({ by: 'grai-96' }), undefined],
    ['an EPC by its control word', { epc: grai, pc: 0x3000 }, rule({ by: 'grai-96', id: 'serial' }), '400'],
    [
      'a company prefix with more digits than it may have',
      { epc: `30${'1'.padStart(1, '0')}4${'f'.repeat(20)}` },
      rule({}),
      undefined,
    ],
  ])('is read from %s', (_, tag, by, expected) => {
    expect(readItemId(tag, by)).toBe(expected);
  });

  const uii = (change: Partial<Extract<ItemRule, { by: 'iso-uii' }>>): ItemRule => ({
    by: 'iso-uii',
    afi: [0x07, 0xc2],
    as: 'text',
    digits: 1,
    ...change,
  });

  it.each<[string, { epc: string; pc?: number }, ItemRule, string | undefined]>([
    ['text', { epc: Buffer.from('TV-0001\0').toString('hex'), pc: 0x21c2 }, uii({}), 'TV-0001'],
    ['a number', { epc: '00001234', pc: 0x1107 }, uii({ as: 'integer', digits: 8 }), '00004660'],
    ['another AFI', { epc: '00001234', pc: 0x1130 }, uii({ as: 'integer' }), undefined],
    ['no control word', { epc: '00001234' }, uii({ as: 'integer' }), undefined],
    ['an EPC', { epc: '00001234', pc: 0x1007 }, uii({ as: 'integer' }), undefined],
    ['no text', { epc: 'ff001234', pc: 0x1107 }, uii({}), undefined],
    ['nothing', { epc: '00000000', pc: 0x1107 }, uii({}), undefined],
  ])('is read from an ISO identifier: %s', (_, tag, by, expected) => {
    expect(readItemId(tag, by)).toBe(expected);
  });

  it('is never longer than an event carries, and never throws', () => {
    const epc = fc.uint8Array({ minLength: 1, maxLength: 62 }).map((bytes) => Buffer.from(bytes).toString('hex'));
    const pc = fc.option(fc.integer({ min: 0, max: 0xffff }), { nil: undefined });
    const rules: ItemRule[] = [
      { by: 'epc' },
      { by: 'table', items: {} },
      rule({}),
      rule({ by: 'grai-96', id: 'serial', prefix: 'X'.repeat(20), digits: 20 }),
      uii({ as: 'integer', afi: [7] }),
      uii({ afi: [7] }),
    ];
    fc.assert(
      fc.property(epc, pc, fc.constantFrom(...rules), (tag, word, by) => {
        const id = readItemId({ epc: tag, ...(word === undefined ? {} : { pc: word }) }, by);
        if (id !== undefined) expect(id).toMatch(/^.{1,80}$/);
      }),
    );
  });
});

describe('the AFI', () => {
  it('is there only behind the toggle bit', () => {
    expect(afiOf({ epc: '00', pc: 0x3107 })).toBe(0x07);
    expect(afiOf({ epc: '00', pc: 0x3007 })).toBeUndefined();
    expect(afiOf({ epc: '00' })).toBeUndefined();
  });
});
