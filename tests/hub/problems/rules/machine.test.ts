import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkRule } from '../../../../hub/problems/rules/check.ts';
import { calm, type Step, stepRule, valuesAt, type Watch, worstOf } from '../../../../hub/problems/rules/machine.ts';
import { replay } from '../../../../hub/problems/rules/preview.ts';
import { type Condition, conditionSchema } from '../../../../protocols/api/operation/rules.ts';
import { emptyCalendar } from '../../../../protocols/fleet/calendar/calendar.ts';

const minute = 60_000;
const hot = conditionSchema.parse({
  source: { kind: 'metric', metric: 'temperature.celsius' },
  operator: 'above',
  threshold: 60,
  clear: 55,
});

/** Steps in minutes; what came of each. */
function run(condition: Condition, steps: readonly (readonly [number, number | 'hidden' | 'time' | 'late'])[]) {
  let watch: Watch = calm;
  return steps.map(([at, what]) => {
    const step: Step =
      what === 'hidden'
        ? { kind: 'hidden' }
        : typeof what === 'number'
          ? { kind: 'value', atMs: at * minute, inTime: true, value: what }
          : { kind: 'time', atMs: at * minute, inTime: what === 'time' };
    const stepped = stepRule(condition, watch, step);
    ({ watch } = stepped);
    return stepped.effect ?? '-';
  });
}

describe('a rule', () => {
  it('opens beyond its threshold and ends beyond its clear threshold', () => {
    expect(
      run(hot, [
        [0, 60],
        [1, 61],
        [2, 58],
        [3, 60],
        [4, 55],
        [5, 58],
      ]),
    ).toEqual(['-', 'open', '-', '-', 'resolve', '-']);
  });

  it('waits for its duration without a break, and not while the device is hidden', () => {
    const lasting = { ...hot, forMinutes: 10 };
    expect(
      run(lasting, [
        [0, 61],
        [9, 'time'],
        [10, 'time'],
      ]),
    ).toEqual(['-', '-', 'open']);
    expect(
      run(lasting, [
        [0, 61],
        [5, 50],
        [6, 61],
        [15, 'time'],
        [16, 'time'],
      ]),
    ).toEqual(['-', '-', '-', '-', 'open']);
    expect(
      run(lasting, [
        [0, 61],
        [5, 'hidden'],
        [12, 61],
        [21, 'time'],
        [22, 'time'],
      ]),
    ).toEqual(['-', '-', '-', '-', 'open']);
    expect(
      run(lasting, [
        [0, 61],
        [10, 'time'],
        [11, 'hidden'],
        [60, 'hidden'],
        [61, 50],
      ]),
    ).toEqual(['-', 'open', '-', '-', 'resolve']);
  });

  it('counts how often it begins within a time, and is over when it no longer does', () => {
    const often: Condition = { ...hot, repeat: { times: 3, withinMinutes: 30 } };
    expect(
      run(often, [
        [0, 61],
        [1, 50],
        [2, 61],
        [3, 50],
        [4, 61],
        [5, 50],
        [20, 'time'],
        [35, 'time'],
      ]),
    ).toEqual(['-', '-', '-', '-', 'open', '-', '-', 'resolve']);
    expect(
      run(often, [
        [0, 61],
        [1, 50],
        [20, 61],
        [21, 50],
        [40, 61],
      ]),
    ).toEqual(['-', '-', '-', '-', '-']);
  });

  it('opens only in its time, and what lasts into it begins with it', () => {
    const step = (watch: Watch, atMs: number, inTime: boolean) =>
      stepRule({ ...hot, forMinutes: 5 }, watch, { kind: 'value', atMs, inTime, value: 61 });
    const before = step(calm, 0, false);
    const begun = stepRule({ ...hot, forMinutes: 5 }, before.watch, { kind: 'time', atMs: 60 * minute, inTime: true });
    expect([before.effect, begun.effect]).toEqual([undefined, undefined]);
    expect(
      stepRule({ ...hot, forMinutes: 5 }, begun.watch, { kind: 'time', atMs: 65 * minute, inTime: true }).effect,
    ).toBe('open');
  });

  const conditions = fc.record({
    operator: fc.constantFrom('above' as const, 'below' as const),
    band: fc.integer({ min: 0, max: 10 }),
    forMinutes: fc.constantFrom(0, 5),
    repeat: fc.constantFrom(undefined, { times: 2, withinMinutes: 20 }),
  });
  const steps = fc.array(
    fc.tuple(
      fc.integer({ min: -5, max: 30 }),
      fc.oneof(fc.integer({ min: 30, max: 80 }), fc.constantFrom('hidden' as const, 'time' as const, 'late' as const)),
    ),
    { maxLength: 60 },
  );

  it('opens and ends by turns, whatever comes, and never while hidden', () => {
    fc.assert(
      fc.property(conditions, steps, ({ operator, band, forMinutes, repeat }, waits) => {
        const clear = operator === 'above' ? 60 - band : 60 + band;
        const condition: Condition = { ...hot, operator, clear, forMinutes: repeat ? 0 : forMinutes, repeat };
        let now = 0;
        const timed = waits.map(([wait, what]) => {
          now += wait;
          return [now, what] as const;
        });
        const effects = run(condition, timed);
        const told = effects.filter((effect) => effect !== '-');
        for (const [index, effect] of told.entries()) expect(effect).toBe(index % 2 === 0 ? 'open' : 'resolve');
        for (const [index, [, what]] of timed.entries())
          if (what === 'hidden' || what === 'late') expect(effects[index]).not.toBe('open');
      }),
    );
  });

  it('survives being written down between any two steps', () => {
    fc.assert(
      fc.property(steps, (waits) => {
        let [now, kept, fresh]: [number, Watch, Watch] = [0, calm, calm];
        for (const [wait, what] of waits) {
          now += wait;
          const step: Step =
            typeof what === 'number'
              ? { kind: 'value', atMs: now * minute, inTime: true, value: what }
              : { kind: 'time', atMs: now * minute, inTime: what === 'time' };
          kept = JSON.parse(JSON.stringify(stepRule(hot, kept, step).watch)) as Watch;
          fresh = stepRule(hot, fresh, step).watch;
          expect(kept.open).toBe(fresh.open);
        }
      }),
    );
  });
});

