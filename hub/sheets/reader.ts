import { Worker } from 'node:worker_threads';
import { RecoverableError, toError } from '../../protocols/errors.ts';
import type { Clock } from '../../protocols/ports.ts';
import { type Sheet, type SheetFile, sheetLimits, type Told } from './sheet.ts';
import type { ReadAnswer } from './worker.ts';

export type ReadSheets = { readonly sheets: readonly Sheet[] } | { readonly refused: Told };

export interface SheetReader {
  /**
   * Every sheet of an .xlsx or CSV file, or a sentence for the person who chose it. Throws RecoverableError `import-busy`
   * when two are being read already.
   */
  read(file: SheetFile): Promise<ReadSheets>;
}

/** What one file may take: a thread of its own each, and not many at once. */
const limits = { files: 2, heapMb: 512, deadlineMs: 30_000 } as const;

export function createSheetReader(clock: Clock): SheetReader {
  let reading = 0;
  return {
    read: async (file) => {
      if (file.bytes.length === 0) return { refused: { vi: 'Tệp trống.', en: 'The file is empty.' } };
      const mostMb = sheetLimits.fileBytes / 1024 / 1024;
      if (file.bytes.length > sheetLimits.fileBytes)
        return { refused: { vi: `Tệp lớn hơn ${mostMb} MB.`, en: `The file is larger than ${mostMb} MB.` } };
      if (reading >= limits.files)
        throw new RecoverableError('import-busy', 'Other files are being read; try again in a few seconds.');
      reading++;
      try {
        return await readInThread(file, clock);
      } finally {
        reading--;
      }
    },
  };
}

async function readInThread(file: SheetFile, clock: Clock): Promise<ReadSheets> {
  const worker = new Worker(new URL('./worker.ts', import.meta.url), {
    workerData: { name: file.name, bytes: Uint8Array.from(file.bytes) } satisfies SheetFile,
    resourceLimits: { maxOldGenerationSizeMb: limits.heapMb },
    stdout: false,
  });
  const stop = new AbortController();
  const answer = new Promise<ReadAnswer>((resolve) => {
    worker.once('message', resolve);
    // Out of memory among others: whatever the file was, it was no table.
    worker.once('error', (error: unknown) => resolve({ failed: toError(error).message }));
    worker.once('exit', () => resolve({ failed: 'the thread ended without an answer' }));
  });
  const deadline = clock
    .wait(limits.deadlineMs, stop.signal)
    .then(
      (): ReadAnswer => ({
        refused: {
          vi: 'Đọc tệp quá lâu; hãy tách thành nhiều tệp.',
          en: 'Reading the file takes too long; split it into several.',
        },
      }),
    )
    .catch((): ReadAnswer => ({ failed: 'it was broken off' }));
  try {
    const read = await Promise.race([answer, deadline]);
    if ('failed' in read)
      return {
        refused: {
          vi: 'Không đọc được tệp. Hãy lưu lại dạng .xlsx hoặc CSV UTF-8.',
          en: 'The file cannot be read. Save it again as .xlsx or as CSV UTF-8.',
        },
      };
    return read;
  } finally {
    stop.abort(new Error('read'));
    await worker.terminate();
  }
}
