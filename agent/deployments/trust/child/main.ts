import { Updater } from 'tuf-js';
import { DownloadHTTPError } from 'tuf-js/dist/error.js';
import { toError } from '../../../../protocols/errors.ts';
import type { FromChild, ToChild } from './messages.ts';

/**
 * Walks release metadata in a folder that is a copy (TUF 1.0 section 5), as a process of its own: tuf-js writes synchronously
 * and in place, and what it reads comes from a wire. Content is asked of the agent, which alone reaches the hub.
 */

interface Waiting {
  resolve(bytes: Buffer): void;
  reject(error: Error): void;
}

const base = 'http://release.invalid/';
const waiting = new Map<number, Waiting>();
let lastId = 0;

function tell(message: FromChild): void {
  process.send?.(message);
}

function downloadBytes(url: string, maxLength: number): Promise<Buffer> {
  lastId += 1;
  const id = lastId;
  tell({ kind: 'fetch', id, name: url.slice(base.length), maxLength });
  return new Promise((resolve, reject) => waiting.set(id, { resolve, reject }));
}

const fetcher = {
  downloadBytes,
  downloadFile: () => Promise.reject(new Error('artifacts are not fetched here')),
};

async function walk(folder: string): Promise<void> {
  try {
    const options = { metadataDir: folder, metadataBaseUrl: base, fetcher };
    await new Updater({ ...options, config: { maxRootRotations: 256, maxDelegations: 1 } }).refresh();
    tell({ kind: 'done' });
  } catch (thrown) {
    const error = toError(thrown);
    tell({ kind: 'refused', name: error.constructor.name.slice(0, 80), message: error.message.slice(0, 500) });
  }
  process.disconnect();
}

function answer(message: Exclude<ToChild, { kind: 'start' }>): void {
  const asked = waiting.get(message.id);
  waiting.delete(message.id);
  if (message.kind === 'content') asked?.resolve(Buffer.from(message.bytes));
  else if (message.kind === 'absent') asked?.reject(new DownloadHTTPError(message.message, 404));
  else asked?.reject(new Error(message.message));
}

process.on('message', (message: ToChild) => {
  if (message.kind === 'start') void walk(message.folder);
  else answer(message);
});
