import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { toError } from '../protocols/errors.ts';
import { writeDurableFile } from '../provisioning/platform/durable-file.ts';

/** The secret in this file (0600), made on first use: 256 random bits as hex, or what `make` gives. */
export async function openSecret(path: string, make = () => randomBytes(32).toString('hex')): Promise<string> {
  try {
    return (await readFile(path, 'utf8')).trim();
  } catch (thrown) {
    const error = toError(thrown);
    if (!('code' in error) || error.code !== 'ENOENT') throw error;
    const secret = make();
    await writeDurableFile(path, `${secret}\n`);
    return secret;
  }
}
