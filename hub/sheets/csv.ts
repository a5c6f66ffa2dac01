import { CsvError, parse } from 'csv-parse/sync';
import { type Cell, cleanCell, type Sheet, SheetRefusal, sheetLimits, trimRows } from './sheet.ts';

/**
 * Reads CSV (RFC 4180) as Excel and others save it: comma, semicolon or tab, UTF-8 or the UTF-16 of "Unicode text".
 * Throws SheetRefusal.
 */
export function readCsv(name: string, bytes: Uint8Array): Sheet {
  const text = textOf(bytes);
  try {
    const rows = parse(text, {
      delimiter: delimiterOf(text),
      bom: true,
      relax_column_count: true,
      max_record_size: sheetLimits.columns * sheetLimits.cellChars,
      to: sheetLimits.rows + 2,
    }) as Cell[][];
    return { name, rows: trimRows(rows.map((row) => row.map(cleanCell))) };
  } catch (thrown) {
    if (!(thrown instanceof CsvError)) throw thrown;
    const line = String(thrown['lines'] ?? '?');
    throw new SheetRefusal(
      `Tệp CSV sai ở dòng ${line}: dấu ngoặc kép thừa hoặc thiếu.`,
      `The CSV file is broken in line ${line}: a quotation mark is out of place or missing.`,
    );
  }
}

function textOf(bytes: Uint8Array): string {
  const marks = `${bytes[0]?.toString(16)} ${bytes[1]?.toString(16)}`;
  const encoding = { 'ff fe': 'utf-16le', 'fe ff': 'utf-16be' }[marks] ?? 'utf-8';
  try {
    return new TextDecoder(encoding, { fatal: true }).decode(bytes);
  } catch {
    throw new SheetRefusal(
      'Tệp CSV không phải UTF-8. Khi lưu hãy chọn "CSV UTF-8", hoặc lưu dạng .xlsx.',
      'The CSV file is not in UTF-8. Choose "CSV UTF-8" when you save it, or save it as .xlsx.',
    );
  }
}

/** Lines that are looked at for the sign between cells; titles may stand above the header. */
const headLines = 15;

/** The sign that stands most often in the first lines, outside of quotation marks. */
function delimiterOf(text: string): string {
  const head = text
    .slice(0, 20_000)
    .replace(/"[^"]*"/g, '')
    .split(/\r?\n/, headLines)
    .join('\n');
  const count = (sign: string) => head.split(sign).length;
  return [',', ';', '\t'].reduce((best, sign) => (count(sign) > count(best) ? sign : best));
}
