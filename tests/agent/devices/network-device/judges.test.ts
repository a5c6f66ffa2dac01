import { type ChildProcess, execFile, spawn, spawnSync } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { DeviceError } from '../../../../agent/devices/error.ts';
import { networkDevice } from '../../../../agent/devices/network-device/index.ts';
import { NetworkDeviceSimulator } from '../../../simulators/network-device/index.ts';
import { createFastClock } from '../../../support/clock.ts';
import { createTestContext } from '../../../support/driver-context.ts';

const has = (program: string) => spawnSync('which', [program], { stdio: 'ignore' }).status === 0;
/** As root they run as nobody. */
const nobody = process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : {};

let folder: string;
let port: number;
let judge: ChildProcess | undefined;

async function prepare(): Promise<void> {
  folder = await mkdtemp(join(tmpdir(), 'edufleet-snmp-'));
  await chmod(folder, 0o777);
  port = await freePort();
}

async function end(): Promise<void> {
  if (judge && judge.exitCode === null && judge.signalCode === null) {
    const ended = once(judge, 'exit');
    judge.kill('SIGKILL');
    await ended;
  }
  judge = undefined;
  await rm(folder, { recursive: true, force: true });
}

async function freePort(): Promise<number> {
  const probe = createSocket('udp4').bind(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port: free } = probe.address();
  await new Promise<void>((resolve) => probe.close(() => resolve()));
  return free;
}

function start(program: string, args: readonly string[]): void {
  const env = { PATH: process.env['PATH'] ?? '', HOME: folder, SNMP_PERSISTENT_DIR: folder };
  judge = spawn(program, args, { cwd: folder, env, stdio: 'ignore', ...nobody });
}

interface Access {
  readonly settings?: Readonly<Record<string, unknown>>;
  readonly credentials: { readonly username?: string; readonly password: string };
}

function contextFor({ settings = {}, credentials }: Access) {
  return createTestContext({
    family: networkDevice.family,
    settings: networkDevice.settings.parse(settings),
    clock: createFastClock(1),
    address: { host: '127.0.0.1', port },
    credentials,
  });
}

/** Connects once the judge has started; what it reported, or why it failed. */
async function connect(access: Access) {
  const test = contextFor(access);
  try {
    await using session = await networkDevice.connect(test.context);
    await session.poll(test.context.signal);
    return { ...test, failure: undefined };
  } catch (thrown) {
    return { ...test, failure: thrown as DeviceError };
  } finally {
    expect(test.openSockets()).toBe(0);
  }
}

/** Waits until the judge has started. */
async function answers(community: string): Promise<void> {
  for (let attempt = 0; attempt < 8; attempt++) {
    const { failure } = await connect({ credentials: { password: community } });
    if (!failure) return;
  }
  throw new Error('the judge does not start');
}

describe.runIf(has('snmpd'))("Debian's snmpd", () => {
  const password = 'correct horse battery';

  beforeAll(async () => {
    await prepare();
    const lines = [
      'rocommunity school-read 127.0.0.1',
      `createUser fleet SHA "${password}" AES "${password}"`,
      `createUser strong SHA-256 "${password}" AES "${password}"`,
      'rouser fleet priv',
      'rouser strong priv',
      'sysName thcs-linux',
      'sysDescr A Debian router',
    ];
    const file = join(folder, 'snmpd.conf');
    await writeFile(file, lines.join('\n'));
    await chmod(file, 0o644);
    start('/usr/sbin/snmpd', ['-f', '-Lo', '-C', '-c', file, '-I', '-smux', `udp:127.0.0.1:${port}`]);
    await answers('school-read');
  }, 30_000);
  afterAll(end);

  it('tells itself and its ports over v2c', async () => {
    const { reporter } = await connect({ credentials: { password: 'school-read' } });
    expect(reporter.last('identity')).toMatchObject({ name: 'thcs-linux', model: 'A Debian router' });
    const { ports } = reporter.last('ports') as { ports: { name: string }[] };
    expect(ports.map(({ name }) => name)).not.toContain('lo');
  });

  it('is silent to another community', async () => {
    const { failure } = await connect({ credentials: { password: 'guess' } });
    expect(failure?.code).toBe('timeout');
  });

  it.each([
    ['SHA', 'fleet', 'sha'],
    ['SHA-256', 'strong', 'sha256'],
  ])('tells itself over v3 with %s and AES', async (_, username, authentication) => {
    const settings = { version: 'v3', authentication };
    const { failure, reporter } = await connect({ settings, credentials: { username, password } });
    expect(failure).toBeUndefined();
    expect(reporter.last('identity')).toMatchObject({ name: 'thcs-linux' });
  });

  it.each([
    ['a wrong password', { username: 'fleet', password: 'wrong password' }],
    ['an unknown user', { username: 'nobody', password }],
  ])('refuses %s over v3, and we call it so', async (_, credentials) => {
    const { failure } = await connect({ settings: { version: 'v3' }, credentials });
    expect(failure?.code).toBe('authentication');
  });

  it('is not asked over v3 without a user', async () => {
    const { failure } = await connect({ settings: { version: 'v3' }, credentials: { password } });
    expect(failure?.code).toBe('authentication');
  });
});

