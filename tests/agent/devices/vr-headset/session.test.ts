import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type {
  Artifact,
  Driver,
  DriverContext,
  InstallProgress,
  TcpConnection,
} from '../../../../agent/devices/driver.ts';
import { vrHeadset } from '../../../../agent/devices/vr-headset/index.ts';
import { createNetwork } from '../../../../agent/platform/create-network.ts';
import { FatalError } from '../../../../protocols/errors.ts';
import { silentLog } from '../../../../protocols/ports.ts';
import { AdbServerSimulator } from '../../../simulators/vr-headset/index.ts';
import { createTestArtifact } from '../../../support/artifact.ts';
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

async function execute(name: string, args: Record<string, unknown>) {
  const { context } = contextFor();
  await using session = await driver.connect(context);
  const capability = name === 'reboot' ? 'power' : 'apps';
  return await session.execute({ id: 'command-1', capability, name, args }, context.signal);
}

async function install(
  artifact: Artifact,
  over: Partial<DriverContext<unknown>> = {},
  onProgress: (progress: InstallProgress) => void = () => {},
  signal?: AbortSignal,
) {
  const { context } = contextFor();
  await using session = await driver.connect({ ...context, ...over });
  return await session.install?.(artifact, onProgress, signal ?? context.signal);
}

const app = Buffer.from('apk org.example.anatomy 7');
const large = Buffer.concat([Buffer.from('apk org.example.anatomy 8 '), Buffer.alloc(3_000_000, 'x')]);

describe('an app for a headset', () => {
  it('is installed, and the version is the one that the headset tells', async () => {
    expect(await install(createTestArtifact(app, { version: '7' }))).toEqual({ version: '7' });
    expect(simulator.android.packages.get('org.example.anatomy')).toBe('7');
    expect(simulator.android.files.size, 'files left on the headset').toBe(0);
  });

  it('tells how far it is, each percent once and in order', async () => {
    const seen: InstallProgress[] = [];
    await install(createTestArtifact(large, { pieceBytes: 200_000 }), {}, (progress) => seen.push(progress));
    const stages = seen.map(({ stage }) => stage);
    expect([...new Set(stages)]).toEqual(['sending', 'installing', 'verifying']);
    const percents = seen.flatMap(({ percent }) => (percent === undefined ? [] : [percent]));
    expect(percents.at(0)).toBe(0);
    expect(percents.at(-1)).toBe(100);
    expect(percents).toEqual([...new Set(percents)].sort((a, b) => a - b));
  });

  it('is never held whole: a piece is read when the one before is on its way', async () => {
    const gate = Promise.withResolvers<void>();
    let read = 0;
    const artifact = createTestArtifact(large, {
      async *open() {
        for (let at = 0; at < large.length; at += 65_536) {
          read++;
          yield large.subarray(at, at + 65_536);
        }
      },
    });
    const { context } = contextFor();
    const tcp = {
      connect: async (...args: Parameters<typeof context.tcp.connect>): Promise<TcpConnection> => {
        const connection = await context.tcp.connect(...args);
        return {
          read: (signal) => connection.read(signal),
          write: async (bytes, signal) => {
            if (Buffer.from(bytes).toString('latin1', 0, 4) === 'DATA') await gate.promise;
            await connection.write(bytes, signal);
          },
          [Symbol.asyncDispose]: () => connection[Symbol.asyncDispose](),
        };
      },
    };
    const installing = install(artifact, { tcp });
    await expect.poll(() => simulator.asked.includes('sync:')).toBe(true);
    await expect.poll(() => read).toBe(1);
    await clock.wait(2_000);
    expect(read).toBe(1);
    gate.resolve();
    expect(await installing).toEqual({ version: '8' });
    expect(read).toBe(Math.ceil(large.length / 65_536));
  });

  it('is no firmware, and has the id of a package for a name', async () => {
    for (const over of [{ kind: 'firmware' }, { name: 'Anatomy 7' }, { name: 'a.b;reboot' }] as const) {
      await expect(install(createTestArtifact(app, over))).rejects.toMatchObject({ code: 'unsupported' });
    }
    expect(simulator.asked).not.toContain('sync:');
  });

  it.each([app.length - 1, app.length + 1])(
    'of another size than its release says never gets there: %i bytes',
    async (sizeBytes) => {
      await expect(install(createTestArtifact(app, { sizeBytes }))).rejects.toMatchObject({ code: 'protocol' });
      expect(simulator.android.files.size).toBe(0);
      expect(simulator.android.packages.has('org.example.anatomy')).toBe(false);
    },
  );

  it('that the headset does not take leaves nothing behind', async () => {
    const broken = createTestArtifact(Buffer.from('PK no package'));
    await expect(install(broken)).rejects.toThrow(/INSTALL_PARSE_FAILED_NOT_APK/);
    expect(simulator.android.files.size).toBe(0);
  });

  it('counts only under its name, with its version, and by the list of the headset', async () => {
    const effect = { code: 'no-effect' };
    await expect(install(createTestArtifact(app, { name: 'org.example.other' }))).rejects.toMatchObject(effect);
    await expect(install(createTestArtifact(app, { version: '8' }))).rejects.toMatchObject(effect);
    simulator.android.packages.clear();
    simulator.android.ignores.add('install');
    await expect(install(createTestArtifact(app))).rejects.toMatchObject(effect);
  });

  it('that is cut off on its way is taken away again', async () => {
    const stop = new AbortController();
    const artifact = createTestArtifact(large, {
      async *open() {
        yield large.subarray(0, 65_536);
        stop.abort(new Error('the window has closed'));
        yield large.subarray(65_536);
      },
    });
    await expect(install(artifact, {}, () => {}, stop.signal)).rejects.toThrow(/window has closed/);
    expect(simulator.asked.at(-1)).toContain('shell:rm -f');
    expect(simulator.android.files.size).toBe(0);
  });
});

describe('apps of a headset', () => {
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
