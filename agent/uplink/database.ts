import { chmodSync, existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { FatalError, type FleetError, RecoverableError, toError } from '../../protocols/errors.ts';

/** A file that could not be read and was put aside. */
interface ReplacedFile {
  readonly movedTo: string;
  readonly reason: string;
}

/** The one durable store of an agent. Every write is on the disk when it returns. */
export interface AgentDatabase extends Disposable {
  readonly sql: DatabaseSync;
  /** Set when the file that was there before could not be read. */
  readonly replaced: ReplacedFile | undefined;
  /** All of `work` or nothing. Throws what `work` throws, storage errors as `storageError` reads them. */
  transaction<T>(work: () => T): T;
}

const schemaVersion = 1;

const schema = `
  create table setting (name text primary key, value text not null) without rowid;
  create table lane (
    name text primary key,
    next integer not null,
    generated integer not null,
    delivered integer not null,
    shed integer not null,
    pending integer not null,
    bytes integer not null,
    gap_from integer, gap_through integer, gap_at integer, gap_mono integer
  ) without rowid;
  create table record (
    lane integer not null,
    seq integer not null,
    bytes integer not null,
    body text not null,
    primary key (lane, seq)
  ) without rowid;
  create table command (
    place integer primary key,
    id text not null unique,
    body text,
    begun_at integer,
    idempotent integer,
    result text
  );
`;

/**
 * Opens or makes the file: write-ahead log, one fsync a commit, and this process alone (so that no second agent shares it,
 * and no shared-memory file can fail on a full disk). A file that is damaged is put aside beside it, the last such one is kept.
 * Throws FatalError `outbox-newer` | `outbox-in-use`, or what `storageError` makes of the rest.
 */
export function openDatabase(path: string): AgentDatabase {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  try {
    return wrap(openSound(path), undefined);
  } catch (thrown) {
    const error = storageError(thrown);
    if (error.code !== 'outbox-corrupt') throw error;
    const movedTo = putAside(path);
    return wrap(openSound(path), { movedTo, reason: error.message });
  }
}

function openSound(path: string): DatabaseSync {
  const sql = new DatabaseSync(path, { timeout: 1_000 });
  try {
    // The desired document holds credentials of devices; the log beside the file takes over its mode.
    chmodSync(path, 0o600);
    sql.exec('pragma locking_mode = exclusive; pragma journal_mode = wal; pragma synchronous = full');
    const [check] = Object.values(sql.prepare('pragma quick_check(1)').get() ?? {});
    if (check !== 'ok') throw new FatalError('outbox-corrupt', `the check of ${path} says: ${check}`);
    const version = Number(Object.values(sql.prepare('pragma user_version').get() ?? {})[0]);
    if (version > schemaVersion) {
      throw new FatalError('outbox-newer', `${path} was written by a newer agent (format ${version}); update this one`);
    }
    if (version < schemaVersion) sql.exec(`begin immediate; ${schema}; pragma user_version = ${schemaVersion}; commit`);
    return sql;
  } catch (thrown) {
    sql.close();
    throw thrown;
  }
}

function putAside(path: string): string {
  const movedTo = `${path}.damaged`;
  for (const suffix of ['-wal', '-shm', '']) {
    rmSync(movedTo + suffix, { force: true });
    if (existsSync(path + suffix)) renameSync(path + suffix, movedTo + suffix);
  }
  return movedTo;
}

function wrap(sql: DatabaseSync, replaced: ReplacedFile | undefined): AgentDatabase {
  return {
    sql,
    replaced,
    transaction: (work) => {
      try {
        sql.exec('begin immediate');
        const result = work();
        sql.exec('commit');
        return result;
      } catch (thrown) {
        // SQLite may have rolled back by itself, as it does on a full disk.
        if (sql.isTransaction) sql.exec('rollback');
        throw storageError(thrown);
      }
    },
    [Symbol.dispose]: () => {
      if (sql.isOpen) sql.close();
    },
  };
}

/** Primary result codes of SQLite (sqlite.org/rescode.html) that mean something to us. */
const resultCodes = {
  busy: 5,
  locked: 6,
  ioError: 10,
  corrupt: 11,
  full: 13,
  cannotOpen: 14,
  notADatabase: 26,
} as const;

/** An error of SQLite as ours: a full or failing disk may recover, a damaged file needs the agent to start again. */
function storageError(thrown: unknown): FleetError {
  if (thrown instanceof FatalError || thrown instanceof RecoverableError) return thrown;
  const error = toError(thrown);
  const extended = 'errcode' in error && typeof error.errcode === 'number' ? error.errcode : 0;
  const options = { cause: error, details: { sqlite: extended } };
  switch (extended & 0xff) {
    case resultCodes.full:
      return new RecoverableError('disk-full', 'the disk of the agent is full', options);
    case resultCodes.busy:
    case resultCodes.locked:
      return new FatalError('outbox-in-use', 'another agent uses this data folder; stop it first', options);
    case resultCodes.corrupt:
    case resultCodes.notADatabase:
      return new FatalError('outbox-corrupt', `the outbox file is damaged: ${error.message}`, options);
    case resultCodes.ioError:
    case resultCodes.cannotOpen:
      return new RecoverableError('storage-failed', `the disk of the agent failed: ${error.message}`, options);
    default:
      return new FatalError('storage-misused', error.message, options);
  }
}
