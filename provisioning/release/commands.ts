import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { z } from 'zod';
import { FatalError } from '../../protocols/errors.ts';
import { parseTargetPath, targetCustomSchema } from '../../protocols/fleet/rollout/target.ts';
import { addArtifacts } from './additions.ts';
import { generateKeyPem, publicKeyPem, readPublicKey, readSigningKey, signWith } from './keys.ts';
import { buildRoot, buildTargets, keysOf, metadataText, parseRoot, parseTargets, requireSigned } from './metadata.ts';
import { signOnline } from './online.ts';
import { copyTo, measure, newest, readText, type Workshop, writeText } from './workshop.ts';

/** Three root keys in three folders, the targets key, and the first metadata. `online` is the file of the hub's request. */
export async function ceremony(
  shop: Workshop,
  options: { readonly out: string; readonly online: string; readonly passphrase?: string },
  nowMs: number,
): Promise<void> {
  const { out, passphrase } = options;
  if (existsSync(join(out, 'metadata', '1.root.json')))
    throw new FatalError('ceremony-done', `${out} holds a ceremony already; give an empty folder, or use "rotate"`);
  const online = readPublicKey(await readText(options.online));
  const roots = [1, 2, 3].map((number) => ({ folder: `root-${number}`, pem: generateKeyPem(passphrase) }));
  const targetsPem = generateKeyPem(passphrase);
  const rootKeys = roots.map(({ pem }) => readSigningKey(pem, passphrase));
  const targetsKey = readSigningKey(targetsPem, passphrase);
  const keys = {
    root: rootKeys.map(({ tuf }) => tuf),
    rootThreshold: 2,
    targets: [targetsKey.tuf],
    online: [online],
  };
  const root = buildRoot(1, keys, nowMs);
  for (const key of rootKeys) signWith(root, key);
  const targets = buildTargets(1, {}, nowMs);
  signWith(targets, targetsKey);
  for (const { folder, pem } of roots) await writeText(shop, join(out, folder, 'root.key.pem'), pem, 0o600);
  await writeText(shop, join(out, 'targets', 'targets.key.pem'), targetsPem, 0o600);
  await writeText(shop, join(out, 'metadata', '1.targets.json'), metadataText(targets));
  await writeText(shop, join(out, 'metadata', '1.root.json'), metadataText(root));
  shop.say(
    'Give each root folder to another person, keep the targets key off the hub, and bring metadata/ to the hub.',
  );
}

const releaseSchema = z.strictObject({
  artifacts: z
    .array(z.strictObject({ file: z.string().min(1), custom: targetCustomSchema }))
    .min(1)
    .max(500),
});

/** The next targets metadata, with the artifacts of a release file; without one only its time is renewed. */
export async function signRelease(
  shop: Workshop,
  options: { readonly metadata: string; readonly key: string; readonly release?: string; readonly passphrase?: string },
  nowMs: number,
): Promise<void> {
  const key = readSigningKey(await readText(options.key), options.passphrase);
  const root = parseRoot(await newest(options.metadata, 'root'));
  if (!keysOf(root).targets.some(({ keyID }) => keyID === key.tuf.keyID))
    throw new FatalError(
      'key-foreign',
      `root ${root.signed.version} does not know this targets key; give the right one`,
    );
  const current = parseTargets(await newest(options.metadata, 'targets'));
  requireSigned(root, 'targets', current);
  const artifacts = options.release === undefined ? [] : await readRelease(options.release);
  const next = addArtifacts(current, artifacts, nowMs);
  signWith(next, key);
  for (const path of Object.keys(next.signed.targets))
    if (!Object.hasOwn(current.signed.targets, path)) shop.say(`added ${path}`);
  await writeText(shop, join(options.metadata, `${next.signed.version}.targets.json`), metadataText(next));
}

async function readRelease(path: string) {
  const parsed = releaseSchema.safeParse(jsonOf(await readText(path), path));
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    throw new FatalError('release-invalid', `${path}: ${issue?.path.map(String).join('.')}: ${issue?.message}`);
  }
  return await Promise.all(
    parsed.data.artifacts.map(async ({ file, custom }) => ({
      custom,
      file: basename(file),
      ...(await measure(resolve(dirname(path), file))),
    })),
  );
}

function jsonOf(text: string, path: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new FatalError('release-invalid', `${path} is no JSON`, { cause });
  }
}

export interface RotateOptions {
  readonly metadata: string;
  /** Files of root keys that sign: two of the old at least. */
  readonly key: readonly string[];
  readonly dropRoot?: string;
  /** Folder for a new root key. */
  readonly newRoot?: string;
  /** Folder for a new targets key, which signs what there is anew. */
  readonly newTargets?: string;
  /** File of the hub's new request. */
  readonly online?: string;
  readonly passphrase?: string;
}

