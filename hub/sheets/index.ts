export { type Field, guessColumns, type Mapping, parseMapping } from './columns.ts';
export { createSheetReader, type SheetReader } from './reader.ts';
export { cellName, type Sheet, type SheetFile, type Told } from './sheet.ts';
export { type SheetToWrite, writeWorkbook } from './workbook.ts';
