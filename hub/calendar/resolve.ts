import type { CalendarLayer, CalendarView } from '../../protocols/api/operation/calendar.ts';
import { type Calendar, emptyCalendar } from '../../protocols/fleet/calendar/calendar.ts';

type Ref = CalendarView['unit'];

/** What one unit sets, with the unit. */
export interface Placed {
  readonly unit: Ref;
  readonly layer: CalendarLayer;
}

/** What holds for a unit, each item with the unit that says so. */
export type Resolved = Pick<
  CalendarView,
  'timeZone' | 'terms' | 'periods' | 'daysOff' | 'makeUpDays' | 'exams' | 'cancelled'
>;

type Cancelled = CalendarLayer['cancelled'][number];

export const emptyLayer: CalendarLayer = { daysOff: [], makeUpDays: [], exams: [], cancelled: [] };

const nothing: Resolved = {
  timeZone: emptyCalendar.timeZone,
  terms: [],
  periods: [],
  daysOff: [],
  makeUpDays: [],
  exams: [],
  cancelled: [],
};

/** `layers` from the root down, the unit's own last. */
export function resolveLayers(layers: readonly Placed[]): Resolved {
  return layers.reduce(lay, nothing);
}

/** What is nearest stands first: of two of one sort on one day the first counts (`dayOf`). */
function lay(above: Resolved, { unit, layer }: Placed): Resolved {
  const own = <T>(items: readonly T[]) => items.map((item) => ({ ...item, origin: unit }));
  const isCalledOff = (kind: Cancelled['kind'], name: string, from: string) =>
    layer.cancelled.some((off) => off.kind === kind && off.name === name && off.from === from);
  return {
    timeZone: layer.timeZone ?? above.timeZone,
    terms: layer.terms ? own(layer.terms) : above.terms,
    periods: layer.periods ? own(layer.periods) : above.periods,
    daysOff: [...own(layer.daysOff), ...above.daysOff.filter(({ name, from }) => !isCalledOff('day-off', name, from))],
    makeUpDays: [
      ...own(layer.makeUpDays),
      ...above.makeUpDays.filter(({ name, date }) => !isCalledOff('make-up', name, date)),
    ],
    exams: [...own(layer.exams), ...above.exams.filter(({ name, from }) => !isCalledOff('exam', name, from))],
    cancelled: [...above.cancelled, ...own(layer.cancelled)],
  };
}

/** The same without origins and remarks: what the rest of the fleet works with. */
export function calendarOfResolved({ timeZone, terms, periods, daysOff, makeUpDays, exams }: Resolved): Calendar {
  return {
    timeZone,
    terms: terms.map(({ name, from, to }) => ({ name, from, to })),
    periods: periods.map(({ name, days, from, to }) => ({ name, days, from, to })),
    daysOff: daysOff.map(({ name, kind, from, to }) => ({ name, kind, from, to })),
    makeUpDays: makeUpDays.map(({ name, date, as }) => ({ name, date, as })),
    exams: exams.map((exam) => {
      const { name, from, to } = exam;
      return { name, from, to, ...(exam.periods ? { periods: exam.periods } : {}) };
    }),
  };
}
