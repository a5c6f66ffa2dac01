import ICAL from 'ical.js';
import { fold } from '../../../protocols/api/fold.ts';
import type { ImportRow } from '../../../protocols/api/organisation/imports.ts';
import { calendarNameSchema } from '../../../protocols/fleet/calendar/calendar.ts';
import { addDays } from '../../../protocols/fleet/calendar/date.ts';
import { type Entry, type EntryKind, entryKinds } from './entry.ts';
import type { ReadRow } from './table.ts';

/** iCalendar, RFC 5545. What is ours beyond it stands in these properties, which others pass over. */
export const own = { kind: 'x-edufleet-kind', as: 'x-edufleet-as', toConfirm: 'x-edufleet-to-confirm' } as const;
const limits = { bytes: 1024 * 1024, events: 2_000 } as const;

type Told = ImportRow['errors'][number]['message'];

/** Words of a summary that say what a day is; the first that fits. */
const guesses: readonly (readonly [RegExp, EntryKind])[] = [
  [/\b(hoc bu|day bu|lam bu|make-?up)\b/, 'make-up'],
  [/\b(thi|kiem tra|exams?|tests?)\b/, 'exam'],
  [/\b(tet nguyen dan|tet am lich|nghi tet|lunar new year|giao thua)\b/, 'tet'],
  [/\b(hoc ky|hoc ki|term|semester)\b/, 'term'],
  [/\b(nghi he|nghi giua|break|vacation)\b/, 'break'],
];

/** Each event of a calendar file, or why the file cannot be taken. */
export function readIcs(name: string, bytes: Uint8Array): readonly ReadRow[] | { readonly refused: Told } {
  if (bytes.length > limits.bytes)
    return { refused: { vi: 'Tệp lịch lớn hơn 1 MB.', en: 'The calendar file is larger than 1 MB.' } };
  const events = parseEvents(new TextDecoder().decode(bytes));
  if (!events)
    return {
      refused: {
        vi: 'Tệp không phải lịch iCalendar (.ics). Hãy xuất lại từ ứng dụng lịch.',
        en: 'The file is no iCalendar (.ics). Export it again from the calendar application.',
      },
    };
  if (events.length > limits.events)
    return {
      refused: {
        vi: `Tệp có hơn ${limits.events} sự kiện; chỉ xuất năm học này.`,
        en: `The file has more than ${limits.events} events; export only this school year.`,
      },
    };
  const seen = new Set<string>();
  return events.flatMap((event, index) => {
    const read = readSoundly(event, name, index);
    if (!read) return [];
    // A timetable stands once for each term.
    const key = read.entry?.kind === 'period' ? JSON.stringify(read.entry) : `${index}`;
    if (seen.has(key)) return [];
    seen.add(key);
    return [read];
  });
}

function parseEvents(text: string): ICAL.Component[] | undefined {
  try {
    const parsed: unknown = ICAL.parse(text);
    // A file may hold several calendars one after the other.
    const roots = Array.isArray(parsed) && Array.isArray(parsed[0]) ? parsed : [parsed];
    const calendars = roots.map((root) => new ICAL.Component(root as ConstructorParameters<typeof ICAL.Component>[0]));
    if (calendars.some((calendar) => calendar.name !== 'vcalendar')) return undefined;
    return calendars.flatMap((calendar) => calendar.getAllSubcomponents('vevent'));
  } catch {
    // The library has no error type of its own: whatever it met, this is no calendar.
    return undefined;
  }
}

function textOf(event: ICAL.Component, property: string): string {
  const value: unknown = event.getFirstPropertyValue(property);
  return value === null || value === undefined ? '' : String(value).replaceAll('\0', '').toWellFormed().trim();
}

function timeOf(event: ICAL.Component, property: string): ICAL.Time | undefined {
  const value: unknown = event.getFirstPropertyValue(property);
  return value instanceof ICAL.Time && !Number.isNaN(value.year) ? value : undefined;
}

function kindOf(event: ICAL.Component, isTimed: boolean): EntryKind {
  const said = textOf(event, own.kind);
  const known = entryKinds.find((kind) => kind === said);
  if (known) return known;
  if (isTimed) return 'period';
  const words = fold(`${textOf(event, 'summary')} ${textOf(event, 'categories')}`);
  return guesses.find(([pattern]) => pattern.test(words))?.[1] ?? 'holiday';
}

const dateText = ({ year, month, day }: ICAL.Time) =>
  `${String(year).padStart(4, '0')}-${String(month).padStart(2, '0')}-${String(day).padStart(2, '0')}`;
const wallText = ({ hour, minute }: ICAL.Time) => `${String(hour).padStart(2, '0')}:${String(minute).padStart(2, '0')}`;

const weekdays = ['MO', 'TU', 'WE', 'TH', 'FR', 'SA', 'SU'];

