import { closeSync, existsSync, fsyncSync, mkdirSync, openSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { PGlite } from '@electric-sql/pglite';
import { NodeFS } from '@electric-sql/pglite/nodefs';
import { FatalError } from '../../../protocols/errors.ts';

/** The embedded database on its own thread: wire messages in, wire messages out. */
export interface Engine {
  /** Executes whole messages of the PostgreSQL protocol and returns the answer. Blocks this thread. */
  execute(bytes: Uint8Array): Uint8Array;
  /** fsync calls since the start. */
  readonly fsyncs: number;
  close(): Promise<void>;
}

interface FileStream {
  readonly nfd?: number;
  readonly node: FileNode;
}
interface FileNode {
  readonly name: string;
  readonly parent: FileNode;
}
interface Mount {
  readonly opts: { readonly root?: string };
  readonly type: { stream_ops: { fsync?: (stream: FileStream) => number } };
}
interface FileSystem {
  readonly root: { readonly mount: { readonly mounts: readonly Mount[] } };
  readonly ErrnoError: new (errno: number) => Error;
}

/** EIO as the WebAssembly C library numbers it. */
const inputOutputError = 29;

/**
 * Opens the embedded database so that a commit reaches the disk. As it comes it starts with `-F` (no fsync) and its file
 * system has no fsync call at all; both are put right here, and the caller proves it by counting.
 * Throws FatalError `embedded-database` when the library no longer has the parts that this relies on.
 */
export async function openEngine(folder: string): Promise<Engine> {
  const isNew = !existsSync(join(folder, 'PG_VERSION'));
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const database = new PGlite({
    fs: new NodeFS(folder),
    startParams: [
      ...PGlite.defaultStartParams.filter((parameter) => parameter !== '-F'),
      ...['-c', 'wal_sync_method=fsync'],
      // One connection, and a pilot's data: a small cache in the WebAssembly heap, the rest is the system's page cache.
      ...['-c', 'log_min_messages=fatal'],
    ],
  });
  await database.waitReady;
  const counter = { fsyncs: 0 };
  addFsync(database, folder, counter);
  const execute = (bytes: Uint8Array) => {
    // A new connection on the one session there is: what the last one left open must not be seen.
    if (bytes[0] === 0 && database.isInTransaction()) database.execProtocolRawSync(simpleQuery('rollback'));
    return database.execProtocolRawSync(bytes);
  };
  if (isNew) {
    execute(simpleQuery('checkpoint'));
    syncTree(folder);
  }
  return {
    execute,
    get fsyncs() {
      return counter.fsyncs;
    },
    close: async () => {
      execute(simpleQuery('checkpoint'));
      await database.close();
    },
  };
}

/** One statement as a `Query` message (PostgreSQL 18, 54.7). */
export function simpleQuery(text: string): Uint8Array {
  const body = Buffer.from(`${text}\0`);
  const message = Buffer.alloc(5 + body.length);
  message.write('Q', 0, 'latin1');
  message.writeInt32BE(4 + body.length, 1);
  body.copy(message, 5);
  return message;
}

function addFsync(database: PGlite, folder: string, counter: { fsyncs: number }): void {
  const module = (database as unknown as { Module?: { FS?: FileSystem } }).Module;
  const mount = module?.FS?.root.mount.mounts.find((candidate) => candidate.opts.root === folder);
  const failure = module?.FS?.ErrnoError;
  if (!mount || !failure) {
    throw new FatalError('embedded-database', 'the embedded database has no mount that an fsync could be put on');
  }
  mount.type.stream_ops.fsync = (stream) => {
    try {
      if (stream.nfd === undefined) syncPath(join(folder, ...namesOf(stream.node)));
      else fsyncSync(stream.nfd);
      counter.fsyncs++;
      return 0;
    } catch {
      // PostgreSQL stops on a failed fsync of its log, as it must: the page cache can no longer be trusted.
      throw new failure(inputOutputError);
    }
  };
}

/** Folder names from the mount's root down to this node. */
function namesOf(node: FileNode): string[] {
  const names: string[] = [];
  for (let at = node; at.parent !== at; at = at.parent) {
    if (at.name === '/' || at.name === '') break;
    names.unshift(at.name);
  }
  return names;
}

function syncPath(path: string): void {
  const descriptor = openSync(path, 'r');
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

/** The first files of a new database are made before there is an fsync: each is synced here, once. */
function syncTree(folder: string): void {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) syncTree(path);
    else if (entry.isFile()) syncPath(path);
  }
  syncPath(folder);
}
