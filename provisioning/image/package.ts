import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmod, copyFile, mkdir, mkdtemp, readdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { z } from 'zod';
import { FatalError, toError } from '../../protocols/errors.ts';
import { type BundledPackage, bundleAgent } from './bundle.ts';
import { controlText, copyrightText, type Licence, md5sumsText } from './control.ts';
import { type Architecture, placeRuntime, type Runtime } from './runtime.ts';

const run = promisify(execFile);

export const compressions = ['xz', 'zstd', 'gzip'] as const;
export type Compression = (typeof compressions)[number];

export interface PackageOptions {
  /** The repository. */
  readonly root: string;
  readonly architecture: Architecture;
  readonly outDir: string;
  /** Time of every file in it; the same tree with the same time gives the same bytes. */
  readonly epochSeconds: number;
  /** xz is the smallest and takes a minute; the others are for a test. */
  readonly compression: Compression;
}

/** Where the parts go. */
const home = 'usr/lib/edufleet-agent';
const doc = 'usr/share/doc/edufleet-agent';
const sources: readonly (readonly [string, string])[] = [
  ['edufleet-agent.sh', 'usr/bin/edufleet-agent'],
  ['edufleet-agent.service', 'usr/lib/systemd/system/edufleet-agent.service'],
  ['edufleet-agent.tmpfiles', 'usr/lib/tmpfiles.d/edufleet-agent.conf'],
  ['agent.json', 'etc/edufleet/agent.json'],
  ['README.md', `${doc}/README.md`],
  ['examples/agent.json', `${doc}/examples/agent.json`],
  ['postinst', 'DEBIAN/postinst'],
  ['prerm', 'DEBIAN/prerm'],
  ['postrm', 'DEBIAN/postrm'],
];
const executable = new Set([
  'usr/bin/edufleet-agent',
  `${home}/node`,
  'DEBIAN/postinst',
  'DEBIAN/prerm',
  'DEBIAN/postrm',
]);

/**
 * Builds the Debian package of the agent and returns its path. It needs `dpkg-deb`, and neither root nor a container.
 * Throws FatalError `dpkg-deb-missing`, and as `bundleAgent` and `placeRuntime` do.
 */
export async function buildPackage(options: PackageOptions): Promise<string> {
  const { root, architecture, outDir } = options;
  const tree = await mkdtemp(join(tmpdir(), 'edufleet-package-'));
  try {
    await mkdir(join(tree, home), { recursive: true });
    const bundled = await bundleAgent(root, join(tree, home));
    const runtime = await placeRuntime(root, architecture, join(tree, home, 'node'));
    for (const [source, target] of sources) {
      await mkdir(dirname(join(tree, target)), { recursive: true });
      await copyFile(join(root, 'provisioning/image/debian', source), join(tree, target));
    }
    const { version } = await readManifest(root);
    await writeFile(join(tree, doc, 'copyright'), await copyrightOf(root, bundled, runtime));
    const files = await listFiles(tree);
    await writeFile(join(tree, 'DEBIAN/conffiles'), '/etc/edufleet/agent.json\n');
    await writeFile(join(tree, 'DEBIAN/md5sums'), md5sumsText(await digestsOf(tree, files)));
    const installedBytes = await sizeOf(tree, files);
    await writeFile(join(tree, 'DEBIAN/control'), controlText({ version, architecture, installedBytes }));
    await settle(tree, '', options.epochSeconds);
    await mkdir(outDir, { recursive: true });
    const target = join(outDir, `edufleet-agent_${version}_${architecture}.deb`);
    await pack(tree, target, options);
    return target;
  } finally {
    await rm(tree, { recursive: true, force: true });
  }
}

const manifestSchema = z.object({
  version: z.string(),
  license: z.string().optional(),
  licenses: z.array(z.object({ type: z.string() })).optional(),
});

async function readManifest(folder: string) {
  return manifestSchema.parse(JSON.parse(await readFile(join(folder, 'package.json'), 'utf8')));
}

async function copyrightOf(root: string, bundled: readonly BundledPackage[], runtime: Runtime): Promise<string> {
  const licences: Licence[] = [];
  for (const { name, folder } of bundled) {
    const path = join(root, folder);
    const { version, license, licenses } = await readManifest(path);
    const licence = license ?? licenses?.map(({ type }) => type).join(', ') ?? 'not named';
    const file = (await readdir(path)).filter((entry) => /^(licen[cs]e|copying)/i.test(entry)).sort()[0];
    licences.push({ name, version, licence, text: file && (await readFile(join(path, file), 'utf8')) });
  }
  licences.push({ name: 'Node.js', version: runtime.version, licence: 'MIT and others', text: runtime.licence });
  return copyrightText(await readFile(join(root, 'LICENSE'), 'utf8'), licences);
}

/** Paths of all files that are installed, in one order everywhere. */
async function listFiles(tree: string): Promise<readonly string[]> {
  const entries = await readdir(tree, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(tree.length + 1))
    .filter((path) => !path.startsWith('DEBIAN/'))
    .sort();
}

async function digestsOf(tree: string, files: readonly string[]) {
  const digests: { path: string; md5: string }[] = [];
  for (const path of files) {
    const bytes = await readFile(join(tree, path));
    digests.push({ path, md5: createHash('md5').update(bytes).digest('hex') });
  }
  return digests;
}

async function sizeOf(tree: string, files: readonly string[]): Promise<number> {
  let bytes = 0;
  for (const path of files) bytes += (await stat(join(tree, path))).size;
  return bytes;
}

/** Modes and times that depend neither on who builds nor on when. */
async function settle(tree: string, path: string, epochSeconds: number): Promise<void> {
  const place = join(tree, path);
  const isFolder = (await stat(place)).isDirectory();
  for (const name of isFolder ? await readdir(place) : []) {
    await settle(tree, path === '' ? name : `${path}/${name}`, epochSeconds);
  }
  await chmod(place, isFolder || executable.has(path) ? 0o755 : 0o644);
  await utimes(place, epochSeconds, epochSeconds);
}

const levels: Readonly<Record<Compression, string>> = { xz: '-z6', zstd: '-z3', gzip: '-z1' };

async function pack(tree: string, target: string, { compression, epochSeconds }: PackageOptions): Promise<void> {
  const args = ['--root-owner-group', `-Z${compression}`, levels[compression], '--build', tree, target];
  // More threads would cut the data otherwise, and so give other bytes on another machine.
  const env = { PATH: '/usr/bin:/bin', SOURCE_DATE_EPOCH: String(epochSeconds), DPKG_DEB_THREADS_MAX: '1' };
  try {
    await run('dpkg-deb', args, { env });
  } catch (thrown) {
    const error = toError(thrown);
    if ('code' in error && error.code === 'ENOENT') {
      throw new FatalError('dpkg-deb-missing', 'dpkg-deb is not installed; packages are built on Debian or Ubuntu');
    }
    throw error;
  }
}