/** The next root; without any change only its time is renewed. It must be signed as the old and the new root want. */
export async function rotate(shop: Workshop, options: RotateOptions, nowMs: number): Promise<void> {
  const { metadata, passphrase } = options;
  const current = parseRoot(await newest(metadata, 'root'));
  const before = keysOf(current);
  const signers = await Promise.all(options.key.map(async (path) => readSigningKey(await readText(path), passphrase)));
  const rootPem = options.newRoot === undefined ? undefined : generateKeyPem(passphrase);
  const targetsPem = options.newTargets === undefined ? undefined : generateKeyPem(passphrase);
  if (rootPem) signers.push(readSigningKey(rootPem, passphrase));
  const newTargets = targetsPem === undefined ? undefined : readSigningKey(targetsPem, passphrase);
  const { dropRoot } = options;
  const staying = before.root.filter(({ keyID }) => dropRoot === undefined || !keyID.startsWith(dropRoot));
  if (dropRoot !== undefined && staying.length !== before.root.length - 1)
    throw new FatalError('key-unknown', `${dropRoot} begins the id of no single root key; see "inspect"`);
  const keys = {
    root: [...staying, ...(rootPem ? [readSigningKey(rootPem, passphrase).tuf] : [])],
    rootThreshold: before.rootThreshold,
    targets: newTargets ? [newTargets.tuf] : before.targets,
    online: options.online === undefined ? before.online : [readPublicKey(await readText(options.online))],
  };
  const next = buildRoot(current.signed.version + 1, keys, nowMs);
  for (const key of signers) signWith(next, key);
  requireSigned(current, 'root', next);
  requireSigned(next, 'root', next);
  if (rootPem && options.newRoot) await writeText(shop, join(options.newRoot, 'root.key.pem'), rootPem, 0o600);
  if (targetsPem && newTargets && options.newTargets) {
    const known = parseTargets(await newest(metadata, 'targets'));
    const again = buildTargets(known.signed.version + 1, known.signed.targets, nowMs);
    signWith(again, newTargets);
    await writeText(shop, join(options.newTargets, 'targets.key.pem'), targetsPem, 0o600);
    await writeText(shop, join(metadata, `${again.signed.version}.targets.json`), metadataText(again));
  }
  await writeText(shop, join(metadata, `${next.signed.version}.root.json`), metadataText(next));
}

/** What there is, and that it is signed. */
export async function inspect(shop: Workshop, metadata: string): Promise<void> {
  const root = parseRoot(await newest(metadata, 'root'));
  requireSigned(root, 'root', root);
  const keys = keysOf(root);
  shop.say(`root ${root.signed.version}, holds until ${root.signed.expires}, ${keys.rootThreshold} of:`);
  for (const { keyID } of keys.root) shop.say(`  ${keyID}`);
  for (const role of ['targets', 'online'] as const)
    for (const { keyID } of keys[role]) shop.say(`${role} key ${keyID}`);
  const targets = parseTargets(await newest(metadata, 'targets'));
  requireSigned(root, 'targets', targets);
  shop.say(`targets ${targets.signed.version}, holds until ${targets.signed.expires}:`);
  for (const { path, length } of Object.values(targets.signed.targets)) shop.say(`  ${path} (${length} bytes)`);
}

export interface ExportOptions {
  /** The hub's metadata, with its snapshot and timestamp. */
  readonly metadata: string;
  /** Files named by their SHA-256. */
  readonly artifacts: string;
  readonly out: string;
  /** File of the online key, for a stick that holds longer than a day. */
  readonly onlineKey?: string;
  readonly days: number;
}

/** A stick: the same metadata and artifacts, under the same signatures, laid out as the gateway serves them. */
export async function exportMedia(shop: Workshop, options: ExportOptions, nowMs: number): Promise<void> {
  const { metadata, artifacts, out } = options;
  const targetsText = await newest(metadata, 'targets');
  const targets = parseTargets(targetsText);
  const names = (await readdir(metadata)).filter((name) => /^(([0-9]+\.root)|vouched-root)\.json$/.test(name));
  let snapshot = { name: '', text: await newest(metadata, 'snapshot') };
  snapshot = { ...snapshot, name: `${versionOf(snapshot.text)}.snapshot.json` };
  let timestamp = { name: 'timestamp.json', text: await readText(join(metadata, 'timestamp.json')) };
  if (options.onlineKey !== undefined) {
    const input = {
      root: await newest(metadata, 'root'),
      targets: targetsText,
      nowMs,
      validMs: options.days * 86_400_000,
    };
    const previous = { snapshot: snapshot.text, timestamp: timestamp.text };
    ({ snapshot, timestamp } = signOnline({ ...input, previous, keyPem: await readText(options.onlineKey) }));
  }
  for (const path of Object.keys(targets.signed.targets)) {
    const sha256 = parseTargetPath(path)?.sha256;
    if (sha256 === undefined || !existsSync(join(artifacts, sha256)))
      shop.say(`left out, not in ${artifacts}: ${path}`);
    else await copyTo(shop, join(artifacts, sha256), join(out, 'artifacts', sha256));
  }
  for (const name of names) await copyTo(shop, join(metadata, name), join(out, 'metadata', name));
  await writeText(shop, join(out, 'metadata', `${targets.signed.version}.targets.json`), targetsText);
  await writeText(shop, join(out, 'metadata', snapshot.name), snapshot.text);
  await writeText(shop, join(out, 'metadata', timestamp.name), timestamp.text);
}

function versionOf(snapshot: string): number {
  return z.object({ signed: z.object({ version: z.int() }) }).parse(JSON.parse(snapshot)).signed.version;
}

/** A key for the hub, and its request. */
export async function onlineKey(shop: Workshop, out: string): Promise<void> {
  const pem = generateKeyPem();
  await writeText(shop, join(out, 'online.key.pem'), pem, 0o600);
  await writeText(shop, join(out, 'online-request.pem'), publicKeyPem(pem));
}
