import type { PolicyEffect, ScheduleBody } from '../../protocols/api/operation/policies.ts';
import type { Calendar } from '../../protocols/fleet/calendar/calendar.ts';
import { addDays } from '../../protocols/fleet/calendar/date.ts';
import { dayOf } from '../../protocols/fleet/calendar/day.ts';
import { dateAt } from '../../protocols/fleet/calendar/moment.ts';
import { instantOf } from '../../protocols/fleet/calendar/zone.ts';
import { occurrencesIn } from '../../protocols/fleet/policy/occurrence.ts';
import { isFrozenAt } from '../../protocols/fleet/policy/plan.ts';
import type { CalendarOf, PolicyDevice } from './ports.ts';

/** The devices of each step, in the order of the steps. */
export type StepDevices = readonly (readonly PolicyDevice[])[];

type Day = PolicyEffect['days'][number];
type Run = Day['runs'][number];

const days = 14;
/** Moments of one day that are told. */
const mostRuns = 40;

/**
 * What a schedule would do from tomorrow on, day by day. Where places have different calendars, a moment stands for those of one
 * calendar, and the sort of a day is that of the calendar with the most devices.
 */
export function daysOf(
  body: ScheduleBody,
  devices: StepDevices,
  calendarOf: CalendarOf,
  fallback: Calendar,
  nowMs: number,
): readonly Day[] {
  const all = [...new Map(devices.flat().map((device) => [device.id, device])).values()];
  const groups = [...Map.groupBy(all, ({ unitId }) => calendarOf(unitId))].toSorted(
    ([, a], [, b]) => b.length - a.length,
  );
  const main = groups[0]?.[0] ?? fallback;
  const tomorrow = addDays(dateAt(main.timeZone, nowMs), 1);
  return Array.from({ length: days }, (_, index) => {
    const date = addDays(tomorrow, index);
    const { kind, name, isKnown } = dayOf(main, date);
    const runs = groups
      .flatMap(([calendar]) => runsOf(body, devices, calendar, calendarOf, date))
      .toSorted((a, b) => a.time.localeCompare(b.time))
      .slice(0, mostRuns);
    return { date, kind, isKnown, runs, ...(name === undefined ? {} : { name }) };
  });
}

export function someOf(devices: readonly PolicyDevice[]): PolicyEffect['devices'] {
  return { total: devices.length, first: devices.slice(0, 3).map(({ name }) => name) };
}

function runsOf(
  { steps, from, until }: ScheduleBody,
  devices: StepDevices,
  calendar: Calendar,
  calendarOf: CalendarOf,
  date: string,
): readonly Run[] {
  const { timeZone } = calendar;
  const [beginMs, endMs] = [instantOf(timeZone, date, 0), instantOf(timeZone, addDays(date, 1), 0)];
  return steps.flatMap(({ trigger, command }, step) => {
    const here = (devices[step] ?? []).filter(({ unitId }) => calendarOf(unitId) === calendar);
    if (here.length === 0) return [];
    const timed = { trigger, ...(from === undefined ? {} : { from }), ...(until === undefined ? {} : { until }) };
    return occurrencesIn(timed, calendar, beginMs - 1, endMs - 1).map(({ atMs }) => ({
      time: wallTime(timeZone, date, atMs),
      step,
      capability: command.capability,
      command: command.name,
      devices: someOf(here),
      isFrozen: isFrozenAt(calendar, atMs),
    }));
  });
}

function wallTime(timeZone: string, date: string, atMs: number): string {
  const minute = Math.floor((atMs - instantOf(timeZone, date, 0)) / 60_000);
  return `${String(Math.floor(minute / 60)).padStart(2, '0')}:${String(minute % 60).padStart(2, '0')}`;
}