describe('values of a state', () => {
  it('are found by their path, through lists', () => {
    const state = {
      volumes: [
        { name: 'a', usedBytes: 5 },
        { name: 'b', usedBytes: 9 },
      ],
      reading: false,
    };
    expect(valuesAt(state, ['volumes', 'usedBytes'])).toEqual([5, 9]);
    expect(valuesAt(state, ['reading'])).toEqual([false]);
    expect(valuesAt(state, ['volumes', 'none', 'x'])).toEqual([]);
    expect(valuesAt(state, ['__proto__'])).toEqual([]);
    expect(worstOf({ ...hot, operator: 'below' }, [5, 9])).toBe(5);
    expect(worstOf({ ...hot, operator: 'equals', threshold: false }, [true, false])).toBe(false);
  });
});

describe('a rule that cannot be', () => {
  const refusal = (condition: object, filter = {}) => {
    try {
      checkRule({ condition: conditionSchema.parse({ ...hot, ...condition }), filter });
      return undefined;
    } catch (error) {
      return (error as { field?: string }).field;
    }
  };

  it('is refused by its field', () => {
    expect(refusal({})).toBeUndefined();
    expect(refusal({ source: { kind: 'metric', metric: 'temperature.smell' } })).toBe('condition.source.metric');
    expect(refusal({ source: { kind: 'state', path: 'gate.wings' }, operator: 'equals', clear: undefined })).toBe(
      'condition.source.path',
    );
    expect(refusal({ threshold: 'warm' })).toBe('condition.threshold');
    expect(refusal({ clear: 70 })).toBe('condition.clear');
    expect(refusal({ operator: 'equals' })).toBe('condition.clear');
    expect(refusal({ forMinutes: 5, repeat: { times: 2, withinMinutes: 5 } })).toBe('condition.repeat');
    expect(refusal({}, { capability: 'teleport' })).toBe('filter.capability');
  });
});

describe('a preview', () => {
  it('runs the same machine over what is stored, and takes a gap for hiding', () => {
    const start = Date.parse('2026-11-24T00:00:00Z');
    const points = [40, 61, 62, 40, 40, 63, 64, 65].map(
      (value, index) => [start + index * 5 * minute, value, value, value, 1] as const,
    );
    const told = replay(
      { ...hot, forMinutes: 9 },
      { step: '5m', points: points.map((point) => [...point]) },
      { toMs: start + 40 * minute, calendar: emptyCalendar },
    );
    expect(told.firings.map(({ fromMs, toMs }) => [fromMs - start, toMs && toMs - start])).toEqual([
      [10 * minute + 5 * minute - 1, 15 * minute],
      [30 * minute + 5 * minute - 1, undefined],
    ]);
    const late = points.map(([at, ...rest], index): [number, number, number, number, number] => [
      at + (index > 1 ? 60 * minute : 0),
      ...rest,
    ]);
    expect(
      replay(
        { ...hot, forMinutes: 30 },
        { step: '5m', points: late },
        { toMs: start + 200 * minute, calendar: emptyCalendar },
      ).firings,
    ).toEqual([]);
  });
});