/** Rows of a `snmprec` file: object, type, value. */
const records: Readonly<Record<string, readonly string[]>> = {
  printer: [
    '1.3.6.1.2.1.1.1.0|4|HP ETHERNET MULTI-ENVIRONMENT',
    '1.3.6.1.2.1.1.5.0|4|NPI123456',
    '1.3.6.1.2.1.25.3.2.1.3.1|4|HP LaserJet Pro M404dn',
    '1.3.6.1.2.1.25.3.5.1.1.1|2|4',
    '1.3.6.1.2.1.25.3.5.1.2.1|4x|44',
    '1.3.6.1.2.1.43.5.1.1.17.1|4|VNB3K12345',
    '1.3.6.1.2.1.43.10.2.1.4.1.1|65|12345',
    '1.3.6.1.2.1.43.11.1.1.6.1.1|4|Black Toner',
    '1.3.6.1.2.1.43.11.1.1.6.1.2|4|Waste Box',
    '1.3.6.1.2.1.43.11.1.1.8.1.1|2|2000',
    '1.3.6.1.2.1.43.11.1.1.8.1.2|2|-2',
    '1.3.6.1.2.1.43.11.1.1.9.1.1|2|700',
    '1.3.6.1.2.1.43.11.1.1.9.1.2|2|-3',
  ],
  ups: [
    '1.3.6.1.2.1.1.5.0|4|ups-1',
    '1.3.6.1.2.1.33.1.1.1.0|4|APC',
    '1.3.6.1.2.1.33.1.1.2.0|4|Smart-UPS 1500',
    '1.3.6.1.2.1.33.1.2.1.0|2|3',
    '1.3.6.1.2.1.33.1.2.3.0|2|4',
    '1.3.6.1.2.1.33.1.2.4.0|66|12',
    '1.3.6.1.2.1.33.1.4.1.0|2|5',
    '1.3.6.1.2.1.33.1.4.4.1.5.1|66|61',
  ],
};

describe.runIf(has('snmpsimd'))("Debian's snmpsim", () => {
  beforeAll(async () => {
    await prepare();
    for (const name of ['data', 'cache']) {
      await mkdir(join(folder, name));
      await chmod(join(folder, name), 0o777);
    }
    for (const [name, lines] of Object.entries(records)) {
      await writeFile(join(folder, 'data', `${name}.snmprec`), `${lines.join('\n')}\n`);
    }
    start('snmpsimd', [
      `--agent-udpv4-endpoint=127.0.0.1:${port}`,
      `--data-dir=${join(folder, 'data')}`,
      `--cache-dir=${join(folder, 'cache')}`,
    ]);
    await answers('ups');
  }, 30_000);
  afterAll(end);

  it('is a printer', async () => {
    const { failure, reporter } = await connect({ credentials: { password: 'printer' } });
    expect(failure).toBeUndefined();
    expect(reporter.last('identity')).toEqual({
      model: 'HP LaserJet Pro M404dn',
      serial: 'VNB3K12345',
      name: 'NPI123456',
    });
    expect(reporter.last('supplies')).toEqual({
      status: 'printing',
      alerts: ['no-paper', 'jammed'],
      supplies: [
        { id: '1.1', name: 'Black Toner', level: 'known' },
        { id: '1.2', name: 'Waste Box', level: 'some' },
      ],
    });
    expect(reporter.samples.at(-1)).toEqual({ 'supplies.pages': 12_345, 'supplies.level@1.1': 35 });
  });

  it('is a UPS', async () => {
    const { reporter } = await connect({ credentials: { password: 'ups' } });
    expect(reporter.last('ups')).toEqual({ source: 'battery', battery: 'low' });
    expect(reporter.samples.at(-1)).toEqual({ 'ups.charge': 12, 'ups.remaining': 4, 'ups.load': 61 });
  });
});

describe.runIf(has('snmpbulkwalk'))("Debian's snmp client", () => {
  it('takes our simulated switch for a real one', async () => {
    await using simulator = await NetworkDeviceSimulator.start(createFastClock(1), 'switch');
    const target = `127.0.0.1:${simulator.address.port}`;
    const run = async (program: string, oid: string) =>
      (await promisify(execFile)(program, ['-v2c', '-c', 'school-read', '-On', target, oid], { timeout: 8_000 }))
        .stdout;
    expect(await run('snmpbulkwalk', '1.3.6.1.2.1.31.1.1.1.6')).toContain(
      '.1.3.6.1.2.1.31.1.1.1.6.10103 = Counter64: 20000000000',
    );
    expect((await run('snmpwalk', '1.3.6.1.2.1.2.2.1.2')).match(/Gi1\/0\/\d/g)).toHaveLength(6);
    expect(await run('snmpget', '1.3.6.1.2.1.1.9.9.0')).toContain('No Such Object');
  });
});
