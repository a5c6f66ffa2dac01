import { copyFile, mkdir, open, readdir, readFile, rename, rm } from 'node:fs/promises';
import { toError } from '../../../protocols/errors.ts';
import { writeDurableFile } from '../../../provisioning/platform/durable-file.ts';

/** The few things that are done to the folder of metadata, so that a test can cut the power at each of them. */
export interface TrustDisk {
  makeFolder(path: string): Promise<void>;
  /** Names in a folder; none when it is not there. */
  list(path: string): Promise<readonly string[]>;
  /** Undefined when there is no such file. */
  read(path: string): Promise<string | undefined>;
  /** Old or new after a power cut, never a part. */
  writeDurable(path: string, text: string): Promise<void>;
  copy(from: string, to: string): Promise<void>;
  /** To the platter: a file, or the names in a folder. */
  sync(path: string): Promise<void>;
  rename(from: string, to: string): Promise<void>;
  /** With all that is in it; no error when it is not there. */
  remove(path: string): Promise<void>;
}

function isMissing(thrown: unknown): boolean {
  const error = toError(thrown);
  return 'code' in error && error.code === 'ENOENT';
}

export const nodeDisk: TrustDisk = {
  makeFolder: async (path) => {
    await mkdir(path, { recursive: true, mode: 0o700 });
  },
  list: async (path) => {
    try {
      return await readdir(path);
    } catch (thrown) {
      if (isMissing(thrown)) return [];
      throw thrown;
    }
  },
  read: async (path) => {
    try {
      return await readFile(path, 'utf8');
    } catch (thrown) {
      if (isMissing(thrown)) return undefined;
      throw thrown;
    }
  },
  writeDurable: (path, text) => writeDurableFile(path, text),
  copy: (from, to) => copyFile(from, to),
  sync: async (path) => {
    await using file = await open(path, 'r');
    await file.sync();
  },
  rename: (from, to) => rename(from, to),
  remove: (path) => rm(path, { recursive: true, force: true }),
};
