import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { FatalError, RecoverableError, toError } from '../../../protocols/errors.ts';
import type { ReleaseFetch } from './source.ts';

/** A whole small file of a source. Throws FatalError `release-too-long` beyond `maxLength` bytes, and what the source throws. */
export async function readWhole(
  fetch: ReleaseFetch,
  path: string,
  maxLength: number,
  signal: AbortSignal,
): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of await fetch(path, 0, signal)) {
    signal.throwIfAborted();
    length += chunk.length;
    if (length > maxLength)
      throw new FatalError('release-too-long', `${path} has more than ${maxLength} bytes; the source is not followed`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/**
 * Proves that a file is the artifact that was signed, before anything parses it; never reads more than its length and a byte.
 * Throws FatalError `artifact-tampered` | `artifact-missing`, and the reason of `signal`.
 */
export async function checkArtifact(
  file: string,
  { length, sha256 }: { readonly length: number; readonly sha256: string },
  signal: AbortSignal,
): Promise<void> {
  const hash = createHash('sha256');
  let seen = 0;
  try {
    for await (const chunk of createReadStream(file, { end: length, signal })) {
      seen += chunk.length;
      hash.update(chunk);
    }
  } catch (thrown) {
    signal.throwIfAborted();
    throw new FatalError('artifact-missing', `the artifact cannot be read: ${toError(thrown).message}`);
  }
  const found = hash.digest('hex');
  if (seen === length && found === sha256) return;
  const what =
    seen === length ? `its SHA-256 is ${found}, not ${sha256}` : `it has not the ${length} bytes that were signed`;
  throw new FatalError('artifact-tampered', `the artifact is not what was signed: ${what}; fetch it anew`);
}

/** A stick, or any folder laid out as one: `metadata/` and `artifacts/`. */
export function folderFetch(folder: string): ReleaseFetch {
  return async (path, fromByte, signal) => {
    if (!/^(metadata|artifacts)\/[A-Za-z0-9][A-Za-z0-9.-]*$/.test(path))
      throw new FatalError('release-path-invalid', `${path} is no path of a release`);
    const stream = createReadStream(`${folder}/${path}`, { start: fromByte, signal });
    await new Promise<void>((resolve, reject) => {
      stream.once('readable', resolve);
      stream.once('error', (error) => reject(sourceError(path, error)));
    });
    return stream;
  };
}

function sourceError(path: string, error: Error): RecoverableError {
  if ('code' in error && error.code === 'ENOENT')
    return new RecoverableError('release-not-found', `there is no ${path}`);
  return new RecoverableError('release-source-failed', `${path} cannot be read: ${error.message}`);
}
