export { type Field, guessColumns, type Mapping, parseMapping } from './columns.ts';
export { readCsv } from './csv.ts';
export { createSheetReader, type SheetReader } from './reader.ts';
export { cellName, type Sheet } from './sheet.ts';
export { type SheetToWrite, writeWorkbook } from './workbook.ts';
