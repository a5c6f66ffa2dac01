import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { rangeOf } from '../../../hub/gateway/range.ts';
import { compareVersions, countReasons, type FitDevice, judgeFit } from '../../../hub/releases/preflight.ts';

const word = fc.constantFrom('a', 'b', 'c');
const maybe = <T>(of: fc.Arbitrary<T>) => fc.option(of, { nil: undefined });
const device: fc.Arbitrary<FitDevice> = fc.record({
  id: fc.uuid(),
  name: word,
  kind: fc.constantFrom('device', 'agent'),
  family: maybe(word),
  model: maybe(word),
  version: maybe(fc.constantFrom('1', '2', '3')),
  isRetired: fc.boolean(),
  freeBytes: maybe(fc.nat(20)),
  agent: fc.record({
    status: fc.constantFrom('active', 'quarantined', 'revoked'),
    version: maybe(fc.constantFrom('1.2.0', '1.10.0')),
    families: maybe(fc.subarray(['a', 'b', 'c'])),
  }),
});
const release = fc.record({
  component: fc.constantFrom('device-firmware', 'agent', 'android-app', 'configuration'),
  version: fc.constantFrom('1', '2', '3'),
  family: maybe(word),
  models: fc.subarray(['a', 'b']),
  fromVersions: fc.subarray(['1', '2']),
  releaseCounter: fc.integer({ min: 1, max: 3 }),
  leastAgentVersion: maybe(fc.constantFrom('1.9.0')),
  neededBytes: fc.nat(20),
  floor: fc.integer({ min: 0, max: 3 }),
  counters: fc.constant(
    new Map([
      ['1', 1],
      ['2', 2],
      ['3', 3],
    ]),
  ),
});

describe('preflight', () => {
  it('puts every device in exactly one list, and counts add up', () => {
    fc.assert(
      fc.property(release, fc.array(device), (what, devices) => {
        const { fits, refused } = judgeFit(what, devices);
        expect([...fits, ...refused.map((one) => one.device)].map(({ id }) => id).sort()).toEqual(
          devices.map(({ id }) => id).sort(),
        );
        expect(countReasons(refused).reduce((sum, { count }) => sum + count, 0)).toBe(refused.length);
      }),
    );
  });

  it('lets nothing through that is retired, revoked, there already, below the floor or without room', () => {
    fc.assert(
      fc.property(release, fc.array(device), (what, devices) => {
        for (const one of judgeFit(what, devices).fits) {
          expect(one.isRetired || one.agent.status === 'revoked' || one.version === what.version).toBe(false);
          expect(what.releaseCounter).toBeGreaterThanOrEqual(what.floor);
          expect(one.freeBytes ?? Number.POSITIVE_INFINITY).toBeGreaterThanOrEqual(what.neededBytes);
          expect((one.kind === 'agent') === (what.component === 'agent')).toBe(true);
        }
      }),
    );
  });

  it('compares versions by their numbers', () => {
    expect(compareVersions('1.10.0', '1.9.9')).toBe(1);
    expect(compareVersions('v2', '2')).toBe(0);
    expect(compareVersions('1.2', '1.2.1')).toBe(-1);
  });
});

describe('range of a download', () => {
  it.each([
    [undefined, undefined, { from: 0, to: 9, isPart: false }],
    ['bytes=4-', undefined, { from: 4, to: 9, isPart: true }],
    ['bytes=2-3', '"t"', { from: 2, to: 3, isPart: true }],
    ['bytes=2-3', '"other"', { from: 0, to: 9, isPart: false }],
    ['bytes=-3', undefined, { from: 7, to: 9, isPart: true }],
    ['bytes=-99', undefined, { from: 0, to: 9, isPart: true }],
    ['bytes=10-', undefined, 'unsatisfiable'],
    ['bytes=-0', undefined, 'unsatisfiable'],
    ['bytes=5-2', undefined, { from: 0, to: 9, isPart: false }],
    ['bytes=0-1,3-4', undefined, { from: 0, to: 9, isPart: false }],
  ])('%s with If-Range %s', (range, condition, expected) => {
    const headers = { ...(range ? { range } : {}), ...(condition ? { 'if-range': condition } : {}) };
    expect(rangeOf(headers, 10, '"t"')).toEqual(expected);
  });
});
