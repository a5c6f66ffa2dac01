import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ByteReader, ByteWriter } from '../../../hub/telemetry/bytes.ts';
import { decodeChunk, encodeChunk, mergeSeries, type Series } from '../../../hub/telemetry/chunk.ts';
import { decimalsOf, readNumbers, writeNumbers } from '../../../hub/telemetry/number-column.ts';
import { type Bucket, decodeRollups, encodeRollups, mergeRollups, rollUp } from '../../../hub/telemetry/rollup.ts';

const hour = Date.UTC(2026, 2, 2, 7);
/** What devices send: counts, percent, decimals; and any double at all. */
const value = fc.oneof(
  fc.integer({ min: -1_000, max: 100_000 }),
  fc.integer({ min: 0, max: 10_000 }).map((n) => n / 100),
  fc.constantFrom(0, -0, 1e15, 2 ** 53 - 1, -(2 ** 53 - 1), 0.1 + 0.2, 1e300, Number.MIN_VALUE),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
);
const time = fc.oneof(
  fc.integer({ min: 0, max: 3_599_999 }).map((ms) => hour + ms),
  fc.integer({ min: 0, max: 3_599 }).map((s) => hour + s * 1_000),
);
const series = (metric: number) =>
  fc.array(fc.tuple(time, value), { minLength: 1, maxLength: 120 }).map((samples): Series => {
    const sorted = samples.sort((a, b) => a[0] - b[0]);
    return { metric, times: sorted.map(([at]) => at), values: sorted.map(([, of]) => of) };
  });
const manySeries = fc
  .uniqueArray(fc.integer({ min: 1, max: 40_000 }), { maxLength: 6 })
  .chain((metrics) => fc.tuple(...metrics.map(series)));

describe('number column', () => {
  it('gives back every number bit by bit', () => {
    fc.assert(
      fc.property(fc.array(value, { maxLength: 200 }), (values) => {
        const writer = new ByteWriter();
        writeNumbers(writer, values);
        const read = readNumbers(new ByteReader(writer.finish()), values.length);
        expect(read.length).toBe(values.length);
        for (const [index, one] of values.entries()) expect(Object.is(read[index], one)).toBe(true);
      }),
      { numRuns: 2_000 },
    );
  });

  it('finds the fewest decimals, and none for what needs all bits', () => {
    expect(decimalsOf([1, 2.5, -3.25])).toBe(2);
    expect(decimalsOf([0.1 + 0.2])).toBe(7);
    expect(decimalsOf([-0])).toBe(7);
    expect(decimalsOf([1e12, 0.0001])).toBe(7);
  });
});

describe('chunk', () => {
  it('gives back what it packed, whole and by metric', () => {
    fc.assert(
      fc.property(manySeries, (all) => {
        const body = encodeChunk(hour, all);
        expect(decodeChunk(hour, body)).toEqual(all);
        for (const one of all) expect(decodeChunk(hour, body, one.metric)).toEqual([one]);
        expect(decodeChunk(hour, body, 50_000)).toEqual([]);
      }),
      { numRuns: 500 },
    );
  });

  it('merges to the same samples in whatever pieces they came', () => {
    fc.assert(
      fc.property(series(1), fc.func(fc.integer({ min: 0, max: 2 })), (all, pieceOf) => {
        const pieces = [0, 1, 2].map((piece): Series => {
          const at = all.times.flatMap((_, index) => (pieceOf(index) === piece ? [index] : []));
          return { metric: 1, times: at.map((i) => all.times[i]!), values: at.map((i) => all.values[i]!) };
        });
        const merged = pieces.reduce((a, b) => decodeChunk(hour, encodeChunk(hour, [mergeSeries(a, b)]))[0] ?? a);
        const pairs = (one: Series) => one.times.map((at, index) => `${at} ${one.values[index]}`).sort();
        expect(pairs(merged)).toEqual(pairs(all));
        expect([...merged.times].sort((a, b) => a - b)).toEqual(merged.times);
      }),
      { numRuns: 500 },
    );
  });

  it('keeps a sample of a usual device in under two bytes', () => {
    const times = Array.from({ length: 60 }, (_, minute) => hour + minute * 60_000 + ((minute * 7) % 5));
    const all = [0, 1, 2, 3, 4].map((metric) => ({
      metric: metric + 1,
      times,
      values: times.map((_, index) => Math.round(40 + 10 * Math.sin(index / 9 + metric)) + (metric === 4 ? 0.5 : 0)),
    }));
    expect(encodeChunk(hour, all).length / 300).toBeLessThan(2);
  });

  it('refuses another format and a cut row', () => {
    const body = encodeChunk(hour, [{ metric: 1, times: [hour], values: [5] }]);
    for (let length = 0; length < body.length; length++)
      expect(() => decodeChunk(hour, body.subarray(0, length))).toThrow();
    expect(() => decodeChunk(hour, Buffer.from([9, ...body.subarray(1)]))).toThrow('chunk format 9');
  });
});

describe('roll-up', () => {
  const span = { start: hour, stepMs: 300_000, steps: 12 };

  it('equals what the samples give, in whatever pieces and however often packed', () => {
    const usual = fc.integer({ min: -10_000, max: 10_000 }).map((n) => n / 100);
    fc.assert(
      fc.property(fc.array(fc.tuple(time, usual, fc.integer({ min: 0, max: 3 })), { minLength: 1 }), (samples) => {
        const roll = (some: typeof samples) =>
          rollUp(
            span,
            1,
            some.map(([at]) => at),
            some.map(([, of]) => of),
          );
        const whole = roll(samples);
        const pieces = [0, 1, 2, 3].map((piece) => roll(samples.filter((sample) => sample[2] === piece)));
        const merged = pieces.reduce((a, b) => decodeRollups(span, encodeRollups(span, [mergeRollups(a, b)]))[0]!);
        expect(merged.buckets).toEqual(whole.buckets);
        for (const [step, bucket] of whole.buckets.entries()) expect(bucket).toEqual(naive(samples, step));
      }),
      { numRuns: 500 },
    );
  });

  function naive(samples: readonly (readonly [number, number, number])[], step: number): Bucket | undefined {
    const inside = samples.filter(([at]) => Math.floor((at - hour) / 300_000) === step);
    if (inside.length === 0) return undefined;
    const values = inside.map(([, of]) => of);
    const lastAt = Math.max(...inside.map(([at]) => at));
    return {
      count: inside.length,
      min: Math.min(...values),
      max: Math.max(...values),
      // Hundredths, added as whole numbers.
      sum: values.reduce((sum, one) => sum + Math.round(one * 100), 0) / 100,
      last: Math.max(...inside.filter(([at]) => at === lastAt).map(([, of]) => of)),
      lastAt,
    };
  }

  it('gives back any doubles', () => {
    fc.assert(
      fc.property(manySeries, (all) => {
        const rollups = all.map((one) => rollUp(span, one.metric, one.times, one.values));
        const body = encodeRollups(span, rollups);
        expect(decodeRollups(span, body)).toEqual(rollups);
        for (const one of rollups) expect(decodeRollups(span, body, one.metric)).toEqual([one]);
      }),
      { numRuns: 500 },
    );
  });
});
