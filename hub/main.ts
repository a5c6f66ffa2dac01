#!/usr/bin/env node
import { readFileSync } from 'node:fs';
import { Command, CommanderError } from 'commander';
import { FatalError, FleetError, toError } from '../protocols/errors.ts';
import { systemClock } from '../provisioning/platform/clock.ts';
import { createLog } from '../provisioning/platform/log.ts';
import { describeSettings, type Settings } from '../provisioning/platform/settings.ts';
import { startHub } from './app.ts';
import { breakGlass } from './break-glass.ts';
import { type HubConfig, readHubConfig } from './config.ts';
import { rotateSeal } from './rotate-seal.ts';
import { changeSample } from './sample.ts';
import { openStore } from './store/index.ts';
import { verifyAudit } from './verify-audit.ts';

const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
  version: string;
};

/** Exit codes: 0 done, 1 failed, 2 called wrongly. */
const exit = { failed: 1, usage: 2 } as const;

const program = new Command('edufleet-hub')
  .description('The hub of Edufleet: broker, API and dashboard for the agents of a province.')
  .version(version)
  .option('-c, --config <file>', 'configuration file (JSON)')
  .exitOverride();

program
  .command('serve')
  .description('run the hub until SIGINT or SIGTERM')
  .addHelpText('after', '\nExample:\n  edufleet-hub serve --config /etc/edufleet/hub.json')
  .action(serve);

program
  .command('config')
  .description('work with the configuration')
  .command('print')
  .description('print every setting with its origin; secrets are not shown')
  .action(() => {
    for (const line of describeSettings(settings())) process.stdout.write(`${line}\n`);
  });

program
  .command('audit')
  .description('work with the audit log')
  .command('verify')
  .description('tell whether an entry was changed, removed or cut off')
  .option('-w, --witnesses <file...>', 'heads that agents hold, from: edufleet-agent witnesses')
  .action(async ({ witnesses = [] }: { witnesses?: readonly string[] }) => {
    const { values: config } = settings();
    const log = createLog({ name: 'hub', level: 'warn' });
    const { signal } = new AbortController();
    const report = await verifyAudit({ config, witnessFiles: witnesses, clock: systemClock, log, signal });
    process.stdout.write(`${report.text}\n`);
    if (!report.ok) process.exitCode = exit.failed;
  });

program
  .command('break-glass')
  .description('make somebody province administrator for some hours, when no administrator can sign in')
  .requiredOption('-e, --email <address>', 'who; made when there is nobody of this address')
  .option('--hours <n>', 'for how long, 1 to 8', '4')
  .option('-r, --reason <text>', 'why; stands in the audit log')
  .option('-o, --password-file <file>', 'write the one-time password there (0600) and not to the screen')
  .addHelpText('after', '\nWith the embedded database, stop the hub first; with PostgreSQL it may run.')
  .action(async (options: { email: string; hours: string; reason?: string; passwordFile?: string }) => {
    const { values: config } = settings();
    const log = createLog({ name: 'hub', level: 'warn' });
    const hours = Number(options.hours);
    process.stdout.write(`${await breakGlass({ ...options, hours, config, clock: systemClock, log })}\n`);
  });

program
  .command('seal')
  .description('work with the keys that seal secrets')
  .command('rotate')
  .description('seal every secret with a new key; stop the hubs of this database first')
  .action(async () => {
    const { values: config } = settings();
    const log = createLog({ name: 'hub', level: 'warn' });
    const { databaseUrl, dataDir } = config;
    await using store = await openStore({ databaseUrl, dataDir, clock: systemClock, log });
    process.stdout.write(`${await rotateSeal(store, config)}\n`);
  });

const sample = program
  .command('sample')
  .description('work with sample data; stop a hub with the embedded database first');
sample
  .command('load')
  .description('load the communes of Quảng Ngãi, and invented schools that are marked as samples')
  .option('--schools <number>', 'sample schools a commune, at most 50', '2')
  .action(async ({ schools }: { schools: string }) => {
    if (!/^\d{1,2}$/.test(schools) || Number(schools) > 50)
      throw new FatalError('bad-setting', '--schools is a number from 0 to 50');
    await printSample({ load: Number(schools) });
  });
sample
  .command('remove')
  .description('take everything away that is marked as a sample, as long as nothing was built on it')
  .action(() => printSample('remove'));

// A reader such as `head` may close the pipe early: that is no failure.
process.stdout.on('error', () => process.exit(0));
try {
  await program.parseAsync(process.argv);
} catch (thrown) {
  process.exitCode = exitCodeOf(toError(thrown));
}

function settings(): Settings<HubConfig> {
  const { config } = program.opts<{ config?: string }>();
  return readHubConfig({
    file: config === undefined ? {} : readJson(config),
    environment: process.env,
    flags: {},
    readFile: (path) => readFileSync(path, 'utf8'),
  });
}

function readJson(path: string): unknown {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch (thrown) {
    throw new FatalError(
      'invalid-setting',
      `the configuration file ${path} cannot be read: ${toError(thrown).message}`,
      { cause: thrown },
    );
  }
}

async function printSample(what: Parameters<typeof changeSample>[1]): Promise<void> {
  const { values: config } = settings();
  const log = createLog({ name: 'hub', level: 'warn' });
  process.stdout.write(`${await changeSample({ config, clock: systemClock, log }, what)}\n`);
}

async function serve(): Promise<void> {
  const { values: config } = settings();
  const log = createLog({ name: 'hub', level: config.log.level });
  const stop = Promise.withResolvers<string>();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stop.resolve(signal));
  await using hub = await startHub({ config, clock: systemClock, log, version });
  const { url, gatewayUrl, brokerUrl, engine, durable } = hub;
  // One line for programs that start a hub; people read the log.
  process.stdout.write(`${JSON.stringify({ ready: 'edufleet-hub', url, gatewayUrl, brokerUrl, engine, durable })}\n`);
  log.info('hub stops', { signal: await stop.promise });
}

function exitCodeOf(error: Error): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : exit.usage;
  process.stderr.write(`edufleet-hub: ${error.message}\n`);
  if (!(error instanceof FleetError)) process.stderr.write(`${error.stack ?? ''}\n`);
  return error instanceof FleetError && error.code.endsWith('-setting') ? exit.usage : exit.failed;
}
