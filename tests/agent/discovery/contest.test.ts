import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Proposal } from '../../../agent/devices/driver.ts';
import { settleContest } from '../../../agent/discovery/contest.ts';

function proposal(family: string, host: string, over: Partial<Proposal> = {}): Proposal {
  return {
    key: `${family} ${host} ${over.address?.port ?? ''}`,
    family,
    address: { host },
    needsCredentials: false,
    evidence: [`${family} says ${host}`],
    ...over,
  };
}

const weak = { confidence: 'possible' } as const;

describe('the contest of families', () => {
  it('gives an address to the family with the stronger evidence, and keeps the other as a line', () => {
    const board = proposal('board', '10.0.0.1', { ...weak, name: 'Screen' });
    const projector = proposal('projector', '10.0.0.1', { address: { host: '10.0.0.1', port: 4352 } });
    const [winner, ...more] = settleContest([board, projector]);
    expect(more).toEqual([]);
    expect(winner).toMatchObject({
      family: 'projector',
      evidence: [projector.evidence[0], expect.stringMatching(/board \(Screen\)/)],
    });
  });

  it('joins what one family knows of one device from several searches', () => {
    const announced = proposal('printer', '10.0.0.1', { confidence: 'likely', name: 'HP', macs: ['m1'] });
    const answered = proposal('printer', '10.0.0.1', {
      serial: 'S1',
      address: { host: '10.0.0.1', port: 161 },
      macs: ['m2'],
    });
    const evidence = ['asked', 'announced'];
    const told = [
      { ...announced, evidence: ['announced'] },
      { ...answered, evidence: ['asked'] },
    ];
    expect(settleContest(told)).toEqual([
      { ...answered, name: 'HP', confidence: 'certain', macs: ['m2', 'm1'], evidence },
    ]);
  });

  it('keeps devices apart that answered as themselves on ports of their own, or that their settings tell apart', () => {
    const cameras = [80, 81].map((port) => proposal('camera', '10.0.0.1', { address: { host: '10.0.0.1', port } }));
    const headsets = ['A', 'B'].map((serial) =>
      proposal('headset', '127.0.0.1', { key: serial, settings: { serial } }),
    );
    expect(settleContest([...cameras, ...headsets])).toEqual([...cameras, ...headsets]);
  });

  it('joins nothing over two addresses, and tells each of the other', () => {
    const twins = ['10.0.0.1', '10.0.0.66'].map((host) => proposal('camera', host, { serial: 'S1', macs: ['m1'] }));
    const evidence = settleContest(twins).map((one) => one.evidence.at(-1));
    expect(evidence).toEqual(['10.0.0.66 claims the same Mac address, m1', '10.0.0.1 claims the same Mac address, m1']);
    const sameSerial = twins.map(({ macs: _, ...one }) => one);
    expect(settleContest(sameSerial)[0]?.evidence.at(-1)).toMatch(/same serial number/);
  });

  it('proposes each address, invents nothing, and never has two weak proposals for one address', () => {
    const one = fc.record({
      family: fc.constantFrom('a', 'b', 'c'),
      host: fc.constantFrom('10.0.0.1', '10.0.0.2', '10.0.0.3'),
      port: fc.constantFrom(undefined, 80, 443),
      confidence: fc.constantFrom('certain', 'likely', 'possible'),
      serial: fc.constantFrom(undefined, 'S1'),
    } as const);
    fc.assert(
      fc.property(fc.array(one, { maxLength: 20 }), (parts) => {
        const found = parts.map(({ family, host, port, confidence, serial }) =>
          proposal(family, host, {
            confidence,
            address: { host, ...(port === undefined ? {} : { port }) },
            ...(serial === undefined ? {} : { serial }),
          }),
        );
        const settled = settleContest(found);
        const hosts = (list: readonly Proposal[]) => [...new Set(list.map(({ address }) => address.host))].sort();
        expect(hosts(settled)).toEqual(hosts(found));
        for (const { family, address, evidence } of settled) {
          expect(found.some((other) => other.family === family && other.address.host === address.host)).toBe(true);
          expect(evidence.length).toBeLessThanOrEqual(16);
        }
        for (const host of hosts(settled)) {
          const here = settled.filter(({ address }) => address.host === host);
          const isCertain = ({ confidence }: Proposal) => (confidence ?? 'certain') === 'certain';
          expect(here.filter((other) => !isCertain(other)).length).toBeLessThanOrEqual(here.some(isCertain) ? 0 : 1);
        }
      }),
    );
  });
});
