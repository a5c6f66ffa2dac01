import { execFile } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const isRoot = process.getuid?.() === 0;
/** Where `tests/support/install-system.sh` puts them. */
const folder = isRoot
  ? '/var/cache/edufleet-judges'
  : join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'edufleet-judges');
const python = join(folder, 'venv/bin/python');

/** Clients of other people, from PyPI: they share no line with ours and so can judge it. */
export const hasPythonJudges = existsSync(python) && existsSync(join(folder, 'clients.txt'));
/** The worship software OpenLP, of Debian's package: its client of PJLink, without the rest of it. */
const openlp = join(folder, 'openlp/usr/lib/python3/dist-packages');
export const hasOpenlp = existsSync(join(openlp, 'openlp')) && existsSync('/usr/lib/python3/dist-packages/PyQt5');
/** A client of ATEM switchers, from npm. */
const atem = join(folder, 'atem');
export const hasAtemClient = existsSync(join(atem, 'node_modules/atem-connection'));
/** Debian's own tool. */
export const hasWakeonlan = existsSync('/usr/bin/wakeonlan');

/** The bytes of a file that one of them brings along, by its path below the packages. Throws when it is not there. */
export function readJudgeFile(path: string): Uint8Array {
  const library = join(folder, 'venv/lib');
  const [version = ''] = readdirSync(library).filter((name) => name.startsWith('python3'));
  return readFileSync(join(library, version, 'site-packages', path));
}

/** Runs a Python program that prints one JSON document, without privileges; its arguments are in `sys.argv`. */
export async function runPython(program: string, ...args: string[]): Promise<unknown> {
  return JSON.parse(await run(python, ['-c', program, ...args]));
}

/** As `runPython`, with OpenLP's modules at hand. */
export async function runOpenlp(program: string, ...args: string[]): Promise<unknown> {
  const found = `import sys; sys.dont_write_bytecode = True; sys.path.insert(0, ${JSON.stringify(openlp)})\n`;
  return JSON.parse(await run('/usr/bin/python3', ['-c', found + program, ...args]));
}

/** The module of `hasAtemClient`, loaded from outside the repository. */
export function requireAtemClient(): unknown {
  return createRequire(join(atem, 'package.json'))('atem-connection');
}

export async function runWakeonlan(...args: string[]): Promise<string> {
  return await run('/usr/bin/wakeonlan', args);
}

async function run(file: string, args: readonly string[]): Promise<string> {
  const options = {
    timeout: 60_000,
    cwd: '/',
    env: { PATH: '/usr/bin:/bin', HOME: '/nonexistent' },
    ...(isRoot ? { uid: 65_534, gid: 65_534 } : {}),
  };
  const { stdout } = await promisify(execFile)(file, args, options);
  return stdout;
}
