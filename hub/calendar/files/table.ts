import { fold } from '../../../protocols/api/fold.ts';
import type { ImportRow } from '../../../protocols/api/organisation/imports.ts';
import { calendarNameSchema, dateSchema, wallTimeSchema } from '../../../protocols/fleet/calendar/calendar.ts';
import { cellName, type Field, guessColumns, type Mapping, type Sheet } from '../../sheets/index.ts';
import type { Entry, EntryKind } from './entry.ts';

export type Column = 'kind' | 'name' | 'from' | 'to' | 'days' | 'start' | 'end' | 'as' | 'toConfirm';

/** The header of what we write; what we read may be called otherwise. */
export const header = [
  'Loại',
  'Tên',
  'Từ ngày',
  'Đến ngày',
  'Thứ',
  'Từ giờ',
  'Đến giờ',
  'Học theo thứ',
  'Chờ xác nhận',
] as const;

const columns: readonly Field<Column>[] = [
  { key: 'kind', headers: ['loai', 'kind', 'type'], isRequired: true },
  { key: 'name', headers: ['ten', 'noi dung', 'name'], isRequired: true },
  { key: 'from', headers: ['tu ngay', 'ngay', 'ngay bat dau', 'from', 'date'] },
  { key: 'to', headers: ['den ngay', 'ngay ket thuc', 'to'] },
  { key: 'days', headers: ['thu', 'cac thu', 'weekdays', 'days'] },
  { key: 'start', headers: ['tu gio', 'gio vao', 'gio bat dau', 'start'] },
  { key: 'end', headers: ['den gio', 'gio ra', 'gio ket thuc', 'end'] },
  { key: 'as', headers: ['hoc theo thu', 'theo thu', 'as'] },
  { key: 'toConfirm', headers: ['cho xac nhan', 'to confirm'] },
];

/** The first is what we write. */
const kindWords: Readonly<Record<EntryKind, readonly string[]>> = {
  term: ['học kỳ', 'term', 'semester'],
  period: ['tiết học', 'tiết', 'period', 'lesson'],
  holiday: ['nghỉ lễ', 'lễ', 'holiday'],
  tet: ['nghỉ Tết', 'Tết', 'tet holiday'],
  break: ['nghỉ', 'nghỉ hè', 'nghỉ giữa kỳ', 'break'],
  'make-up': ['học bù', 'dạy bù', 'make-up', 'make-up day'],
  exam: ['kỳ thi', 'thi', 'kiểm tra', 'exam'],
  session: ['ca thi', 'buổi thi', 'session'],
};

export const kindNames: readonly string[] = Object.values(kindWords).map(([first = '']) => first);

function nameOfKind(kind: EntryKind): string {
  return kindWords[kind][0] ?? kind;
}

function kindOf(text: string): EntryKind | undefined {
  const words = Object.entries(kindWords) as [EntryKind, readonly string[]][];
  return words.find(([, names]) => names.some((name) => fold(name) === fold(text)))?.[0];
}

/** `05/09/2026`, `5-9-2026` or `2026-09-05`; undefined for what is no day. */
function dayOf(text: string): string | undefined {
  const [, day, month, year] = /^(\d{1,2})[/.-](\d{1,2})[/.-](\d{4})$/.exec(text) ?? [];
  const date = day && month && year ? `${year}-${month.padStart(2, '0')}-${day.padStart(2, '0')}` : text.slice(0, 10);
  return dateSchema.safeParse(date).data;
}

/** `07:00`, `7h00`, `7h`, or the part of a day that a workbook keeps. */
function timeOf(text: string): string | undefined {
  const [, hour, minute = '00'] = /^(\d{1,2})(?:[:hg.](\d{2})?)?(?::00)?$/i.exec(text.replaceAll(' ', '')) ?? [];
  if (hour !== undefined) return wallTimeSchema.safeParse(`${hour.padStart(2, '0')}:${minute}`).data;
  const minutes = Math.round(Number(text) * 1_440);
  if (!/^0?\.\d+$/.test(text) || minutes >= 1_440) return undefined;
  return `${String(Math.floor(minutes / 60)).padStart(2, '0')}:${String(minutes % 60).padStart(2, '0')}`;
}

/** As people in Viet Nam count them: `2` is Monday, `7` Saturday, `CN` Sunday. */
function weekdayOf(text: string): number | undefined {
  const plain = fold(text).replace(/^thu /, '').trim();
  if (plain === 'cn' || plain === 'chu nhat' || plain === '8') return 7;
  return /^[2-7]$/.test(plain) ? Number(plain) - 1 : undefined;
}

function nameOfWeekday(day: number): string {
  return day === 7 ? 'CN' : String(day + 1);
}

/** `2-6`, `2,4,6`, `2-7, CN`. */
function weekdaysOf(text: string): number[] | undefined {
  const days = new Set<number>();
  for (const part of text.split(/[,;+]/)) {
    const ends = part.split(/[-–]/).map((end) => weekdayOf(end.trim()));
    const [first, last] = [ends[0], ends.at(-1)];
    if (first === undefined || last === undefined || last < first || ends.length > 2) return undefined;
    for (let day = first; day <= last; day++) days.add(day);
  }
  return [...days].sort((a, b) => a - b);
}

