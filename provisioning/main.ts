#!/usr/bin/env node
import { readFileSync } from 'node:fs';
import { Command, CommanderError } from 'commander';
import { toError } from '../protocols/errors.ts';
import { systemClock } from './platform/clock.ts';
import { ceremony, exportMedia, inspect, onlineKey, rotate, signRelease } from './release/commands.ts';
import type { Workshop } from './release/workshop.ts';

const program = new Command('edufleet-provision')
  .description('Keys and signatures of releases: what may run in schools. Runs away from the hub, save export-media.')
  .option('--dry-run', 'only say what would be written')
  .option('--passphrase-file <file>', 'of the key files; they are encrypted with it')
  .exitOverride();

function shop(): Workshop {
  return { dryRun: program.opts<{ dryRun?: boolean }>().dryRun === true, say: (line) => console.log(line) };
}

function secret(): { readonly passphrase?: string } {
  const { passphraseFile } = program.opts<{ passphraseFile?: string }>();
  return passphraseFile === undefined ? {} : { passphrase: readFileSync(passphraseFile, 'utf8').trim() };
}

program
  .command('online-key')
  .description('makes a key for the hub and the request that a ceremony is given')
  .requiredOption('--out <folder>', 'where to put them')
  .action(({ out }) => onlineKey(shop(), out));
program
  .command('ceremony')
  .description('makes three root keys, the targets key and the first metadata')
  .requiredOption('--out <folder>', 'an empty folder')
  .requiredOption('--online <file>', "the hub's request (online-request.pem)")
  .action((options) => ceremony(shop(), { ...options, ...secret() }, systemClock.now()));
program
  .command('sign')
  .description('adds the artifacts of a release to the targets metadata; without --release only renews its time')
  .requiredOption('--metadata <folder>', 'of the repository')
  .requiredOption('--key <file>', 'the targets key')
  .option('--release <file>', 'JSON: { artifacts: [{ file, custom }] }')
  .action((options) => signRelease(shop(), { ...options, ...secret() }, systemClock.now()));
program
  .command('rotate')
  .description('makes the next root, signed by two keys of the old and of the new')
  .requiredOption('--metadata <folder>', 'of the repository')
  .requiredOption('--key <files...>', 'root keys that sign')
  .option('--drop-root <id>', 'beginning of the id of the root key that goes')
  .option('--new-root <folder>', 'for a new root key')
  .option('--new-targets <folder>', 'for a new targets key')
  .option('--online <file>', "the hub's new request")
  .action((options) => rotate(shop(), { ...options, ...secret() }, systemClock.now()));
program
  .command('inspect')
  .description('says what there is and checks its signatures')
  .requiredOption('--metadata <folder>', 'of the repository')
  .action(({ metadata }) => inspect(shop(), metadata));
program
  .command('export-media')
  .description('lays metadata and artifacts out on a stick, under the same signatures')
  .requiredOption('--metadata <folder>', "the hub's")
  .requiredOption('--artifacts <folder>', 'files named by their SHA-256')
  .requiredOption('--out <folder>', 'the stick')
  .option('--online-key <file>', 'signs anew, to hold for longer than a day')
  .option('--days <number>', 'how long, with --online-key', Number, 30)
  .action((options) => exportMedia(shop(), options, systemClock.now()));

try {
  await program.parseAsync(process.argv);
} catch (thrown) {
  const isUsage = thrown instanceof CommanderError;
  if (!isUsage) console.error(`edufleet-provision: ${toError(thrown).message}`);
  process.exitCode = isUsage ? (thrown.exitCode === 0 ? 0 : 2) : 1;
}
