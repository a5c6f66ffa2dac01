import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { appendValue, emptySeries, seriesOf, summaryOf } from '../../../hub/dashboard/src/state/series.ts';

const minute = 60_000;

describe('series', () => {
  it('breaks the line where steps are missing', () => {
    const series = seriesOf(
      [
        [0, 1, 0, 2, 5],
        [5 * minute, 2, 1, 3, 5],
        [60 * minute, 3, 2, 4, 5],
      ],
      '5m',
    );
    expect(series.mean).toEqual([1, 2, null, 3]);
    expect(series.times[2]).toBe((32.5 * minute) / 1000);
    expect(summaryOf(series)).toEqual({ least: 0, greatest: 4, last: 3 });
  });

  it('says nothing of an empty series', () => {
    expect(summaryOf(emptySeries)).toBeUndefined();
  });

  it('appends only what is newer and lets go of what left the window', () => {
    const first = appendValue(appendValue(emptySeries, 1_000, 1, minute), 2_000, 2, minute);
    expect(appendValue(first, 2_000, 9, minute)).toBe(first);
    expect(appendValue(first, 1_500, 9, minute)).toBe(first);
    const later = appendValue(first, 61_500, 3, minute);
    expect(later.times).toEqual([2, 61.5]);
    expect(later.mean).toEqual([2, 3]);
  });

  it('keeps its columns of one length and its times rising, whatever comes', () => {
    const values = fc.array(fc.tuple(fc.integer({ min: 0, max: 1e7 }), fc.double({ noNaN: true })), { maxLength: 50 });
    fc.assert(
      fc.property(values, fc.integer({ min: 1, max: 1e6 }), (points, windowMs) => {
        const series = points.reduce((held, [at, value]) => appendValue(held, at, value, windowMs), emptySeries);
        const { times, mean, least, greatest } = series;
        expect(new Set([times.length, mean.length, least.length, greatest.length]).size).toBe(1);
        expect(times.every((time, index) => index === 0 || time > (times[index - 1] ?? 0))).toBe(true);
        const last = times.at(-1) ?? 0;
        expect(times.every((time) => time * 1000 >= last * 1000 - windowMs - 1e-6)).toBe(true);
      }),
    );
  });
});
