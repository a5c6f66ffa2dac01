import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Proposal } from '../../../agent/devices/driver.ts';
import { chooseProposals, type Known } from '../../../agent/discovery/choice.ts';

const nothing: Known = { devices: [], refused: new Set() };

function proposal(key: string, host: string, over: Partial<Proposal> = {}): Proposal {
  return { key, family: 'scripted', address: { host, port: 80 }, needsCredentials: false, evidence: [], ...over };
}

describe('choice of proposals', () => {
  it('joins what is found twice', () => {
    const twice = [proposal('m1', '10.0.0.1', { name: 'first' }), proposal('m1', '10.0.0.1', { name: 'second' })];
    expect(chooseProposals(twice, nothing).chosen).toEqual([twice[0]]);
  });

  it('leaves out what is adopted, at its own port or at the port of its family', () => {
    const found = [proposal('m1', '10.0.0.1'), proposal('m2', '10.0.0.2'), proposal('m3', '10.0.0.3')];
    const devices = [
      { family: 'scripted', address: { host: '10.0.0.1', port: 80 } },
      { family: 'scripted', address: { host: '10.0.0.2' } },
      { family: 'another', address: { host: '10.0.0.3' } },
      { family: 'mini-pc' },
    ];
    expect(chooseProposals(found, { ...nothing, devices }).chosen.map(({ key }) => key)).toEqual(['m3']);
  });

  it('leaves out what a person refused, by its key or its address', () => {
    const found = [proposal('m1', '10.0.0.1'), proposal('m2', '10.0.0.2')];
    expect(chooseProposals(found, { ...nothing, refused: new Set(['m1', '10.0.0.2:80']) }).chosen).toEqual([]);
  });

  it('believes neither of two addresses that claim to be the same device', () => {
    const { chosen, contested } = chooseProposals([proposal('m1', '10.0.0.1'), proposal('m1', '10.0.0.66')], nothing);
    expect(contested).toEqual(['m1']);
    expect(chosen.map(({ key }) => key)).toEqual(['10.0.0.1:80', '10.0.0.66:80']);
  });

  it('gives each key once, and nothing that was not found', () => {
    const one = fc.tuple(fc.constantFrom('a', 'b', 'c'), fc.constantFrom('10.0.0.1', '10.0.0.2'));
    fc.assert(
      fc.property(fc.array(one), fc.uniqueArray(fc.constantFrom('a', 'b', '10.0.0.1:80')), (pairs, refused) => {
        const found = pairs.map(([key, host]) => proposal(key, host));
        const { chosen } = chooseProposals(found, { devices: [], refused: new Set(refused) });
        const keys = chosen.map(({ key }) => key);
        expect(new Set(keys).size).toBe(keys.length);
        for (const key of keys) expect(refused).not.toContain(key);
        for (const { address } of chosen) expect(found.map((entry) => entry.address)).toContainEqual(address);
      }),
    );
  });
});
