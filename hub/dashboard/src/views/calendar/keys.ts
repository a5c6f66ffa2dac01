import type { CalendarLayer } from '../../../../../protocols/api/operation/calendar.ts';
import type { TextKey } from '../../text/texts.ts';
import type { Section } from './items.ts';

export const sectionKeys = {
  terms: 'calendar.terms',
  periods: 'calendar.periods',
  daysOff: 'calendar.daysOff',
  makeUpDays: 'calendar.makeUpDays',
  exams: 'calendar.exams',
} as const satisfies Record<Section, TextKey>;

/** From Monday; as they are called in a list. */
const weekdayKeys = [
  'calendar.weekday.1',
  'calendar.weekday.2',
  'calendar.weekday.3',
  'calendar.weekday.4',
  'calendar.weekday.5',
  'calendar.weekday.6',
  'calendar.weekday.7',
] as const satisfies readonly TextKey[];

/** From Monday; as short as a column of a month. */
const shortKeys = [
  'calendar.short.1',
  'calendar.short.2',
  'calendar.short.3',
  'calendar.short.4',
  'calendar.short.5',
  'calendar.short.6',
  'calendar.short.7',
] as const satisfies readonly TextKey[];

export interface Weekday {
  /** ISO 8601: 1 is Monday. */
  readonly day: number;
  readonly name: TextKey;
  readonly short: TextKey;
}

export const weekdays: readonly Weekday[] = weekdayKeys.map((name, index) => ({
  day: index + 1,
  name,
  short: shortKeys[index] ?? name,
}));

export function weekdayKey(day: number): TextKey {
  return weekdayKeys[day - 1] ?? 'calendar.weekday.1';
}

export const kindKeys = {
  holiday: 'calendar.kind.holiday',
  tet: 'calendar.kind.tet',
  break: 'calendar.kind.break',
} as const satisfies Record<CalendarLayer['daysOff'][number]['kind'], TextKey>;
export const kinds = ['holiday', 'tet', 'break'] as const;

export const exportKeys = {
  xlsx: 'calendar.export.xlsx',
  csv: 'calendar.export.csv',
  ics: 'calendar.export.ics',
} as const satisfies Record<string, TextKey>;
