#!/usr/bin/env node
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Command } from 'commander';
import manifest from '../package.json' with { type: 'json' };
import { FleetError, toError } from '../protocols/errors.ts';
import type { Log } from '../protocols/ports.ts';
import { systemClock } from '../provisioning/platform/clock.ts';
import { createLog } from '../provisioning/platform/log.ts';
import { describeSettings } from '../provisioning/platform/settings.ts';
import { createAgent } from './app.ts';
import { type AgentConfig, readAgentConfig } from './config.ts';
import { drivers, hostFamily } from './devices/registry.ts';
import { registerDiagnosis } from './diagnosis.ts';
import type { EnrolMachineOptions } from './enrolment.ts';
import { startSignsOfLife } from './health/sign-of-life.ts';
import { readHubHosts } from './identity.ts';
import { createNetwork } from './platform/create-network.ts';
import { createHostPort } from './platform/host/host.ts';
import { createHubPlace } from './platform/hub-place.ts';
import { readJsonFile } from './platform/json-file.ts';
import { createAbsentBroker, createLocalBroker } from './platform/local-broker.ts';
import { createProgramPort } from './platform/spawn.ts';
import { createServicePort } from './platform/systemd/service.ts';
import { tellPrepared } from './prepared-text.ts';
import { searchOnce } from './search.ts';
import { openDatabase } from './uplink/database.ts';
import { WitnessStore } from './uplink/witness-store.ts';
import { readVoucher, type VoucherSource } from './voucher-input.ts';

/** The longest that a stop may take before the process ends in any case; what the outbox holds is safe at every moment. */
const stopLimitMs = 4_500;

interface CommonOptions {
  readonly config?: string;
  readonly data?: string;
}

const stop = new AbortController();

/** The file that an installed agent reads unless told otherwise is no setting. */
const { EDUFLEET_CONFIG: usualConfig, ...environment } = process.env;

function settingsOf({ config = usualConfig, data }: CommonOptions) {
  return readAgentConfig({
    file: config ? readJsonFile(config) : {},
    environment,
    flags: data === undefined ? {} : { dataDir: data },
    readFile: (path) => readFileSync(path, 'utf8'),
  });
}

function portsOf(options: CommonOptions) {
  const { values } = settingsOf(options);
  const hub = createHubPlace({ hosts: () => readHubHosts(values.dataDir), clock: systemClock });
  const config = { ...values, network: { ...values.network, hub } };
  const log = createLog({ level: config.log.level, name: 'edufleet-agent' });
  const network = createNetwork({ policy: config.network, clock: systemClock, log });
  return {
    config,
    clock: systemClock,
    log,
    network,
    broker: brokerOf(config, log),
    programs: createProgramPort(systemClock),
    host: createHostPort({ clock: systemClock, log, tcti: environment['TPM2TOOLS_TCTI'] }),
  };
}

/** It opens no port before a device is admitted. */
function brokerOf({ localBroker, network }: AgentConfig, log: Log) {
  const { enabled, host, port, advertisedHost, maxPacketKibibytes } = localBroker;
  if (!enabled) return createAbsentBroker();
  const announcementTopics = drivers.flatMap(({ traces }) => traces?.topics ?? []);
  return createLocalBroker({
    announcementTopics,
    host,
    port,
    ...(advertisedHost === undefined ? {} : { advertisedHost }),
    policy: network,
    clock: systemClock,
    log,
    limits: { packetBytes: maxPacketKibibytes * 1_024 },
  });
}

async function run(options: CommonOptions): Promise<void> {
  const { config, ...ports } = portsOf(options);
  const platform = `${process.platform} ${process.arch} node ${process.versions.node}`;
  const facts = { version: manifest.version, bootId: randomUUID(), platform };
  const service = createServicePort({ environment, ...ports });
  const agent = await createAgent({ ...ports, drivers, hostFamily, facts, random: Math.random }, config);
  await service.notify({ state: 'ready' });
  const signs = startSignsOfLife({ service, signOfLife: () => agent.signOfLife(), ...ports });
  const stopped = new Promise<undefined>((resolve) => stop.signal.addEventListener('abort', () => resolve(undefined)));
  const failure = stop.signal.aborted ? undefined : await Promise.race([stopped, agent.failed]);
  using limit = systemClock.deadline(stopLimitMs);
  limit.signal.addEventListener('abort', () => process.exit(failure ? 1 : 0));
  await signs[Symbol.asyncDispose]();
  await service.notify({ state: 'stopping' });
  await agent[Symbol.asyncDispose]();
  await ports.broker[Symbol.asyncDispose]();
  if (failure) throw failure;
}

