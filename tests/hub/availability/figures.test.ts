import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { addFigures, figuresOf, noFigures, type Span } from '../../../hub/availability/figures.ts';
import { type Intervals, intersect, lengthOf, subtract, unite } from '../../../hub/availability/intervals.ts';

const hour = 3_600_000;
const stretches = fc.array(
  fc.tuple(fc.integer({ min: 0, max: 40 }), fc.integer({ min: 0, max: 40 })).map(([a, b]) => ({
    fromMs: Math.min(a, b),
    toMs: Math.max(a, b),
  })),
  { maxLength: 8 },
);
/** The same, told point by point. */
const points = (intervals: Intervals) =>
  Array.from({ length: 41 }, (_, at) => intervals.some(({ fromMs, toMs }) => fromMs <= at && at < toMs));

describe('stretches of time', () => {
  it('are what a count of every point says', () => {
    fc.assert(
      fc.property(stretches, stretches, (left, right) => {
        const [a, b] = [unite(left), unite(right)];
        expect(points(a)).toEqual(points(left));
        expect(points(intersect(a, b))).toEqual(points(a).map((is, at) => is && (points(b)[at] ?? false)));
        expect(points(subtract(a, b))).toEqual(points(a).map((is, at) => is && !points(b)[at]));
        expect(lengthOf(a)).toBe(points(a).filter(Boolean).length);
        for (const list of [a, intersect(a, b), subtract(a, b)])
          for (const [index, one] of list.entries()) expect(one.fromMs).toBeGreaterThan(list[index - 1]?.toMs ?? -1);
      }),
    );
  });
});

describe('what a device comes to', () => {
  const span = (track: Span['track'], state: string, from: number, to?: number): Span => ({
    track,
    state,
    fromMs: from * hour,
    toMs: to === undefined ? undefined : to * hour,
  });
  /** Lessons from 7 to 11 and 13 to 17. */
  const lessons = [
    { fromMs: 7 * hour, toMs: 11 * hour },
    { fromMs: 13 * hour, toMs: 17 * hour },
  ];
  const day = { fromMs: 0, toMs: 24 * hour, lessons };

  it('counts lesson hours only, and what is not known as neither', () => {
    const figures = figuresOf(
      [
        span('lifecycle', 'in-service', -100),
        span('health', 'ok', -5, 9),
        span('health', 'fault', 9, 12),
        span('health', 'ok', 12, 16),
        span('health', 'unknown', 16),
      ],
      day,
    );
    expect(figures).toMatchObject({ lessonMs: 8 * hour, downMs: 2 * hour, unknownMs: hour });
    expect(figures).toMatchObject({ incidents: 1, repaired: 1, repairMs: 3 * hour });
    expect(figures).toMatchObject({ darkMs: 8 * hour, onMs: 16 * hour });
  });

  it('holds nobody answerable for what is in maintenance or in store', () => {
    const figures = figuresOf(
      [
        span('lifecycle', 'in-service', -100, 8),
        span('lifecycle', 'maintenance', 8, 15),
        span('lifecycle', 'in-service', 15),
        span('health', 'fault', 6),
      ],
      day,
    );
    expect(figures).toMatchObject({ lessonMs: 3 * hour, downMs: 3 * hour, incidents: 2, repaired: 1 });
  });

  it('knows what was on, on standby, and without mains', () => {
    const figures = figuresOf(
      [
        span('lifecycle', 'in-service', -100),
        span('power', 'off', -10, 7),
        span('power', 'warming', 7, 8),
        span('power', 'on', 8, 20),
        span('health', 'expected-off', -10, 7),
        span('health', 'ok', 7, 18),
        // The mains went: what it said last of its power means nothing.
        span('health', 'unreachable', 18),
      ],
      day,
    );
    expect(figures).toMatchObject({ onMs: 11 * hour, standbyMs: 7 * hour, darkMs: 0, incidents: 1, repaired: 0 });
  });

  it('adds up, and never exceeds the time that there was', () => {
    const state = fc.constantFrom('ok', 'fault', 'unreachable', 'unknown', 'expected-off', 'stale', 'attention');
    const track = (name: Span['track'], states: fc.Arbitrary<string>) =>
      fc.array(fc.tuple(states, fc.integer({ min: 1, max: 9 })), { maxLength: 6 }).map((parts) => {
        let at = 0;
        return parts.map(([one, length]) => {
          const made = span(name, one, at, at + length);
          at += length;
          return made;
        });
      });
    fc.assert(
      fc.property(
        track('health', state),
        track('power', fc.constantFrom('on', 'off', 'warming')),
        track('lifecycle', fc.constantFrom('in-service', 'maintenance')),
        fc.integer({ min: 0, max: 24 }),
        (health, power, lifecycle, cut) => {
          const spans = [...health, ...power, ...lifecycle];
          const whole = figuresOf(spans, day);
          expect(whole.downMs + whole.unknownMs).toBeLessThanOrEqual(whole.lessonMs);
          expect(whole.onMs + whole.standbyMs + whole.darkMs).toBeLessThanOrEqual(24 * hour);
          // Both parts of a day are the day, but for what lasts across the cut.
          const at = cut * hour;
          const parts = [
            figuresOf(spans, { fromMs: 0, toMs: at, lessons: intersect(lessons, [{ fromMs: 0, toMs: at }]) }),
            figuresOf(spans, {
              fromMs: at,
              toMs: 24 * hour,
              lessons: intersect(lessons, [{ fromMs: at, toMs: 24 * hour }]),
            }),
          ].reduce(addFigures, noFigures);
          for (const key of ['lessonMs', 'downMs', 'unknownMs', 'onMs', 'standbyMs', 'darkMs'] as const)
            expect(parts[key]).toBe(whole[key]);
        },
      ),
    );
  });
});
