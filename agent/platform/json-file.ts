import { readFileSync } from 'node:fs';
import { FatalError, toError } from '../../protocols/errors.ts';

/** The parsed content of a configuration file. Throws FatalError `invalid-config` naming the file. */
export function readJsonFile(path: string): unknown {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch (thrown) {
    throw new FatalError('invalid-config', `${path} cannot be read as JSON: ${toError(thrown).message}`);
  }
}
