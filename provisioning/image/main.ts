import { execFileSync } from 'node:child_process';
import { statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { Command, Option } from 'commander';
import { FatalError, toError } from '../../protocols/errors.ts';
import { buildPackage, type Compression, compressions } from './package.ts';
import { type Architecture, architectures } from './runtime.ts';

interface Flags {
  readonly arch?: Architecture;
  readonly out: string;
  readonly compression: Compression;
}

const root = resolve(import.meta.dirname, '../..');

/** The time of what is packed: as reproducible-builds.org has it, else that of the last commit. */
function epochSeconds(): number {
  const given = process.env['SOURCE_DATE_EPOCH'];
  const text = given ?? execFileSync('git', ['log', '-1', '--format=%ct'], { cwd: root, encoding: 'utf8' });
  const seconds = Number(text);
  if (Number.isSafeInteger(seconds) && seconds > 0) return seconds;
  throw new FatalError('invalid-epoch', `SOURCE_DATE_EPOCH must be seconds since 1970, not ${text}`);
}

async function packageAgent({ arch, out, compression }: Flags): Promise<void> {
  const shared = { root, outDir: resolve(out), epochSeconds: epochSeconds(), compression };
  for (const architecture of arch === undefined ? architectures : [arch]) {
    try {
      const path = await buildPackage({ ...shared, architecture });
      console.log(`${path} (${(statSync(path).size / 1e6).toFixed(1)} MB)`);
    } catch (thrown) {
      const isAbsent = thrown instanceof FatalError && thrown.code === 'runtime-unavailable';
      // Who asked for all gets what can be had, and is told what is missing.
      if (arch !== undefined || !isAbsent) throw thrown;
      console.error(`no package for ${architecture}: ${thrown.message}`);
    }
  }
}

const program = new Command('package:agent')
  .description('Builds the Debian package of the agent.')
  .addOption(new Option('--arch <architecture>', 'one alone; both unless given').choices([...architectures]))
  .option('--out <folder>', 'where to put it', join(root, 'tests/.artifacts'))
  .addOption(new Option('--compression <method>', 'of the package').choices([...compressions]).default('xz'))
  .action(packageAgent);

try {
  await program.parseAsync(process.argv);
} catch (thrown) {
  console.error(`package:agent: ${toError(thrown).message}`);
  process.exitCode = 1;
}
