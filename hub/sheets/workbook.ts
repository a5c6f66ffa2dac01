import { type CellValue, readXlsx, type WriteSheet, writeXlsx } from 'hucre/xlsx';
import { requireHarmlessArchive } from './archive.ts';
import { type Cell, cleanCell, type Sheet, SheetRefusal, sheetLimits, trimRows } from './sheet.ts';

/** The one place that knows the library for workbooks (ADR 9). */

/** Reads every sheet of an .xlsx workbook. Throws SheetRefusal. */
export async function readWorkbook(bytes: Uint8Array): Promise<readonly Sheet[]> {
  requireHarmlessArchive(bytes);
  const workbook = await readXlsx(bytes, { maxRows: sheetLimits.rows + 2 }).catch((thrown: unknown) => {
    throw new SheetRefusal(
      'Không đọc được bảng tính. Hãy lưu lại dạng .xlsx.',
      `The workbook cannot be read (${thrown instanceof Error ? thrown.message.slice(0, 120) : 'unknown'}). Save it again as .xlsx.`,
    );
  });
  return workbook.sheets.map(({ name, rows }) => ({ name, rows: trimRows(rows.map((row) => [...row].map(textOf))) }));
}

function textOf(value: CellValue | undefined): Cell {
  if (value === null || value === undefined) return '';
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? '' : value.toISOString().slice(0, 10);
  return cleanCell(String(value));
}

/** One sheet that is to be written. */
export interface SheetToWrite {
  readonly name: string;
  readonly header: readonly string[];
  readonly rows: readonly (readonly string[])[];
  /** In characters, by column. */
  readonly widths: readonly number[];
  /** What may be chosen in the cells of a column, by its number from 0. */
  readonly choices?: ReadonlyMap<number, readonly string[]>;
}

/** Rows below the header in which a choice is offered. */
const choiceRows = 1_000;

/** An .xlsx workbook whose first rows are bold headers that stay in sight. Everything is text, so that no code loses its zeros. */
export async function writeWorkbook(sheets: readonly SheetToWrite[]): Promise<Buffer> {
  const written = sheets.map(
    ({ name, header, rows, widths, choices }): WriteSheet => ({
      name,
      columns: header.map((_title, index) => ({ width: widths[index] ?? 18, numFmt: '@' })),
      rows: [[...header], ...rows.map((row) => [...row])],
      cells: new Map(header.map((title, index) => [`0,${index}`, { value: title, style: { font: { bold: true } } }])),
      freezePane: { rows: 1 },
      dataValidations: [...(choices ?? [])].map(([column, values]) => ({
        type: 'list' as const,
        values: [...values],
        allowBlank: true,
        range: `${String.fromCharCode(65 + column)}2:${String.fromCharCode(65 + column)}${choiceRows}`,
      })),
    }),
  );
  return Buffer.from(await writeXlsx({ sheets: written }));
}
