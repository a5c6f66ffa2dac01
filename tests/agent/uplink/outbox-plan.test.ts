import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  cutOldest,
  excessBytes,
  growGap,
  type OutboxLimits,
  takeForFrame,
  trimGap,
  urgentFits,
} from '../../../agent/uplink/outbox-plan.ts';

const limits: OutboxLimits = { maxBytes: 1_000, urgentReserve: 0.2 };
const bytes = fc.record({ urgent: fc.nat(1_000), state: fc.nat(2_000), samples: fc.nat(2_000) });
const sizes = fc
  .array(fc.integer({ min: 1, max: 100 }))
  .map((list) => list.map((size, n) => ({ seq: n + 5, bytes: size })));

describe('the plan of the outbox', () => {
  it('asks for exactly what brings it back within its bounds', () => {
    fc.assert(
      fc.property(bytes, (before) => {
        const excess = excessBytes(before, limits);
        const sheddable = before.state + before.samples - excess;
        expect(sheddable).toBeGreaterThanOrEqual(0);
        if (sheddable > 0) {
          expect(sheddable).toBeLessThanOrEqual(800);
          expect(sheddable + before.urgent).toBeLessThanOrEqual(1_000);
        }
        if (excess > 0) expect(Math.max(sheddable + 1 - 800, sheddable + 1 + before.urgent - 1_000)).toBeGreaterThan(0);
      }),
    );
  });

  it('keeps the reserve for urgent records alone', () => {
    expect(excessBytes({ urgent: 0, state: 500, samples: 300 }, limits)).toBe(0);
    expect(excessBytes({ urgent: 0, state: 500, samples: 301 }, limits)).toBe(1);
    expect(excessBytes({ urgent: 200, state: 500, samples: 300 }, limits)).toBe(0);
    expect(excessBytes({ urgent: 300, state: 500, samples: 300 }, limits)).toBe(100);
    expect(urgentFits({ urgent: 300, state: 800, samples: 0 }, 700, limits)).toBe(true);
    expect(urgentFits({ urgent: 300, state: 0, samples: 0 }, 701, limits)).toBe(false);
  });

  it('cuts the fewest oldest records that free enough', () => {
    fc.assert(
      fc.property(sizes, fc.nat(3_000), (list, excess) => {
        const cut = cutOldest(list, excess);
        if (excess === 0 || list.length === 0) {
          expect(cut).toBeUndefined();
          return;
        }
        const gone = list.slice(0, cut?.records);
        const freed = gone.reduce((sum, entry) => sum + entry.bytes, 0);
        expect(cut).toEqual({ through: gone.at(-1)?.seq, records: gone.length, bytes: freed });
        if (freed < excess) expect(gone).toHaveLength(list.length);
        else expect(freed - (gone.at(-1)?.bytes ?? 0)).toBeLessThan(excess);
      }),
    );
  });

  it('lets a gap grow from its first number and shrink from its head', () => {
    expect(growGap(undefined, 7, 9)).toEqual({ from: 7, through: 9 });
    expect(growGap({ from: 3, through: 6 }, 3, 9)).toEqual({ from: 3, through: 9 });
    expect(trimGap({ from: 3, through: 6 }, 2)).toEqual({ from: 3, through: 6 });
    expect(trimGap({ from: 3, through: 6 }, 4)).toEqual({ from: 5, through: 6 });
    expect(trimGap({ from: 3, through: 6 }, 6)).toBeUndefined();
  });

  it('fills a frame up to its limits, and takes one record in any case', () => {
    fc.assert(
      fc.property(sizes, fc.integer({ min: 1, max: 50 }), fc.integer({ min: 1, max: 500 }), (list, records, room) => {
        const sizeOf = (entry: { bytes: number }) => entry.bytes;
        const taken = takeForFrame(list, sizeOf, { records, bytes: room });
        expect(taken).toEqual(list.slice(0, taken.length));
        expect(taken.length).toBeLessThanOrEqual(records);
        if (list.length > 0) expect(taken.length).toBeGreaterThan(0);
        const weight = (part: typeof list) => part.reduce((sum, entry) => sum + entry.bytes + 1, 0);
        if (taken.length > 1) expect(weight(taken)).toBeLessThanOrEqual(room);
        if (taken.length < Math.min(list.length, records)) {
          expect(weight(list.slice(0, taken.length + 1))).toBeGreaterThan(room);
        }
      }),
    );
  });
});
