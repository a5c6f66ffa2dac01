import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { FatalError, toError } from '../protocols/errors.ts';
import { writeDurableFile } from '../provisioning/platform/durable-file.ts';

const preparationSchema = z.object({
  /** `EF1-...`. */
  voucher: z.string(),
  hubUrl: z.url({ protocol: /^https$/ }),
  /** Made once: whoever asks the hub again with it gets the same answer again. */
  keyPem: z.string(),
  preparedAt: z.int(),
});

/**
 * What a machine holds that is to enrol by itself as soon as it reaches the hub. `<dataDir>/identity/prepared.json`, readable by
 * its owner alone: voucher and key are worth an identity.
 */
export type Preparation = z.infer<typeof preparationSchema>;

/** Undefined when nothing was prepared. Throws FatalError `preparation-broken`. */
export async function loadPreparation(dataDir: string): Promise<Preparation | undefined> {
  let text: string;
  try {
    text = await readFile(pathOf(dataDir), 'utf8');
  } catch (thrown) {
    const error = toError(thrown);
    if ('code' in error && error.code === 'ENOENT') return undefined;
    throw broken(dataDir, error.message);
  }
  try {
    return preparationSchema.parse(JSON.parse(text));
  } catch {
    // What stands there may be half a secret: it is not told.
    throw broken(dataDir, 'it is damaged');
  }
}

/** Keeps what enrolment needs; in place of what was prepared before. */
export async function storePreparation(dataDir: string, preparation: Preparation): Promise<void> {
  await writeDurableFile(pathOf(dataDir), `${JSON.stringify(preparation, undefined, 2)}\n`);
}

export async function removePreparation(dataDir: string): Promise<void> {
  await rm(pathOf(dataDir), { force: true });
}

function pathOf(dataDir: string): string {
  return join(dataDir, 'identity', 'prepared.json');
}

function broken(dataDir: string, why: string): FatalError {
  return new FatalError('preparation-broken', `${pathOf(dataDir)} cannot be used: ${why}; prepare this machine again`);
}
