import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { copyFile, mkdir, readdir, readFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { FatalError, toError } from '../../protocols/errors.ts';
import { writeDurableFile } from '../platform/durable-file.ts';

/** Where the commands write and speak; with `dryRun` they only say what they would write. */
export interface Workshop {
  readonly dryRun: boolean;
  say(line: string): void;
}

/** The whole file or none. */
export async function writeText(shop: Workshop, path: string, text: string, mode = 0o644): Promise<void> {
  shop.say(`${shop.dryRun ? 'would write' : 'wrote'} ${path}`);
  if (!shop.dryRun) await writeDurableFile(path, text, mode);
}

export async function copyTo(shop: Workshop, from: string, to: string): Promise<void> {
  shop.say(`${shop.dryRun ? 'would copy' : 'copied'} ${basename(from)} to ${to}`);
  if (shop.dryRun) return;
  await mkdir(dirname(to), { recursive: true });
  await copyFile(from, to);
}

/** Throws FatalError `file-unreadable`. */
export async function readText(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (thrown) {
    throw new FatalError('file-unreadable', `${path} cannot be read: ${toError(thrown).message}; check the path`);
  }
}

/** The newest `<N>.<role>.json` of a metadata folder. Throws FatalError `metadata-missing`. */
export async function newest(folder: string, role: 'root' | 'targets' | 'snapshot'): Promise<string> {
  const names = await readdir(folder).catch(() => []);
  const versions = names.flatMap((name) => {
    const match = /^([1-9][0-9]*)\.([a-z]+)\.json$/.exec(name);
    return match?.[2] === role ? [Number(match[1])] : [];
  });
  if (versions.length > 0) return await readText(join(folder, `${Math.max(...versions)}.${role}.json`));
  throw new FatalError('metadata-missing', `${folder} has no ${role} metadata; give the folder that "ceremony" made`);
}

export async function measure(path: string): Promise<{ readonly length: number; readonly sha256: string }> {
  const hash = createHash('sha256');
  let length = 0;
  try {
    for await (const chunk of createReadStream(path)) {
      length += chunk.length;
      hash.update(chunk);
    }
  } catch (thrown) {
    throw new FatalError('file-unreadable', `${path} cannot be read: ${toError(thrown).message}; check the path`);
  }
  return { length, sha256: hash.digest('hex') };
}
