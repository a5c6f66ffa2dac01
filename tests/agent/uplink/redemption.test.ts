import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Redemption, redemptionWaitMs } from '../../../agent/uplink/redemption.ts';
import { FatalError, RecoverableError } from '../../../protocols/errors.ts';
import { silentLog } from '../../../protocols/ports.ts';
import { createFakeClock } from '../../support/clock.ts';

const away = () => new RecoverableError('hub-unreachable', 'away');
const refused = () => new FatalError('voucher-used', 'used');

function start(outcomes: (() => Error)[]) {
  const clock = createFakeClock();
  const tries: number[] = [];
  const got: string[] = [];
  const told: unknown[] = [];
  const redemption = new Redemption({
    redeem: async () => {
      tries.push(clock.now());
      const failure = outcomes.shift();
      if (failure) throw failure();
      return 'identity';
    },
    onRedeemed: (identity) => got.push(identity),
    onRefused: async (error) => void told.push(error),
    clock,
    log: silentLog,
    random: () => 0.5,
  });
  redemption.start();
  return { clock, tries, got, told, redemption };
}

describe('the redemption of a voucher', () => {
  it('tries at once, then ever more slowly, and stops when it has succeeded', async () => {
    const { clock, tries, got, redemption } = start([away, away, away]);
    await clock.settle();
    for (let second = 0; second < 60; second++) await clock.advance(1_000);
    expect(tries.map((at) => at - (tries[0] ?? 0))).toEqual([0, 5_000, 15_000, 35_000]);
    expect(got).toEqual(['identity']);
    await clock.advance(3_600_000);
    expect(tries).toHaveLength(4);
    await redemption[Symbol.asyncDispose]();
    expect(clock.pending).toBe(0);
  });

  it('asks seldom once it was refused, for only a person can change that, and goes on for ever', async () => {
    const { clock, tries, got, redemption } = start(Array.from({ length: 40 }, () => refused));
    await clock.settle();
    for (let minute = 0; minute < 24 * 60; minute++) await clock.advance(60_000);
    expect(tries.length).toBeGreaterThan(30);
    expect(tries.length).toBeLessThan(60);
    expect(got).toEqual(['identity']);
    await redemption[Symbol.asyncDispose]();
  });

  it('tells each refusal, and not that the hub is away', async () => {
    const { clock, told, redemption } = start([away, refused, away, refused]);
    await clock.settle();
    for (let minute = 0; minute < 60; minute++) await clock.advance(60_000);
    expect(told).toMatchObject([{ code: 'voucher-used' }, { code: 'voucher-used' }]);
    await redemption[Symbol.asyncDispose]();
  });

  it('stops in the middle of a wait and leaves no timer', async () => {
    const { clock, redemption } = start([away]);
    await clock.settle();
    await redemption[Symbol.asyncDispose]();
    expect(clock.pending).toBe(0);
  });

  it('waits within its bounds, whatever has failed', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 1e6 }),
        fc.boolean(),
        fc.double({ min: 0, max: 0.999, noNaN: true }),
        (failures, wasRefused, random) => {
          const waitMs = redemptionWaitMs(failures, wasRefused, random);
          expect(waitMs).toBeGreaterThanOrEqual(wasRefused ? 45_000 : 3_750);
          expect(waitMs).toBeLessThanOrEqual((wasRefused ? 30 : 5) * 60_000 * 1.25);
        },
      ),
    );
  });
});
