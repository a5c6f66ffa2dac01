import type { CalendarFault, CalendarLayer, ImportCalendarResult } from '../../../protocols/api/operation/calendar.ts';
import type { ImportRow } from '../../../protocols/api/organisation/imports.ts';
import type { SheetReader } from '../../sheets/index.ts';
import { type Entry, entriesOf, layerOfEntries, sessionOf } from './entry.ts';
import { readIcs } from './ics.ts';
import { type Column, type ReadRow, readTable } from './table.ts';

/** A file of a person as it was read: what the unit would set with it, and what each row comes to. */
export interface ReadCalendar extends Pick<ImportCalendarResult, 'problem' | 'counts' | 'rows'> {
  readonly layer: CalendarLayer;
  /** Faults of the layer, those that a row brought told at its cell. */
  tell(faults: readonly CalendarFault[]): Pick<ImportCalendarResult, 'counts' | 'rows' | 'faults'>;
}

/** Rows in an answer. */
const shownRows = 200;

const noTable = {
  vi: 'Tệp không có cột "Loại" và "Tên". Hãy tải tệp mẫu.',
  en: 'The file has no columns "Loại" (kind) and "Tên" (name). Download the template.',
};
const noRows = {
  vi: 'Tệp không có dòng nào. Hãy điền vào tệp mẫu rồi chọn lại.',
  en: 'The file has no rows. Fill in the template and choose it again.',
};

/** Reads .ics as a calendar, all else as a table. */
export async function readCalendarFile(
  reader: SheetReader,
  file: { readonly name: string; readonly bytes: Uint8Array },
  current: CalendarLayer,
): Promise<ReadCalendar> {
  if (isIcs(file)) {
    const read = readIcs(file.name, file.bytes);
    return 'refused' in read ? unread(read.refused, current) : collect(read, current);
  }
  const read = await reader.read(file);
  if ('refused' in read) return unread(read.refused, current);
  const rows = readTable(read.sheets);
  return rows ? collect(rows, current) : unread(noTable, current);
}

function isIcs({ name, bytes }: { readonly name: string; readonly bytes: Uint8Array }): boolean {
  return /\.ics$/i.test(name) || /^\uFEFF?BEGIN:VCALENDAR/i.test(new TextDecoder().decode(bytes.subarray(0, 40)));
}

function unread(problem: NonNullable<ReadCalendar['problem']>, layer: CalendarLayer): ReadCalendar {
  const nothing = { counts: countsOf([]), rows: [] };
  return { problem, ...nothing, layer, tell: (faults) => ({ ...nothing, faults: [...faults] }) };
}

function collect(read: readonly ReadRow[], current: CalendarLayer): ReadCalendar {
  if (read.length === 0) return unread(noRows, current);
  const rows = read.map((row, index) => requireExam(row, read.slice(0, index), read));
  const entries = rows.flatMap(({ entry }) => entry ?? []);
  const { layer, places } = layerOfEntries(entries, current);
  const known = new Map(entriesOf(current).map((entry) => [keyOf(entry), JSON.stringify(plain(entry))]));
  const judged = rows.map((row) => ({ ...row, row: { ...row.row, outcome: outcomeOf(row, known) } }));
  return {
    layer,
    ...shown(judged),
    tell: (faults) => {
      const errors = new Map<Entry, ImportRow['errors']>();
      const others: CalendarFault[] = [];
      for (const fault of faults) {
        const place = placeOf(fault.field, places);
        const source = place && judged.find(({ entry }) => entry === place.entry);
        if (!source?.entry) others.push(fault);
        else errors.set(source.entry, [...(errors.get(source.entry) ?? []), errorOf(fault, source)]);
      }
      const told = judged.map((one): ReadRow => {
        const found = one.entry && errors.get(one.entry);
        return found ? { ...one, row: { ...one.row, outcome: 'refused', errors: found } } : one;
      });
      return { ...shown(told), faults: others };
    },
  };
}

/** A session belongs to an examination of the same file. */
function requireExam(row: ReadRow, above: readonly ReadRow[], all: readonly ReadRow[]): ReadRow {
  const { entry } = row;
  if (entry?.kind !== 'session') return row;
  // By its day where it has one, else the examination must stand above it.
  const exams = (entry.from === undefined ? above : all).flatMap((one) =>
    one.entry?.kind === 'exam' ? one.entry : [],
  );
  if (sessionOf(exams, entry) >= 0) return row;
  const message = {
    vi: 'Ca thi không có kỳ thi. Ghi kỳ thi ở dòng ngay trên.',
    en: 'This session has no examination. Put the examination in a row above it.',
  };
  const errors = [{ cell: row.cellOf('kind'), field: 'kind', message }];
  return { row: { ...row.row, outcome: 'refused', errors }, cellOf: row.cellOf };
}

const keyOf = ({ kind, name, from, start }: Entry) => [kind, name, kind === 'period' ? start : from].join('\0');
/** Without what says nothing, so that two that say the same are the same text. */
const plain = ({ kind, name, from, to, days, start, end, as, toConfirm }: Entry) => [
  [kind, name, from, to ?? from, days, start, end, as],
  toConfirm === true,
];

function outcomeOf({ row, entry }: ReadRow, known: ReadonlyMap<string, string>): ImportRow['outcome'] {
  if (!entry) return row.outcome;
  const before = known.get(keyOf(entry));
  if (before === undefined) return 'new';
  return before === JSON.stringify(plain(entry)) ? 'unchanged' : 'changed';
}

function placeOf(field: string, places: ReadonlyMap<string, Entry>) {
  for (const [path, entry] of [...places].toReversed())
    if (field === path || field.startsWith(`${path}.`)) return { entry };
  return undefined;
}

function errorOf({ field, why, remedy }: CalendarFault, { entry, cellOf }: ReadRow): ImportRow['errors'][number] {
  const isTimed = entry?.kind === 'period' || entry?.kind === 'session';
  const columns: Readonly<Record<string, Column>> = {
    from: isTimed ? 'start' : 'from',
    to: isTimed ? 'end' : 'to',
    date: 'from',
    as: 'as',
  };
  const column = columns[field.split('.').at(-1) ?? ''] ?? 'from';
  return {
    cell: cellOf(column),
    field: column,
    message: { vi: `${why.vi} ${remedy.vi}`, en: `${why.en} ${remedy.en}` },
  };
}

function countsOf(rows: readonly ImportRow[]): ImportCalendarResult['counts'] {
  const counts = { new: 0, changed: 0, unchanged: 0, refused: 0 };
  for (const { outcome } of rows) counts[outcome]++;
  return counts;
}

const ranks: Readonly<Record<ImportRow['outcome'], number>> = { refused: 0, changed: 1, new: 2, unchanged: 3 };

function shown(read: readonly ReadRow[]): Pick<ReadCalendar, 'counts' | 'rows'> {
  const rows = read.map(({ row }) => row);
  return {
    counts: countsOf(rows),
    rows: [...rows].sort((a, b) => ranks[a.outcome] - ranks[b.outcome]).slice(0, shownRows),
  };
}
