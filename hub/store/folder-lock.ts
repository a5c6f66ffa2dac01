import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pid } from 'node:process';
import { DatabaseSync } from 'node:sqlite';
import { FatalError } from '../../protocols/errors.ts';

/**
 * Takes a data folder for this process alone. SQLite's file lock is used, because the system gives it up when the process
 * ends in whatever way, so there is no stale lock to judge. The pid stands in a file beside it, for the message only.
 * Throws FatalError `data-folder-in-use`.
 */
export function lockFolder(folder: string): Disposable {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const pidPath = join(folder, 'database.pid');
  const lock = new DatabaseSync(join(folder, 'database.lock'), { timeout: 200 });
  try {
    lock.exec('pragma journal_mode = memory; pragma locking_mode = exclusive; begin exclusive;');
  } catch (thrown) {
    lock.close();
    throw new FatalError(
      'data-folder-in-use',
      `${folder} is used by process ${holder(pidPath)}; stop it, or give this hub another data folder`,
      { cause: thrown },
    );
  }
  writeFileSync(pidPath, `${pid}\n`, { mode: 0o600 });
  return { [Symbol.dispose]: () => lock.close() };
}

function holder(pidPath: string): string {
  try {
    return readFileSync(pidPath, 'utf8').trim() || '(unknown)';
  } catch {
    return '(unknown)';
  }
}
