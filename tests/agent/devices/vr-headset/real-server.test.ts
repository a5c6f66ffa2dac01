import { type ChildProcess, execFile, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { DeviceError } from '../../../../agent/devices/error.ts';
import { vrHeadset } from '../../../../agent/devices/vr-headset/index.ts';
import { AdbdSimulator } from '../../../simulators/vr-headset/adbd.ts';
import { AdbServerSimulator } from '../../../simulators/vr-headset/index.ts';
import { createTestArtifact } from '../../../support/artifact.ts';
import { createFastClock } from '../../../support/clock.ts';
import { createTestContext } from '../../../support/driver-context.ts';

const hasAdb = spawnSync('adb', ['--version'], { stdio: 'ignore' }).status === 0;
const run = promisify(execFile);

/** Debian's adb server on a port of its own, with a key of its own. */
interface RealServer extends AsyncDisposable {
  readonly port: number;
  adb(...args: string[]): Promise<string>;
}

async function startServer(): Promise<RealServer> {
  const home = await mkdtemp(join(tmpdir(), 'edufleet-adb-'));
  const port = await freePort();
  const env = { PATH: process.env['PATH'] ?? '', HOME: home, ANDROID_ADB_SERVER_PORT: String(port) };
  const child: ChildProcess = spawn('adb', ['-P', String(port), 'nodaemon', 'server'], { env, stdio: 'ignore' });
  await expect.poll(() => isListening(port), { timeout: 10_000, message: 'adb server' }).toBe(true);
  return {
    port,
    adb: async (...args) => (await run('adb', ['-P', String(port), ...args], { env, timeout: 12_000 })).stdout,
    [Symbol.asyncDispose]: async () => {
      const ended = once(child, 'exit');
      child.kill('SIGKILL');
      await ended;
      await rm(home, { recursive: true, force: true });
    },
  };
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const address = probe.address();
  probe.close();
  return typeof address === 'object' && address ? address.port : 0;
}

async function isListening(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1');
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}

function contextFor(headset: AdbdSimulator, server: RealServer) {
  const clock = createFastClock(1);
  const settings = vrHeadset.settings.parse({ server: { host: '127.0.0.1', port: server.port } });
  return createTestContext({ family: vrHeadset.family, settings, clock, address: headset.address });
}

describe.runIf(hasAdb)("Debian's adb (package adb)", () => {
  let headset: AdbdSimulator;
  let server: RealServer;

  beforeEach(async () => {
    headset = await AdbdSimulator.start();
    server = await startServer();
  });
  afterEach(async () => {
    await server[Symbol.asyncDispose]();
    await headset[Symbol.asyncDispose]();
  });

  it('takes our simulated headset for a device', async () => {
    const serial = `127.0.0.1:${headset.address.port}`;
    await server.adb('connect', serial);
    await expect.poll(() => server.adb('devices'), { timeout: 8_000 }).toMatch(new RegExp(`${serial}\\tdevice`));
    expect(await server.adb('-s', serial, 'shell', 'getprop')).toContain('[ro.product.model]: [Quest 3]');
  });

  it('carries our driver to a headset: state, apps, package, reboot', async () => {
    const { context, reporter } = contextFor(headset, server);
    await using _ = await vrHeadset.connect(context);
    expect(reporter.last('identity')).toMatchObject({ model: 'Quest 3', serial: '2G0YC1ZF8B07WD', name: 'Kính 07' });
    expect(reporter.last('battery')).toEqual({ state: 'discharging', plugged: false, health: 'good' });
    expect(reporter.samples.at(-1)).toMatchObject({ 'battery.level': 83, 'battery.temperature': 31.2 });

    // Larger than one packet of the wire and than one piece of a file transfer.
    const file = Buffer.concat([Buffer.from('apk org.example.anatomy 7 '), Buffer.alloc(2_500_000, 'x')]);
    await using other = await vrHeadset.connect(context);
    const execute = (name: string, args: Record<string, unknown>, capability: 'apps' | 'power' = 'apps') =>
      other.execute({ id: 'command-1', capability, name, args }, context.signal);
    const id = 'org.example.anatomy';
    const stages = new Set<string>();
    const artifact = createTestArtifact(file, { pieceBytes: 100_000, version: '7' });
    const installed = await other.install?.(artifact, ({ stage }) => stages.add(stage), context.signal);
    expect(installed).toEqual({ version: '7' });
    expect([...stages]).toEqual(['sending', 'installing', 'verifying']);
    expect(headset.android.files.size).toBe(0);
    expect(await execute('launch', { id })).toEqual({ id, running: true });
    expect(await execute('remove', { id })).toEqual({ id, changed: true });
    expect(await execute('reboot', {}, 'power')).toEqual({ away: true });
    expect(headset.android.reboots).toBe(1);
  });

  it('tells that nobody has allowed this computer yet, and goes on once somebody has', async () => {
    headset.allows = false;
    const { context } = contextFor(headset, server);
    const failure = await vrHeadset.connect(context).then(
      () => undefined,
      (thrown: unknown) => thrown as DeviceError,
    );
    expect(failure?.code).toBe('authentication');
    headset.allow();
    await expect.poll(() => server.adb('devices'), { timeout: 8_000 }).toMatch(/\tdevice/);
    await using _ = await vrHeadset.connect(context);
  });
});

describe.runIf(hasAdb)("Debian's adb client", () => {
  it('takes our simulated server for one of its own', async () => {
    const clock = createFastClock(1);
    await using simulator = await AdbServerSimulator.start(clock);
    const adb = async (...args: string[]) =>
      (await run('adb', ['-P', String(simulator.server.port), ...args], { timeout: 10_000 })).stdout;
    const serial = `127.0.0.1:${simulator.address.port}`;
    expect(await adb('connect', serial)).toContain(`connected to ${serial}`);
    expect(await adb('devices', '-l')).toContain(`${serial}`);
    expect(await adb('devices')).toContain(`${serial}\tdevice`);
  });
});
