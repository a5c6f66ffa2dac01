import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { FatalError, toError } from '../protocols/errors.ts';
import { agentIdSchema, deviceIdSchema } from '../protocols/fleet/ids.ts';
import type { Enrolled } from '../provisioning/enrolment/enrol.ts';
import type { Validity } from '../provisioning/enrolment/renewal.ts';
import { writeDurableFile } from '../provisioning/platform/durable-file.ts';

const factsSchema = z.object({
  agentId: agentIdSchema,
  name: z.string(),
  hub: z.object({ mqttUrl: z.url(), gatewayUrl: z.url() }),
  /** The device that stands for this machine, as the hub named it at enrolment. */
  hostDevice: deviceIdSchema.optional(),
});

/** Who this agent is. `key.pem`, `cert.pem`, `ca.pem` and `agent.json` in `<dataDir>/identity`; all readable by its owner alone. */
export interface StoredIdentity extends z.infer<typeof factsSchema> {
  readonly keyPem: string;
  readonly certificatePem: string;
  /** Device CA first, root last. */
  readonly chainPems: readonly string[];
}

const files = { key: 'key.pem', certificate: 'cert.pem', chain: 'ca.pem', facts: 'agent.json' } as const;

/**
 * Reads the identity. Throws FatalError `not-enrolled` when there is none, `identity-broken` when the files do not belong
 * together or cannot be read; the message says what to do.
 */
export async function loadIdentity(dataDir: string): Promise<StoredIdentity> {
  const read = (name: string) => readIfThere(pathOf(dataDir, name));
  const [facts, keyPem, certificatePem, chain] = await Promise.all([
    read(files.facts),
    read(files.key),
    read(files.certificate),
    read(files.chain),
  ]);
  if (facts === undefined) {
    throw new FatalError(
      'not-enrolled',
      `there is no identity in ${dataDir}; enrol this machine first: edufleet-agent enrol --hub URL --voucher CODE`,
    );
  }
  if (keyPem === undefined || certificatePem === undefined || chain === undefined)
    throw broken(dataDir, 'a file is missing');
  try {
    const parsed = factsSchema.parse(JSON.parse(facts));
    if (!new X509Certificate(certificatePem).checkPrivateKey(createPrivateKey(keyPem))) {
      throw new Error('the certificate is not of this key');
    }
    const chainPems = splitPems(chain);
    for (const pem of chainPems) new X509Certificate(pem);
    return { ...parsed, keyPem, certificatePem, chainPems };
  } catch (thrown) {
    throw broken(dataDir, toError(thrown).message);
  }
}

/**
 * Writes the identity of a fresh enrolment. `agent.json` goes last and an old one goes first, so that after a crash in
 * between the machine counts as not enrolled rather than as somebody in part.
 */
export async function storeIdentity(dataDir: string, enrolled: Enrolled): Promise<void> {
  await rm(pathOf(dataDir, files.facts), { force: true });
  await writeDurableFile(pathOf(dataDir, files.key), enrolled.keyPem);
  await writeDurableFile(pathOf(dataDir, files.chain), joinPems(enrolled.chain));
  await writeDurableFile(pathOf(dataDir, files.certificate), joinPems([enrolled.certificate]));
  const { agentId, name, hub, hostDevice } = enrolled;
  const facts = { agentId, name, hub, hostDevice };
  await writeDurableFile(pathOf(dataDir, files.facts), `${JSON.stringify(facts, undefined, 2)}\n`);
}

/** Puts a renewed certificate of the same key in place of the present one. */
export async function storeRenewal(
  dataDir: string,
  renewed: { readonly certificate: string; readonly chain: readonly string[] },
): Promise<void> {
  await writeDurableFile(pathOf(dataDir, files.chain), joinPems(renewed.chain));
  await writeDurableFile(pathOf(dataDir, files.certificate), joinPems([renewed.certificate]));
}

/** Where the hub of this identity stands, by name or address; nowhere before a machine is enrolled. Never throws. */
export function readHubHosts(dataDir: string): readonly string[] {
  let text: string;
  try {
    text = readFileSync(pathOf(dataDir, files.facts), 'utf8');
  } catch {
    // A machine that is not enrolled has no hub; what else may be wrong, loadIdentity says.
    return [];
  }
  const urls = text.match(/"[a-z]+:\/\/[^"\s]+"/g) ?? [];
  return urls.flatMap((url) => URL.parse(url.slice(1, -1))?.hostname ?? []);
}

/** What opens the credentials that lie on the disk; nothing before this machine is enrolled. Never throws. */
export function readSealingIdentity(
  dataDir: string,
): { readonly agentId: string; readonly keyPem: string } | undefined {
  try {
    const { agentId } = factsSchema.parse(JSON.parse(readFileSync(pathOf(dataDir, files.facts), 'utf8')));
    return { agentId, keyPem: readFileSync(pathOf(dataDir, files.key), 'utf8') };
  } catch {
    // Whoever needs the whole identity is told by loadIdentity what is wrong with it.
    return undefined;
  }
}

/** Whether there is an identity, whole or not, that an enrolment would replace. */
export async function isEnrolled(dataDir: string): Promise<boolean> {
  return (await readIfThere(pathOf(dataDir, files.facts))) !== undefined;
}

/** Whose policies count: what was signed under the root that this machine was enrolled with. */
export function trustOf({ agentId, chainPems }: StoredIdentity): {
  readonly agentId: string;
  readonly rootPem: string;
} {
  return { agentId, rootPem: chainPems.at(-1) ?? '' };
}

export function validityOf({ certificatePem }: StoredIdentity): Validity {
  const { validFromDate, validToDate } = new X509Certificate(certificatePem);
  return { notBeforeMs: validFromDate.getTime(), notAfterMs: validToDate.getTime() };
}

function pathOf(dataDir: string, name: string): string {
  return join(dataDir, 'identity', name);
}

function joinPems(pems: readonly string[]): string {
  return pems.map((pem) => `${pem.trim()}\n`).join('');
}

function splitPems(text: string): readonly string[] {
  const pems = text.match(/-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/g) ?? [];
  if (pems.length === 0) throw new Error('there is no certificate in the chain');
  return pems.map((pem) => `${pem}\n`);
}

function broken(dataDir: string, reason: string): FatalError {
  return new FatalError(
    'identity-broken',
    `the identity in ${dataDir} cannot be used: ${reason}; enrol this machine again with --replace`,
  );
}

async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (thrown) {
    const error = toError(thrown);
    if ('code' in error && error.code === 'ENOENT') return undefined;
    throw new FatalError('identity-broken', `${path} cannot be read: ${error.message}`, { cause: error });
  }
}
