import { createHash } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Driver, DriverContext, HttpPort } from '../../../../agent/devices/driver.ts';
import { vrHeadset } from '../../../../agent/devices/vr-headset/index.ts';
import { createNetwork } from '../../../../agent/platform/create-network.ts';
import { FatalError } from '../../../../protocols/errors.ts';
import { silentLog } from '../../../../protocols/ports.ts';
import { AdbServerSimulator } from '../../../simulators/vr-headset/index.ts';
import { createFastClock, type FastClock } from '../../../support/clock.ts';
import { createTestContext, type TestContext, type TestContextOptions } from '../../../support/driver-context.ts';

/** As the registry has it. */
const driver: Driver = vrHeadset;
let clock: FastClock;
let simulator: AdbServerSimulator;

beforeEach(async () => {
  clock = createFastClock(50);
  simulator = await AdbServerSimulator.start(clock);
});
afterEach(async () => {
  await simulator[Symbol.asyncDispose]();
  expect(clock.pending).toBe(0);
});

function contextFor(settings: object = {}, more: Partial<TestContextOptions<unknown>> = {}): TestContext<unknown> {
  return createTestContext({
    family: driver.family,
    settings: driver.settings.parse({ server: simulator.server, ...settings }),
    clock,
    address: simulator.address,
    ...more,
  });
}

/** A shelf that gives `body` for every address. */
const shelf = (body: Buffer, status = 200): HttpPort => ({
  request: async () => ({ status, headers: new Map(), body }),
});
const sha256 = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');

async function execute(name: string, args: Record<string, unknown>, over: Partial<DriverContext<unknown>> = {}) {
  const { context } = contextFor();
  await using session = await driver.connect({ ...context, ...over });
  const capability = name === 'reboot' ? 'power' : 'apps';
  return await session.execute({ id: 'command-1', capability, name, args }, context.signal);
}

describe('packages of a headset', () => {
  const file = Buffer.from('apk org.example.anatomy 7');
  const install = { id: 'org.example.anatomy', url: 'http://10.0.0.1/a.apk', sha256: sha256(file) };

  it('are refused when their hash is another, before the headset sees them', async () => {
    const other = shelf(Buffer.from('apk org.example.evil 1'));
    await expect(execute('install', install, { http: other })).rejects.toMatchObject({ code: 'protocol' });
    expect(simulator.asked).not.toContain('sync:');
  });

  it('are not there when the shelf says so', async () => {
    await expect(execute('install', install, { http: shelf(file, 404) })).rejects.toThrow(/HTTP status 404/);
  });

  it('are told from what the headset does not take', async () => {
    const broken = Buffer.from('PK no package');
    const args = { ...install, sha256: sha256(broken) };
    await expect(execute('install', args, { http: shelf(broken) })).rejects.toThrow(/INSTALL_PARSE_FAILED_NOT_APK/);
    expect(simulator.android.files.size).toBe(0);
  });

  it('count only under the name that was asked for', async () => {
    const args = { ...install, id: 'org.example.other' };
    await expect(execute('install', args, { http: shelf(file) })).rejects.toMatchObject({ code: 'no-effect' });
  });

  it('are removed once, and a second time nothing happens', async () => {
    const id = 'com.example.solarsystem';
    expect(await execute('remove', { id })).toEqual({ id, changed: true });
    expect(await execute('remove', { id })).toEqual({ id, changed: false });
  });

  it.each([
    ['uninstall', 'remove', { id: 'com.example.solarsystem' }],
    ['monkey', 'launch', { id: 'com.example.solarsystem' }],
    ['reboot', 'reboot', {}],
  ])('and the headset are believed by their effect alone: %s', async (ignored, name, args) => {
    simulator.android.ignores.add(ignored);
    await expect(execute(name, args)).rejects.toMatchObject({ code: 'no-effect' });
  });

  it('that are not installed are not launched', async () => {
    await expect(execute('launch', { id: 'com.example.absent' })).rejects.toMatchObject({ code: 'unsupported' });
  });

  it('have names in which nothing can hide', async () => {
    for (const id of ['com.example;reboot', 'com.example $(id)', '--help', undefined]) {
      await expect(execute('remove', { id })).rejects.toBeInstanceOf(FatalError);
    }
    expect(simulator.android.lines.filter((line) => line.startsWith('pm uninstall'))).toEqual([]);
  });
});

describe('the way to a headset', () => {
  it('is refused where the network policy refuses it, although the server would go', async () => {
    const port = simulator.server.port;
    const policy = { allow: ['127.0.0.0/8'], deny: [], ports: [String(port)], broadcast: false };
    const test = contextFor({}, { network: createNetwork({ policy, clock, log: silentLog }) });
    await expect(driver.connect(test.context)).rejects.toMatchObject({ code: 'address-not-allowed' });
    expect(simulator.asked.filter((service) => service.startsWith('host:connect'))).toEqual([]);
  });

  it('needs an address in numbers, or a serial number', async () => {
    const named = contextFor({}, { address: { host: 'headset.local', port: 5_555 } });
    await expect(driver.connect(named.context)).rejects.toThrow(/IPv4 address, not a name/);
    const { context } = contextFor();
    const { address: _, ...device } = context.device;
    await expect(driver.connect({ ...context, device })).rejects.toThrow(/neither an address nor a serial/);
  });

  it('goes by the serial number where there is a cable, and never connects', async () => {
    const { context } = contextFor({ serial: '2G0YC1ZF8B07WD' });
    const { address: _, ...device } = context.device;
    await expect(driver.connect({ ...context, device })).rejects.toMatchObject({ code: 'unreachable' });
    expect(simulator.asked).toEqual(['host:devices-l']);
  });

  it('says that no server listens', async () => {
    const { context } = contextFor({ server: { host: '127.0.0.1', port: 1 } });
    await expect(driver.connect(context)).rejects.toThrow(/reach the adb server/);
  });

  it('is opened again when the server has lost it', async () => {
    const { context, reporter } = contextFor();
    await using session = await driver.connect(context);
    simulator.android.onReboot();
    await session.poll(context.signal);
    expect(simulator.asked.filter((service) => service.startsWith('host:connect'))).toHaveLength(2);
    expect(reporter.last('storage')).toMatchObject({ volumes: [{ name: '/data', sizeBytes: 114_207_678_464 }] });
  });

  it('tells an overheated headset, and one without a name', async () => {
    simulator.android.health = 3;
    simulator.android.deviceName = 'null';
    const { context, reporter } = contextFor();
    await using _ = await driver.connect(context);
    expect(reporter.last('temperature')).toEqual({ level: 'error' });
    expect(reporter.last('identity')).not.toHaveProperty('name');
  });
});
