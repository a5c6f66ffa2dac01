import { parentPort, workerData } from 'node:worker_threads';
import { toError } from '../../protocols/errors.ts';
import { readCsv } from './csv.ts';
import { requireBounds, type Sheet, type SheetFile, SheetRefusal, type Told } from './sheet.ts';
import { readWorkbook } from './workbook.ts';

/** Reads one file of a stranger, with memory of its own, while the hub goes on. */

export type ReadAnswer =
  | { readonly sheets: readonly Sheet[] }
  | { readonly refused: Told }
  | { readonly failed: string };

const { name, bytes } = workerData as SheetFile;

/** Both begin with this: .xlsx is a ZIP archive. */
const isArchive = bytes[0] === 0x50 && bytes[1] === 0x4b;
/** The container of .xls and of workbooks with a password. */
const isOldContainer = bytes[0] === 0xd0 && bytes[1] === 0xcf;

async function read(): Promise<ReadAnswer> {
  try {
    if (isOldContainer)
      throw new SheetRefusal(
        'Bảng tính là .xls cũ hoặc có mật khẩu. Hãy lưu dạng .xlsx và bỏ mật khẩu.',
        'The workbook is an old .xls or has a password. Save it as .xlsx without one.',
      );
    return { sheets: requireBounds(isArchive ? await readWorkbook(bytes) : [readCsv(name, bytes)]) };
  } catch (thrown) {
    if (thrown instanceof SheetRefusal) return { refused: thrown.told };
    return { failed: toError(thrown).message };
  }
}

parentPort?.postMessage(await read());
