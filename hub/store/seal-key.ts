import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { FatalError, toError } from '../../protocols/errors.ts';
import { writeDurableFile } from '../../provisioning/platform/durable-file.ts';
import { createSealer, type Sealer } from './sealer.ts';

/** The file of seal keys: one a line, 64 hex digits, the newest first. */
export interface SealKeyFile {
  readonly path: string;
  /** Given from outside, such as a systemd credential: this hub reads it and never writes it. */
  readonly isForeign: boolean;
  readonly keys: readonly [string, ...string[]];
}

/**
 * Reads `keyFile`, or `seal.key` in the data folder, which is made when missing (mode 0600). Hubs that share a database share
 * the keys. Throws FatalError `bad-seal-key`.
 */
export async function readSealKeys(dataDir: string, keyFile?: string): Promise<SealKeyFile> {
  const path = keyFile ?? join(dataDir, 'seal.key');
  const isForeign = keyFile !== undefined;
  const text = await readFile(path, 'utf8').catch((thrown: unknown) => {
    const error = toError(thrown);
    if (!isForeign && 'code' in error && error.code === 'ENOENT') return undefined;
    throw new FatalError('bad-seal-key', `the seal key ${path} cannot be read: ${error.message}`, { cause: error });
  });
  if (text === undefined) {
    const key = newSealKey();
    await writeSealKeys(path, [key]);
    return { path, isForeign, keys: [key] };
  }
  const [first, ...others] = text
    .split('\n')
    .map((line) => line.trim())
    .filter(Boolean);
  const isKey = (line: string | undefined) => line !== undefined && /^[0-9a-f]{64}$/.test(line);
  if (first === undefined || ![first, ...others].every(isKey))
    throw new FatalError('bad-seal-key', `${path} does not hold 64 hex digits a line`);
  return { path, isForeign, keys: [first, ...others] };
}

export function newSealKey(): string {
  return randomBytes(32).toString('hex');
}

export async function writeSealKeys(path: string, keys: readonly string[]): Promise<void> {
  await writeDurableFile(path, `${keys.join('\n')}\n`);
}

/** The sealer over the keys of a file. */
export function sealerOf({ keys: [newest, ...older] }: SealKeyFile): Sealer {
  const bytesOf = (key: string) => Buffer.from(key, 'hex');
  return createSealer(bytesOf(newest), ...older.map(bytesOf));
}
