import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { faultsOf } from '../../../hub/calendar/check.ts';
import { compare, daysOf } from '../../../hub/calendar/effect.ts';
import { calendarOfResolved, emptyLayer, type Placed, resolveLayers } from '../../../hub/calendar/resolve.ts';
import { calendarTemplates } from '../../../hub/calendar/template.ts';
import { type CalendarLayer, calendarLayerSchema } from '../../../protocols/api/operation/calendar.ts';
import { calendarSchema } from '../../../protocols/fleet/calendar/calendar.ts';
import { dayOf } from '../../../protocols/fleet/calendar/day.ts';
import { anyCalendar } from '../../protocols/fleet/calendar/calendars.ts';

const unit = (id: number) => ({ id, name: `Đơn vị ${id}`, kind: 'school' as const });

/** Any layer: parts of any calendar, some of them set, and some of what may stand above called off. */
const anyLayer: fc.Arbitrary<CalendarLayer> = fc
  .record({ calendar: anyCalendar, above: anyCalendar, has: fc.record({ terms: fc.boolean(), periods: fc.boolean() }) })
  .map(({ calendar: { terms, periods, daysOff, makeUpDays, exams }, above, has }) => ({
    ...(has.terms ? { terms } : {}),
    ...(has.periods ? { periods } : {}),
    daysOff,
    makeUpDays,
    exams,
    cancelled: above.daysOff.map(({ name, from }) => ({ kind: 'day-off' as const, name, from })),
  }));
const anyLayers = fc
  .array(anyLayer, { maxLength: 4 })
  .map((layers): Placed[] => layers.map((layer, index) => ({ unit: unit(index + 1), layer })));

describe('resolved calendars', () => {
  it('are calendars, whatever the layers, and every item names a unit that sets that very item', () => {
    fc.assert(
      fc.property(anyLayers, (layers) => {
        const resolved = resolveLayers(layers);
        expect(calendarSchema.safeParse(calendarOfResolved(resolved)).error).toBeUndefined();
        for (const part of ['terms', 'periods', 'daysOff', 'makeUpDays', 'exams'] as const)
          for (const { origin, ...item } of resolved[part]) {
            const { layer } = layers.find((one) => one.unit.id === origin.id) ?? {};
            expect(layer?.[part]).toContainEqual(item);
          }
      }),
    );
  });

  it('lose no examination to a layer below that does not call it off by name', () => {
    fc.assert(
      fc.property(anyLayers, anyLayer, (above, layer) => {
        const before = resolveLayers(above).exams;
        const after = resolveLayers([...above, { unit: unit(9), layer }]).exams;
        expect(after.filter(({ origin }) => origin.id !== 9)).toEqual(before);
        const exam = before[0];
        if (!exam) return;
        const off = { ...emptyLayer, cancelled: [{ kind: 'exam' as const, name: exam.name, from: exam.from }] };
        const without = resolveLayers([...above, { unit: unit(9), layer: off }]).exams;
        expect(without.some(({ name, from }) => name === exam.name && from === exam.from)).toBe(false);
      }),
    );
  });

  it('stay the same below a unit that sets nothing, and tell no effect of it', () => {
    fc.assert(
      fc.property(anyLayers, (layers) => {
        const above = calendarOfResolved(resolveLayers(layers));
        const below = calendarOfResolved(resolveLayers([...layers, { unit: unit(9), layer: emptyLayer }]));
        expect(below).toEqual(above);
        expect(compare(above, below)).toMatchObject({ days: [], changed: 0 });
      }),
      { numRuns: 30 },
    );
  });

  it('tell as effect exactly the days that are others', () => {
    fc.assert(
      fc.property(anyLayers, anyLayer, (above, layer) => {
        const [before, after] = [above, [...above, { unit: unit(9), layer }]].map((layers) =>
          calendarOfResolved(resolveLayers(layers)),
        );
        if (!before || !after) throw new TypeError('two were made');
        const { days, changed } = compare(before, after);
        for (const { from, to, after: told } of days.slice(0, 20))
          for (const day of daysOf(after, from, to)) expect(day).toMatchObject(told);
        expect(changed).toBeGreaterThanOrEqual(days.length);
      }),
      { numRuns: 30 },
    );
  });
});

describe('the sample school year', () => {
  const layer = calendarTemplates[0]?.layer ?? emptyLayer;
  const resolved = resolveLayers([{ unit: unit(1), layer }]);
  const calendar = calendarOfResolved(resolved);

  it('can be saved, and fits into what the hub takes', () => {
    expect(calendarLayerSchema.parse(layer)).toEqual(layer);
    expect(faultsOf(layer, resolveLayers([]), resolved)).toEqual([]);
  });

  it('has 35 weeks of lessons, 18 and 17, and tells which dates the department has yet to confirm', () => {
    const days = daysOf(calendar, '2026-09-07', '2027-05-30');
    const weeks = Array.from({ length: days.length / 7 }, (_, week) => days.slice(week * 7, week * 7 + 7));
    const held = weeks.filter((week) => week.some(({ minutes }) => minutes > 0));
    expect(held).toHaveLength(35);
    expect(held.filter(([monday]) => (monday?.date ?? '') < '2027-01-11')).toHaveLength(18);
    expect(layer.terms?.every(({ toConfirm }) => toConfirm)).toBe(true);
    expect(layer.daysOff.filter(({ toConfirm }) => !toConfirm).map(({ from }) => from)).toEqual([
      '2026-09-02',
      '2027-01-01',
      '2027-04-16',
      '2027-04-30',
      '2027-05-01',
    ]);
    // The first day of the lunar year Đinh Mùi and the tenth of its third month (UTC+7).
    expect(dayOf(calendar, '2027-02-06')).toMatchObject({ kind: 'off', name: 'Tết Nguyên đán Đinh Mùi' });
    expect(dayOf(calendar, '2027-04-16').name).toBe('Giỗ Tổ Hùng Vương');
  });

  it('leaves no day of the school year unknown', () => {
    expect(daysOf(calendar, '2026-08-01', '2027-07-31').filter(({ known }) => !known)).toEqual([]);
  });
});