/** The library reads a property only when it is asked for, and throws for one that is broken. */
function readSoundly(event: ICAL.Component, sheet: string, index: number): ReadRow | undefined {
  try {
    return textOf(event, 'status') === 'CANCELLED' ? undefined : readEvent(event, sheet, index);
  } catch {
    const message = {
      vi: 'Không đọc được sự kiện này. Sửa hoặc xoá nó rồi xuất lại tệp.',
      en: 'This event cannot be read. Mend or remove it and export the file again.',
    };
    const cell = `VEVENT ${index + 1}`;
    const errors = [{ cell, field: 'from', message }];
    return { row: { sheet, row: index + 1, outcome: 'refused', name: '', errors }, cellOf: () => cell };
  }
}

function readEvent(event: ICAL.Component, sheet: string, index: number): ReadRow {
  const errors: ImportRow['errors'] = [];
  const cell = `VEVENT ${index + 1}`;
  const name = textOf(event, 'summary');
  const fault = (field: string, vi: string, en: string) => void errors.push({ cell, field, message: { vi, en } });
  if (!calendarNameSchema.safeParse(name).success)
    fault(
      'name',
      'Tên sự kiện phải có 1 đến 80 ký tự. Sửa tên.',
      'An event has a name of 1 to 80 characters. Change it.',
    );
  const start = timeOf(event, 'dtstart');
  if (!start) fault('from', 'Sự kiện không có ngày bắt đầu. Điền ngày.', 'The event has no first day. Fill it in.');
  const entry = start && (start.isDate ? readDays(event, start, fault) : readHours(event, start, fault));
  const outcome = errors.length > 0 ? ('refused' as const) : ('new' as const);
  const row = { sheet, row: index + 1, outcome, name, errors };
  return { row, cellOf: () => cell, ...(entry && errors.length === 0 ? { entry } : {}) };
}

type Fault = (field: string, vi: string, en: string) => void;

function confirming(event: ICAL.Component) {
  return { toConfirm: textOf(event, own.toConfirm) !== '' };
}

function readDays(event: ICAL.Component, start: ICAL.Time, fault: Fault): Entry {
  if (event.hasProperty('rrule') || event.hasProperty('rdate'))
    fault(
      'from',
      'Sự kiện lặp lại không nhập được. Tách thành từng ngày cụ thể.',
      'An event that repeats cannot be taken. Make one event of each day.',
    );
  const kind = kindOf(event, false);
  const end = timeOf(event, 'dtend');
  const from = dateText(start);
  // DTEND is the first day that is no longer part of it (RFC 5545, 3.6.1).
  const last = end ? addDays(dateText(end), -1) : from;
  const to = [from, last].sort()[1] ?? from;
  const name = textOf(event, 'summary');
  if (kind !== 'make-up') return { kind, name, from, to, ...confirming(event) };
  const as = weekdayToFollow(event);
  if (as === undefined)
    fault(
      'as',
      'Không rõ học bù theo thứ mấy. Ghi "theo thứ 6" vào tên sự kiện.',
      'It does not say which weekday it follows. Write "theo thứ 6" (as on Friday) into its name.',
    );
  return { kind, name, from, as: as ?? 1, ...confirming(event) };
}

/** Of a make-up day: said by our own property, or in words as `theo thứ 6`, `theo CN`. */
function weekdayToFollow(event: ICAL.Component): number | undefined {
  const said = Number(textOf(event, own.as));
  if (Number.isInteger(said) && said >= 1 && said <= 7) return said;
  const found = /theo (?:thu ([2-7])|cn|chu nhat)/.exec(fold(textOf(event, 'summary')));
  if (!found) return undefined;
  return found[1] === undefined ? 7 : Number(found[1]) - 1;
}

function readHours(event: ICAL.Component, start: ICAL.Time, fault: Fault): Entry {
  const rule: unknown = event.getFirstPropertyValue('rrule');
  const end = timeOf(event, 'dtend');
  const kind = kindOf(event, true);
  if (!(rule instanceof ICAL.Recur) || rule.freq !== 'WEEKLY' || !end)
    fault(
      'start',
      'Sự kiện có giờ chỉ nhập được khi là tiết học lặp lại hằng tuần. Đặt sự kiện cả ngày, hoặc cho lặp hằng tuần.',
      'An event with hours is taken only as a period that repeats weekly. Make it last whole days, or repeat weekly.',
    );
  if (start.zone === ICAL.Timezone.utcTimezone)
    fault(
      'start',
      'Giờ đang ghi theo UTC. Xuất lại với giờ địa phương.',
      'Its hours are in UTC. Export it again with local hours.',
    );
  const named =
    rule instanceof ICAL.Recur ? rule.getComponent('BYDAY').map((day) => weekdays.indexOf(String(day)) + 1) : [];
  const days = named.filter((day) => day > 0);
  const first = start.dayOfWeek() === 1 ? 7 : start.dayOfWeek() - 1;
  return {
    kind: kind === 'session' ? 'session' : 'period',
    name: textOf(event, 'summary'),
    days: (days.length > 0 ? days : [first]).toSorted((a, b) => a - b),
    start: wallText(start),
    ...(end ? { end: wallText(end) } : {}),
    ...(kind === 'session' ? { from: dateText(start) } : confirming(event)),
  };
}
