import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { type FileHandle, mkdir, open, readdir, rename, rm, stat, statfs } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { FatalError, toError } from '../../../protocols/errors.ts';
import type { Clock } from '../../../protocols/ports.ts';
import { DamagedError, NoRoomError, WrongHashError, WrongOffsetError } from '../error.ts';
import type { ArtifactStore, UploadPart } from './port.ts';

interface DiskStoreOptions {
  readonly folder: string;
  /** Bytes of the disk that are left to the database and the system. */
  readonly reserveBytes: number;
  readonly clock: Clock;
}

const checkedForMs = 86_400_000;

/**
 * Artifacts on a disk: `<folder>/<aa>/<sha256>`, uploads beside them in `incoming`. The size of an upload's file is the
 * truth about what arrived, so a restart loses nothing; only bytes whose hash was read back from the disk get their name.
 */
export function createDiskStore({ folder, reserveBytes, clock }: DiskStoreOptions): ArtifactStore {
  const incoming = join(folder, 'incoming');
  const pathOfUpload = (upload: string) => join(incoming, named(upload, /^[a-z0-9-]{1,64}$/));
  const pathOf = (sha256: string) => join(folder, sha256.slice(0, 2), named(sha256, /^[0-9a-f]{64}$/));
  const checked = new Map<string, { readonly stamp: string; readonly at: number; readonly sound: Promise<boolean> }>();

  const requireSound = async (sha256: string): Promise<string> => {
    const path = pathOf(sha256);
    const { size, mtimeMs, ino } = await stat(path);
    const stamp = `${size}:${mtimeMs}:${ino}`;
    const last = checked.get(sha256);
    const now = clock.mono();
    const isFresh = last?.stamp === stamp && now - last.at < checkedForMs;
    const sound = isFresh ? last.sound : hashOf(path).then((found) => found === sha256);
    if (!isFresh) {
      checked.set(sha256, { stamp, at: now, sound });
      // A disk that could not be read just now is asked again.
      sound.catch(() => checked.delete(sha256));
    }
    if (!(await sound)) throw new DamagedError(sha256);
    return path;
  };

  return {
    begin: async (upload, length, promised) => {
      await mkdir(incoming, { recursive: true, mode: 0o700 });
      const { bavail, bsize } = await statfs(incoming);
      const free = bavail * bsize - reserveBytes - promised;
      if (length > free)
        throw new NoRoomError(`The hub's disk has ${Math.max(0, free)} bytes to give, ${length} are needed.`);
      await using file = await open(pathOfUpload(upload), 'wx', 0o600);
      await file.sync();
    },
    received: (upload) => sizeOf(pathOfUpload(upload)),
    append: async (upload, part, signal) => {
      const path = pathOfUpload(upload);
      await using file = await open(path, 'r+');
      const { size } = await file.stat();
      if (part.offset !== size) throw new WrongOffsetError(size);
      try {
        await writeAll(file, part, signal);
      } catch (thrown) {
        throw asNoRoom(thrown);
      } finally {
        await file.sync();
      }
      return (await file.stat()).size;
    },
    seal: async (upload, sha256) => {
      const path = pathOfUpload(upload);
      const found = await hashOf(path);
      if (found !== sha256) {
        await rm(path, { force: true });
        throw new WrongHashError(sha256, found);
      }
      const target = pathOf(sha256);
      await mkdir(dirname(target), { recursive: true, mode: 0o700 });
      await rename(path, target);
      for (const changed of [dirname(target), incoming, folder]) await syncFolder(changed);
    },
    discard: (upload) => rm(pathOfUpload(upload), { force: true }),
    lengthOf: (sha256) => sizeOf(pathOf(sha256)),
    read: async (sha256, from, to) => createReadStream(await requireSound(sha256), { start: from, end: to }),
    remove: async (sha256) => {
      checked.delete(sha256);
      await rm(pathOf(sha256), { force: true });
    },
    sweep: async (standing) => {
      await mkdir(incoming, { recursive: true, mode: 0o700 });
      const left = (await readdir(incoming)).filter((name) => !standing.has(name));
      for (const name of left) await rm(join(incoming, name), { force: true });
      return left.length;
    },
  };
}

/** No part of a path is ever taken from outside as it comes. */
function named(name: string, shape: RegExp): string {
  if (shape.test(name)) return name;
  throw new FatalError('not-found', 'There is nothing here, or not for you.');
}

async function writeAll(file: FileHandle, { offset, length, bytes }: UploadPart, signal: AbortSignal): Promise<void> {
  let at = offset;
  for await (const chunk of bytes) {
    signal.throwIfAborted();
    const room = length - at;
    for (let done = 0; done < Math.min(chunk.length, room); ) {
      const most = Math.min(chunk.length, room) - done;
      const { bytesWritten } = await file.write(chunk, done, most, at);
      done += bytesWritten;
      at += bytesWritten;
    }
    if (chunk.length > room)
      throw new FatalError('too-large', `More than the announced ${length} bytes were sent; the rest is not taken.`);
  }
}

function asNoRoom(thrown: unknown): Error {
  const error = toError(thrown);
  const isFull = 'code' in error && (error.code === 'ENOSPC' || error.code === 'EDQUOT');
  return isFull ? new NoRoomError('The disk of the hub is full. Make room, then go on: what arrived is kept.') : error;
}

async function hashOf(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path, { highWaterMark: 1 << 18 })) hash.update(chunk as Buffer);
  return hash.digest('hex');
}

async function sizeOf(path: string): Promise<number | undefined> {
  try {
    return (await stat(path)).size;
  } catch (thrown) {
    const error = toError(thrown);
    if ('code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}

async function syncFolder(path: string): Promise<void> {
  await using folder = await open(path, 'r');
  await folder.sync();
}