async function discover(options: CommonOptions): Promise<void> {
  const { config, ...ports } = portsOf(options);
  for (const proposal of await searchOnce({ ...ports, drivers, config, signal: stop.signal })) {
    console.log(JSON.stringify(proposal));
  }
}

type EnrolOptions = CommonOptions & VoucherSource & Pick<EnrolMachineOptions, 'gateway' | 'replace'>;

const prompt = { input: () => process.stdin, say: (line: string) => console.error(line) };

async function enrol(options: EnrolOptions): Promise<void> {
  const { config, host, clock } = portsOf(options);
  const voucher = await readVoucher(options, prompt);
  const machine = {
    dataDir: config.dataDir,
    host,
    hostFamily,
    serial: config.machine.serial,
    clock,
    agentVersion: manifest.version,
    signal: stop.signal,
  };
  // It brings a large X.509 library, once in the life of a machine.
  const { enrolMachine } = await import('./enrolment.ts');
  const { agentId, name } = await enrolMachine({ ...options, ...machine, voucher });
  const lines = [
    `Đã ghi danh: máy này là ${name} (${agentId}). Dịch vụ tự chạy; xem máy có điều gì sai: sudo edufleet-agent doctor`,
    `This machine is now the agent ${agentId} (${name}). It runs as a service, or by: edufleet-agent run`,
  ];
  console.log(lines.join('\n'));
}

async function prepare(options: EnrolOptions): Promise<void> {
  const { values: config } = settingsOf(options);
  const voucher = await readVoucher(options, prompt);
  const { prepareMachine } = await import('./enrolment.ts');
  const { dataDir } = config;
  const prepared = await prepareMachine({ ...options, dataDir, voucher, clock: systemClock });
  for (const line of tellPrepared(prepared, systemClock.now())) console.log(line);
}

function printWitnesses(options: CommonOptions): void {
  const { values: config } = settingsOf(options);
  using database = openDatabase(join(config.dataDir, 'outbox.db'));
  console.log(JSON.stringify(new WitnessStore(database).all(), undefined, 2));
}

function describe(options: CommonOptions): void {
  for (const line of describeSettings(settingsOf(options))) console.log(line);
}

const program = new Command('edufleet-agent')
  .description('Watches and steers the devices of one school for the fleet hub.')
  .version(manifest.version)
  .showSuggestionAfterError()
  .exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : 2));

function command(name: string, description: string, parent = program): Command {
  return parent
    .command(name)
    .description(description)
    .option('--config <file>', 'JSON file with settings; EDUFLEET_CONFIG names it otherwise')
    .option('--data <folder>', 'folder of identity and outbox');
}

function voucherCommand(name: string, description: string): Command {
  return command(name, description)
    .option('--hub, --gateway <url>', 'address of the hub, https://host:port; a scanned voucher tells it')
    .option('--voucher <text>', 'code of the voucher, EF1-..., or what its QR code says; asked for without it')
    .option('--voucher-file <file>', 'file with what the QR code says')
    .option('--replace', 'replace the identity that is here', false);
}

voucherCommand('enrol', 'get an identity from the hub for a voucher').action(enrol);
voucherCommand(
  'prepare',
  'keep a voucher for when the hub is in reach; `run` works meanwhile, and enrols by itself',
).action(prepare);
command('run', 'run the agent until it is told to stop').action(run);
command('witnesses', 'print the heads of the hub’s audit log that this agent holds').action(printWitnesses);
command('discover', 'look for devices once and print what is found').action(discover);
registerDiagnosis(command, {
  drivers,
  version: manifest.version,
  portsOf,
  signal: stop.signal,
  input: () => process.stdin,
  print: (line) => console.log(line),
  say: (line) => console.error(line),
  end: (exitCode) => {
    process.exitCode = exitCode;
  },
});
command(
  'print',
  'show every setting and where it comes from',
  program.command('config').description('settings'),
).action(describe);

// A reader such as `head` may close the pipe early: that is no failure.
process.stdout.on('error', () => process.exit(0));
for (const name of ['SIGINT', 'SIGTERM'] as const) process.on(name, () => stop.abort(new Error(name)));
try {
  await program.parseAsync(process.argv);
} catch (thrown) {
  const error = toError(thrown);
  console.error(`edufleet-agent: ${error.message}${error instanceof FleetError ? ` [${error.code}]` : ''}`);
  process.exitCode = error instanceof FleetError && /^(unknown|invalid)-/.test(error.code) ? 2 : 1;
}
