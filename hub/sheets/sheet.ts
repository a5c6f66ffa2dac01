/** What a cell says, as text: a day is `2025-07-01`, a number has a point, nothing is ''. */
export type Cell = string;

/** One table of a file. Rows have as many cells as their last one that says something. */
export interface Sheet {
  readonly name: string;
  readonly rows: readonly (readonly Cell[])[];
}

/** A file as it came, with the name that it had. */
export interface SheetFile {
  readonly name: string;
  readonly bytes: Uint8Array;
}

/** Bounds of a file of a person: past each it is refused with a sentence. */
export const sheetLimits = {
  fileBytes: 5 * 1024 * 1024,
  rows: 50_000,
  columns: 64,
  sheets: 20,
  cellChars: 4_000,
  /** Of all parts of a workbook, unpacked. */
  unpackedBytes: 96 * 1024 * 1024,
  parts: 500,
} as const;

/** Why a file cannot be read, said to the person who chose it. */
export class SheetRefusal extends Error {
  readonly told: Told;

  constructor(vi: string, en: string) {
    super(en);
    this.told = { vi, en };
  }
}

/** A sentence for people. */
export interface Told {
  readonly vi: string;
  readonly en: string;
}

/** Bounds of what was read, whatever it was read from. Throws SheetRefusal. */
export function requireBounds(sheets: readonly Sheet[]): readonly Sheet[] {
  if (sheets.length > sheetLimits.sheets)
    throw new SheetRefusal(
      `Tệp có hơn ${sheetLimits.sheets} trang tính.`,
      `The file has more than ${sheetLimits.sheets} sheets.`,
    );
  for (const { name, rows } of sheets) {
    // The header is a row too.
    if (rows.length > sheetLimits.rows + 1)
      throw new SheetRefusal(
        `Trang tính ${name} có hơn ${sheetLimits.rows} dòng; hãy tách thành nhiều tệp.`,
        `The sheet ${name} has more than ${sheetLimits.rows} rows; split it into several files.`,
      );
    for (const [index, row] of rows.entries()) {
      if (row.length > sheetLimits.columns)
        throw new SheetRefusal(
          `Dòng ${index + 1} của ${name} có hơn ${sheetLimits.columns} cột.`,
          `Row ${index + 1} of ${name} has more than ${sheetLimits.columns} columns.`,
        );
      const long = row.findIndex((cell) => cell.length > sheetLimits.cellChars);
      if (long !== -1)
        throw new SheetRefusal(
          `Ô ${cellName(index, long)} của ${name} quá dài.`,
          `Cell ${cellName(index, long)} of ${name} is too long.`,
        );
    }
  }
  return sheets;
}

/** `B7` for row 6 and column 1, counted from 0. */
export function cellName(row: number, column: number): string {
  return `${columnName(column)}${row + 1}`;
}

/** `A`, `B` .. `Z`, `AA`. */
function columnName(column: number): string {
  const letter = String.fromCharCode(65 + (column % 26));
  return column < 26 ? letter : columnName(Math.floor(column / 26) - 1) + letter;
}

/** Text that a database and a page can hold: no NUL, whole characters, no spaces around. */
export function cleanCell(text: string): Cell {
  return text.replaceAll('\0', '').toWellFormed().normalize('NFC').trim();
}

/** Without what is empty at the end of rows, and without empty rows at the end. */
export function trimRows(rows: readonly (readonly Cell[])[]): readonly (readonly Cell[])[] {
  const trimmed = rows.map((row) => row.slice(0, row.findLastIndex((cell) => cell !== '') + 1));
  return trimmed.slice(0, trimmed.findLastIndex((row) => row.length > 0) + 1);
}
