import ICAL from 'ical.js';
import type { Period } from '../../../protocols/fleet/calendar/calendar.ts';
import { addDays, weekdayOf } from '../../../protocols/fleet/calendar/date.ts';
import { dayOf } from '../../../protocols/fleet/calendar/day.ts';
import { calendarOfResolved, type Resolved } from '../resolve.ts';
import { type Entry, entriesOf } from './entry.ts';
import { own } from './ics.ts';

const weekdays = ['MO', 'TU', 'WE', 'TH', 'FR', 'SA', 'SU'];

interface Named {
  readonly id: number;
  readonly name: string;
}

/**
 * A calendar as iCalendar (RFC 5545): days as events of whole days; the timetable as weekly events of each term without
 * the days on which it does not hold. Hours are those of the wall, without a zone ("floating", 3.3.5).
 */
export function writeIcs(unit: Named, resolved: Resolved, nowMs: number): string {
  const calendar = new ICAL.Component('vcalendar');
  calendar.updatePropertyWithValue('version', '2.0');
  calendar.updatePropertyWithValue('prodid', '-//Edufleet//School calendar//VI');
  calendar.updatePropertyWithValue('x-wr-calname', unit.name);
  calendar.updatePropertyWithValue('x-wr-timezone', resolved.timeZone);
  const stamp = ICAL.Time.fromJSDate(new Date(nowMs), true);
  let number = 0;
  const add = (entry: Entry) => {
    const event = new ICAL.Component('vevent');
    event.updatePropertyWithValue('uid', `unit-${unit.id}-${++number}@edufleet`);
    event.updatePropertyWithValue('dtstamp', stamp);
    event.updatePropertyWithValue('summary', entry.name);
    event.updatePropertyWithValue(own.kind, entry.kind);
    event.updatePropertyWithValue('transp', entry.kind === 'term' ? 'TRANSPARENT' : 'OPAQUE');
    if (entry.toConfirm) event.updatePropertyWithValue(own.toConfirm, '1');
    calendar.addSubcomponent(event);
    return event;
  };
  for (const entry of entriesOf(resolved)) {
    if (entry.kind === 'period' || entry.kind === 'session' || entry.from === undefined) continue;
    const event = add(entry);
    event.updatePropertyWithValue('dtstart', ICAL.Time.fromDateString(entry.from));
    event.updatePropertyWithValue('dtend', ICAL.Time.fromDateString(addDays(entry.to ?? entry.from, 1)));
    if (entry.as !== undefined) event.updatePropertyWithValue(own.as, String(entry.as));
  }
  for (const series of seriesOf(resolved)) addSeries(add({ ...series, name: series.period.name }), series);
  return calendar.toString();
}

interface Series {
  readonly kind: 'period' | 'session';
  readonly period: Period;
  readonly toConfirm?: boolean | undefined;
  readonly first: string;
  readonly last: string;
  /** Days of its weekdays on which it is not held. */
  readonly without: readonly string[];
}

/** Periods by term, sessions by examination. */
function seriesOf(resolved: Resolved): Series[] {
  const calendar = calendarOfResolved(resolved);
  const held = (period: Period, date: string) =>
    dayOf(calendar, date).periods.some(
      ({ name, from, to }) => name === period.name && from === period.from && to === period.to,
    );
  const within = (
    kind: Series['kind'],
    period: Period & { toConfirm?: boolean | undefined },
    from: string,
    to: string,
  ): Series[] => {
    const dates: string[] = [];
    for (let date = from; date <= to; date = addDays(date, 1))
      if (period.days.includes(weekdayOf(date))) dates.push(date);
    const first = dates.find((date) => held(period, date));
    if (first === undefined) return [];
    const without = dates.filter((date) => date > first && !held(period, date));
    return [{ kind, period, toConfirm: period.toConfirm, first, last: to, without }];
  };
  return [
    ...resolved.terms.flatMap(({ from, to }) =>
      resolved.periods.flatMap((period) => within('period', period, from, to)),
    ),
    ...resolved.exams.flatMap(({ from, to, periods = [] }) =>
      periods.flatMap((period) => within('session', period, from, to)),
    ),
  ];
}

function addSeries(event: ICAL.Component, { period, first, last, without }: Series): void {
  const at = (date: string, time: string) => ICAL.Time.fromDateTimeString(`${date}T${time}:00`);
  event.updatePropertyWithValue('dtstart', at(first, period.from));
  event.updatePropertyWithValue('dtend', at(first, period.to));
  const byDay = period.days.map((day) => weekdays[day - 1]).join(',');
  const until = `${last.replaceAll('-', '')}T235959`;
  event.updatePropertyWithValue('rrule', ICAL.Recur.fromString(`FREQ=WEEKLY;UNTIL=${until};BYDAY=${byDay}`));
  for (const date of without) event.addPropertyWithValue('exdate', at(date, period.from));
}
