import { access, constants, mkdtemp, readFile, rmdir, stat, statfs } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { freemem, totalmem } from 'node:os';
import { join } from 'node:path';
import { toError } from '../../protocols/errors.ts';
import type { Clock } from '../../protocols/ports.ts';
import type { Address } from '../platform/network.ts';
import { systemPath } from '../platform/spawn.ts';
import { databaseFile } from '../uplink/database-copy.ts';
import type { BrokerPortFact, DoctorFacts, FolderFact, RunningFact } from './facts.ts';

export async function lookAtFolder(dataDir: string): Promise<FolderFact> {
  try {
    // A file system that was mounted read-only, a quota and foreign rights show only when something is written.
    await rmdir(await mkdtemp(join(dataDir, 'doctor-')));
    const { bavail, blocks, bsize, files, ffree } = await statfs(dataDir);
    const freeFiles = files > 0 ? ffree : undefined;
    return { state: 'writable', freeBytes: bavail * bsize, totalBytes: blocks * bsize, freeFiles };
  } catch (thrown) {
    return codeOf(thrown) === 'ENOENT'
      ? { state: 'absent' }
      : { state: 'not-writable', detail: toError(thrown).message };
  }
}

export function lookAtMemory(): DoctorFacts['memory'] {
  return { totalBytes: totalmem(), availableBytes: freemem() };
}

/** Whether an agent holds the outbox file: it locks it as long as it runs, and Linux lists all locks. */
export async function lookForAgent(dataDir: string): Promise<RunningFact> {
  try {
    const { ino } = await stat(databaseFile(dataDir));
    const pid = holderOf(ino, await readFile('/proc/locks', 'utf8'));
    return pid === undefined ? { state: 'stopped' } : { state: 'running', pid };
  } catch (thrown) {
    const isAbsent = codeOf(thrown) === 'ENOENT' && !toError(thrown).message.includes('/proc/locks');
    return isAbsent ? { state: 'stopped' } : { state: 'unseen', detail: toError(thrown).message };
  }
}

/** The process that has a lock on the file with this inode number, out of /proc/locks (proc(5)). */
export function holderOf(inode: number, locks: string): number | undefined {
  for (const [, pid, ino] of locks.matchAll(/^\d+: \S+ +\S+ +\S+ +(\d+) +[0-9a-f]+:[0-9a-f]+:(\d+) /gm)) {
    if (Number(ino) === inode) return Number(pid);
  }
  return undefined;
}

export async function isInstalled(program: string): Promise<boolean> {
  for (const folder of systemPath.split(':')) {
    const isThere = await access(join(folder, program), constants.X_OK).then(
      () => true,
      () => false,
    );
    if (isThere) return true;
  }
  return false;
}

const connectMs = 2_000;

/** Whether somebody takes connections there; not a byte is sent. */
export async function isListening({ host, port }: Address, clock: Clock, outer: AbortSignal): Promise<boolean> {
  using deadline = clock.deadline(connectMs, outer);
  const { signal } = deadline;
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const socket = connect({ host, port, signal });
  socket.once('connect', () => resolve(true));
  socket.once('error', () => resolve(false));
  try {
    return await promise;
  } finally {
    socket.destroy();
  }
}

/** Who has a port of this machine; it is taken for a moment, and given back. */
export async function lookAtPort({ host, port }: Address): Promise<BrokerPortFact> {
  const { promise, resolve } = Promise.withResolvers<BrokerPortFact>();
  const server = createServer();
  server.once('error', (error) => resolve(codeOf(error) === 'EADDRINUSE' ? 'taken' : 'unusable'));
  server.listen({ host, port }, () => server.close(() => resolve('free')));
  return await promise;
}

function codeOf(thrown: unknown): string | undefined {
  const error = toError(thrown);
  return 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}
