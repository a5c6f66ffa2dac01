import { createHash } from 'node:crypto';
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
  await rm(refusalPathOf(dataDir), { force: true });
}

const refusalSchema = z.object({ of: z.string(), code: z.string().max(60), at: z.int() });

/** Why the hub did not take a voucher, for whoever looks at the machine. `code` is that of the hub's answer. */
export type Refusal = Pick<z.infer<typeof refusalSchema>, 'code' | 'at'>;

/** Keeps the hub's last no; it counts only for what was prepared when it came. */
export async function storeRefusal(dataDir: string, preparation: Preparation, refusal: Refusal): Promise<void> {
  const text = JSON.stringify({ of: nameOf(preparation), ...refusal });
  await writeDurableFile(refusalPathOf(dataDir), `${text}\n`);
}

/** Undefined when the hub has not refused this preparation, or nobody knows it any more. */
export async function loadRefusal(dataDir: string, preparation: Preparation): Promise<Refusal | undefined> {
  const text = await readFile(refusalPathOf(dataDir), 'utf8').catch(() => '{}');
  const parsed = refusalSchema.safeParse(parse(text));
  return parsed.data?.of === nameOf(preparation) ? { code: parsed.data.code, at: parsed.data.at } : undefined;
}

/** Tells one preparation from another, and nothing of its secrets. */
function nameOf({ keyPem, voucher }: Preparation): string {
  return createHash('sha256').update(`${voucher}\n${keyPem}`).digest('hex');
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function refusalPathOf(dataDir: string): string {
  return join(dataDir, 'identity', 'refused.json');
}

function pathOf(dataDir: string): string {
  return join(dataDir, 'identity', 'prepared.json');
}

function broken(dataDir: string, why: string): FatalError {
  return new FatalError('preparation-broken', `${pathOf(dataDir)} cannot be used: ${why}; prepare this machine again`);
}
