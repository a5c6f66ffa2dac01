import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { backoffMs } from '../../../agent/runtime/backoff.ts';

describe('backoff', () => {
  it('spreads over a cap that doubles from 2 s to 5 min', () => {
    expect(backoffMs(1, 0)).toBe(1_000);
    expect(backoffMs(1, 0.5)).toBe(1_500);
    expect(backoffMs(3, 0.999_999)).toBeCloseTo(8_000, -1);
    expect(backoffMs(20, 0.999_999)).toBeCloseTo(300_000, -1);
  });

  it('stays between 1 s and 5 min, and its cap never falls', () => {
    fc.assert(
      fc.property(fc.nat({ max: 10_000 }), fc.double({ min: 0, max: 0.999_999, noNaN: true }), (failures, random) => {
        const delayMs = backoffMs(failures, random);
        expect(delayMs).toBeGreaterThanOrEqual(1_000);
        expect(delayMs).toBeLessThanOrEqual(300_000);
        expect(backoffMs(failures + 1, random)).toBeGreaterThanOrEqual(delayMs);
      }),
    );
  });
});
