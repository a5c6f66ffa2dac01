import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { FatalError } from '../protocols/errors.ts';
import { type Witness, witnessSchema } from '../protocols/fleet/witness.ts';
import type { Clock, Log } from '../protocols/ports.ts';
import { createAudit, createWitnesses, createWitnessKey } from './audit/index.ts';
import type { HubConfig } from './config.ts';
import { openSecret } from './secret.ts';
import { openStore } from './store/index.ts';

export interface VerifyOptions {
  readonly config: HubConfig;
  /** Files that `edufleet-agent witnesses` wrote. */
  readonly witnessFiles: readonly string[];
  readonly clock: Clock;
  readonly log: Log;
  readonly signal: AbortSignal;
}

/** What was found, in a sentence. */
export interface AuditReport {
  readonly ok: boolean;
  readonly text: string;
}

/**
 * Walks the whole audit log, and compares it with heads that agents hold: a log that was cut off at its end is sound in itself.
 * Throws FatalError `invalid-witness-file`, and as openStore does (an embedded database in use by a running hub, for one).
 */
export async function verifyAudit({ config, witnessFiles, clock, log, signal }: VerifyOptions): Promise<AuditReport> {
  const witnesses = (await Promise.all(witnessFiles.map(readWitnesses))).flat();
  const { databaseUrl, dataDir } = config;
  await using store = await openStore({ databaseUrl, dataDir, clock, log });
  await using audit = createAudit({ store, clock });
  const verdict = await audit.verify(signal);
  if (!verdict.ok) {
    const why = verdict.why === 'link' ? 'does not follow from the one before it' : 'is not what was written';
    return { ok: false, text: `Entry ${verdict.seq} ${why}; the ${verdict.entries} entries before it are sound.` };
  }
  const key = await openSecret(join(dataDir, 'audit-key'), createWitnessKey);
  const found = await createWitnesses(store, clock, key).contradiction(witnesses);
  if (found) {
    const { seq, at } = found.witness;
    const what = found.why === 'missing' ? 'is gone' : 'has been replaced';
    return {
      ok: false,
      text: `Entry ${seq}, whose head an agent was given on ${new Date(at).toISOString()}, ${what}.`,
    };
  }
  const heads = witnesses.length > 0 ? ` ${witnesses.length} heads that agents hold are in it.` : '';
  return { ok: true, text: `All ${verdict.entries} entries are sound; the head is ${verdict.head}.${heads}` };
}

async function readWitnesses(path: string): Promise<Witness[]> {
  try {
    return z.array(witnessSchema).parse(JSON.parse(await readFile(path, 'utf8')));
  } catch (thrown) {
    throw new FatalError(
      'invalid-witness-file',
      `${path} is not a list of heads; write it on an agent by: edufleet-agent witnesses > FILE`,
      { cause: thrown },
    );
  }
}
