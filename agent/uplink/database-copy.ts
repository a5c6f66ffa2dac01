import { constants, copyFileSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { FatalError, toError } from '../../protocols/errors.ts';

/** A copy that was taken while the agent wrote is seldom bad; a third one never was. */
const attempts = 3;

/** The file of the outbox in the folder of an agent. */
export function databaseFile(dataDir: string): string {
  return join(dataDir, 'outbox.db');
}

/**
 * Reads the outbox file of an agent that may be running. A running one holds that file for itself, so a copy is read: the log
 * beside it has checksums, and what is half written counts as not written. The copy holds credentials; it lies in the same
 * folder, for its owner only, and is gone when this returns.
 * Throws FatalError `unknown-outbox` when there is none, or no copy of it can be read.
 */
export function readDatabaseCopy<T>(dataDir: string, read: (sql: DatabaseSync) => T): T {
  if (!existsSync(databaseFile(dataDir))) {
    throw new FatalError(
      'unknown-outbox',
      `there is no outbox in ${dataDir}: give the folder of the agent by --data, or an address together with --family`,
    );
  }
  let failure: unknown;
  for (let attempt = 1; attempt <= attempts; attempt++) {
    try {
      return readCopy(dataDir, read);
    } catch (thrown) {
      failure = thrown;
    }
  }
  throw new FatalError(
    'unknown-outbox',
    `the outbox of the agent cannot be read (${toError(failure).message}); stop the agent for a moment, or give the address`,
  );
}

function readCopy<T>(dataDir: string, read: (sql: DatabaseSync) => T): T {
  const file = databaseFile(dataDir);
  const folder = mkdtempSync(join(dataDir, 'copy-'));
  try {
    const copy = join(folder, 'outbox.db');
    copyFileSync(file, copy, constants.COPYFILE_FICLONE);
    if (existsSync(`${file}-wal`)) copyFileSync(`${file}-wal`, `${copy}-wal`, constants.COPYFILE_FICLONE);
    const sql = new DatabaseSync(copy);
    try {
      const [check] = Object.values(sql.prepare('pragma quick_check(1)').get() ?? {});
      if (check !== 'ok') throw new FatalError('outbox-corrupt', `its check says: ${check}`);
      return read(sql);
    } finally {
      sql.close();
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** A value of the table `setting`, which every part of the agent shares. */
export function readSetting(sql: DatabaseSync, name: string): string | undefined {
  const value = sql.prepare('select value from setting where name = ?').get(name)?.['value'];
  return typeof value === 'string' ? value : undefined;
}