const needs: Readonly<Record<EntryKind, readonly Column[]>> = {
  term: ['from', 'to'],
  period: ['days', 'start', 'end'],
  holiday: ['from'],
  tet: ['from'],
  break: ['from'],
  'make-up': ['from', 'as'],
  exam: ['from'],
  session: ['days', 'start', 'end'],
};

const wrong = {
  day: { vi: 'Không phải ngày. Ghi như 05/09/2026.', en: 'This is no day. Write it like 05/09/2026.' },
  time: { vi: 'Không phải giờ. Ghi như 07:00.', en: 'This is no time of day. Write it like 07:00.' },
  days: {
    vi: 'Không phải thứ. Ghi như 2-6 (thứ hai đến thứ sáu), hoặc 7, CN.',
    en: 'These are no weekdays. Write 2-6 (Monday to Friday), 7 (Saturday), CN (Sunday).',
  },
  day7: { vi: 'Không phải thứ. Ghi một thứ, như 2 hoặc CN.', en: 'This is no weekday. Write one, like 2 or CN.' },
} as const;

/** One row that was read: its entry where nothing is wrong with it. */
export interface ReadRow {
  readonly row: ImportRow;
  readonly entry?: Entry;
  /** Where to tell what is wrong with a part of it. */
  readonly cellOf: (column: Column) => string;
}

interface Cells {
  readonly of: (column: Column) => string;
  readonly fault: (column: Column, message: ImportRow['errors'][number]['message']) => undefined;
}

function readCell<T>(
  cells: Cells,
  column: Column,
  read: (text: string) => T | undefined,
  told: { vi: string; en: string },
) {
  const text = cells.of(column);
  if (text === '') return undefined;
  return read(text) ?? cells.fault(column, told);
}

function readEntry(cells: Cells): Entry | undefined {
  const kind = kindOf(cells.of('kind'));
  if (!kind)
    return cells.fault('kind', {
      vi: `Không có loại này. Ghi một trong: ${kindNames.join(', ')}.`,
      en: `There is no such kind. Write one of: ${kindNames.join(', ')}.`,
    });
  if (!calendarNameSchema.safeParse(cells.of('name')).success)
    cells.fault('name', {
      vi: 'Tên phải có 1 đến 80 ký tự. Điền tên.',
      en: 'A name has 1 to 80 characters. Fill it in.',
    });
  for (const column of needs[kind]) {
    const title = header[columns.findIndex(({ key }) => key === column)];
    if (cells.of(column) === '')
      cells.fault(column, {
        vi: `Thiếu "${title}". Điền ô này.`,
        en: `"${title}" (${column}) is missing. Fill in this cell.`,
      });
  }
  return {
    kind,
    name: cells.of('name'),
    from: readCell(cells, 'from', dayOf, wrong.day),
    to: readCell(cells, 'to', dayOf, wrong.day),
    days: readCell(cells, 'days', weekdaysOf, wrong.days),
    start: readCell(cells, 'start', timeOf, wrong.time),
    end: readCell(cells, 'end', timeOf, wrong.time),
    as: readCell(cells, 'as', weekdayOf, wrong.day7),
    toConfirm: cells.of('toConfirm') !== '',
  };
}

function readRow(sheet: Sheet, index: number, cells: readonly string[], mapping: Mapping<Column>): ReadRow {
  const errors: ImportRow['errors'] = [];
  const cellOf = (column: Column) => cellName(index, mapping[column] ?? 0);
  const of = (column: Column) => {
    const at = mapping[column];
    return at === undefined ? '' : (cells[at] ?? '').trim();
  };
  const fault = (column: Column, message: (typeof errors)[number]['message']) =>
    void errors.push({ cell: cellOf(column), field: column, message });
  const entry = readEntry({ of, fault });
  const outcome = errors.length > 0 ? ('refused' as const) : ('new' as const);
  const row = { sheet: sheet.name, row: index + 1, outcome, name: of('name'), errors };
  return { row, cellOf, ...(entry && errors.length === 0 ? { entry } : {}) };
}

/** Every row of the first sheet that has the two columns that each needs; undefined when no sheet has. */
export function readTable(sheets: readonly Sheet[]): readonly ReadRow[] | undefined {
  for (const sheet of sheets) {
    const { headerRow, mapping } = guessColumns(sheet, columns);
    if (mapping.kind === undefined || mapping.name === undefined) continue;
    return sheet.rows
      .map((cells, index) => ({ cells, index }))
      .slice(headerRow + 1)
      .filter(({ cells }) => cells.some((cell) => cell !== ''))
      .map(({ cells, index }) => readRow(sheet, index, cells, mapping));
  }
  return undefined;
}

/** What a row of our own files says. */
export function rowOfEntry({ kind, name, from, to, days, start, end, as, toConfirm }: Entry): string[] {
  const weekdays = days?.map(nameOfWeekday).join(', ') ?? '';
  return [
    nameOfKind(kind),
    name,
    dayText(from),
    dayText(to),
    weekdays,
    start ?? '',
    end ?? '',
    as === undefined ? '' : nameOfWeekday(as),
    toConfirm ? 'x' : '',
  ];
}

function dayText(date: string | undefined): string {
  return date === undefined ? '' : date.split('-').toReversed().join('/');
}
