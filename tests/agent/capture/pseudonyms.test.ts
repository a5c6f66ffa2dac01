import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Pseudonyms } from '../../../agent/capture/pseudonyms.ts';
import { readItemId } from '../../../agent/devices/rfid-gate/item-id.ts';

const key = Buffer.alloc(32, 7);
const kindOf = (text: string) => text.replace(/[0-9]/g, '0').replace(/[a-z]/g, 'a').replace(/[A-Z]/g, 'A');

describe('names that stand for names', () => {
  it('keep length and kinds of characters, are the same for the same, and differ from capture to capture', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[A-Za-z0-9 -]{1,30}$/), (name) => {
        const alias = new Pseudonyms(key).text(name);
        expect(kindOf(alias)).toBe(kindOf(name));
        expect(new Pseudonyms(key).text(name)).toBe(alias);
      }),
    );
    expect(new Pseudonyms(key).text('X4HX6500112')).not.toBe(new Pseudonyms(Buffer.alloc(32, 8)).text('X4HX6500112'));
  });

  it('are never given a name of their own', () => {
    const names = new Pseudonyms(key);
    for (const alias of [names.text('X4HX6500112'), names.mac('00:16:25:11:22:33')]) {
      expect(names.text(alias) === alias || names.mac(alias) === alias).toBe(true);
    }
  });

  const serials = fc.stringMatching(/^[A-Z0-9]{8,16}$/).filter((serial) => new Set(serial).size > 2);

  it('keep the sums that checksums are made of, where they must', () => {
    fc.assert(
      fc.property(serials, (serial) => {
        const alias = new Pseudonyms(key).summed(serial);
        const sum = (text: string) => Buffer.from(text).reduce((total, byte) => (total + byte) % 256, 0);
        const exclusive = (text: string) => Buffer.from(text).reduce((total, byte) => total ^ byte, 0);
        expect([alias === serial, sum(alias), exclusive(alias)]).toEqual([false, sum(serial), exclusive(serial)]);
      }),
      { numRuns: 30 },
    );
  });

  it('leave the maker in a MAC address, in any spelling', () => {
    const names = new Pseudonyms(key);
    const alias = names.mac('00:16:25:11:22:33');
    expect(alias).toMatch(/^00:16:25(:[0-9a-f]{2}){3}$/);
    expect(alias).not.toBe('00:16:25:11:22:33');
    expect(new Pseudonyms(key).mac('001625-112233'.replace('-', ''))).toBe(alias.replaceAll(':', ''));
  });

  it.each([
    { by: 'sgtin-96', id: 'serial', prefix: 'B', digits: 8 },
    { by: 'sgtin-96', id: 'uri', prefix: '', digits: 1 },
    { by: 'epc' },
  ] as const)('give a tag and the id that $by reads out of it the same meaning', (rule) => {
    fc.assert(
      fc.property(fc.bigInt({ min: 100n, max: 2n ** 38n - 1n }), (serial) => {
        const names = new Pseudonyms(key);
        const epc = ((0x3074257bf7194en << 40n) + serial).toString(16).padStart(24, '0').slice(-24);
        const id = readItemId({ epc }, rule);
        const alias = names.tag(epc);
        expect(alias).toHaveLength(epc.length);
        if (id !== undefined) expect(names.item(id)).toBe(readItemId({ epc: alias }, rule));
      }),
    );
  });
});
