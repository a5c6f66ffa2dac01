import type { Unit } from '../../../protocols/api/units.ts';
import { writeWorkbook } from '../../sheets/index.ts';
import type { Resolved } from '../resolve.ts';
import { entriesOf } from './entry.ts';
import { writeIcs } from './ics-text.ts';
import { header, kindNames, rowOfEntry } from './table.ts';

export interface CalendarFile {
  readonly bytes: Buffer;
  readonly type: string;
  /** Without marks, for the head of an answer. */
  readonly name: string;
}

/** A calendar as a table (the same that an import takes) or as iCalendar. */
export async function exportCalendar(
  as: 'csv' | 'xlsx' | 'ics',
  unit: Pick<Unit, 'id' | 'name'>,
  resolved: Resolved,
  nowMs: number,
): Promise<CalendarFile> {
  const name = `lich-${unit.id}.${as}`;
  if (as === 'ics')
    return { bytes: Buffer.from(writeIcs(unit, resolved, nowMs)), type: 'text/calendar; charset=utf-8', name };
  const rows = entriesOf(resolved).map(rowOfEntry);
  if (as === 'csv') return { bytes: Buffer.from(csvOf([[...header], ...rows])), type: 'text/csv; charset=utf-8', name };
  return {
    bytes: await writeWorkbook([
      { name: 'Lịch', header, rows, widths: [14, 36, 13, 13, 16, 9, 9, 13, 13], choices: new Map([[0, kindNames]]) },
      { name: 'Cách ghi', header: ['Cột', 'Ghi thế nào'], rows: [...guide], widths: [16, 80] },
    ]),
    type: 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet',
    name,
  };
}

const guide: readonly (readonly string[])[] = [
  ['Loại', `một trong: ${kindNames.join(', ')}`],
  ['Từ ngày, Đến ngày', '05/09/2026; bỏ trống "Đến ngày" khi chỉ có một ngày'],
  ['Thứ', 'của tiết học và ca thi: 2-6 (thứ hai đến thứ sáu), hoặc 2, 4, 6; CN là chủ nhật'],
  ['Từ giờ, Đến giờ', 'của tiết học và ca thi: 07:00'],
  ['Học theo thứ', 'của ngày học bù: 6 nghĩa là theo thời khoá biểu thứ sáu'],
  ['Chờ xác nhận', 'ghi x khi chưa chắc chắn'],
  ['', 'Ca thi ghi ngay dưới kỳ thi của nó.'],
];

/** RFC 4180 with the mark that lets Excel read it as UTF-8. A cell that a spreadsheet would calculate is made text. */
function csvOf(rows: readonly (readonly string[])[]): string {
  const cell = (text: string) => {
    const safe = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
    return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
  };
  return `\uFEFF${rows.map((row) => row.map(cell).join(',')).join('\r\n')}\r\n`;
}
