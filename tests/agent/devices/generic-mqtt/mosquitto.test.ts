import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { afterEach, describe, expect, it } from 'vitest';
import { genericMqtt } from '../../../../agent/devices/generic-mqtt/index.ts';
import { Discovery } from '../../../../agent/discovery/discovery.ts';
import { Welcome } from '../../../../agent/discovery/welcome.ts';
import { createLocalBroker } from '../../../../agent/platform/local-broker.ts';
import { silentLog } from '../../../../protocols/ports.ts';
import { createFastClock } from '../../../support/clock.ts';
import { createTestContext } from '../../../support/driver-context.ts';
import { createRuntimeBench } from '../../../support/scripted-driver.ts';

const [sub, pub] = ['/usr/bin/mosquitto_sub', '/usr/bin/mosquitto_pub'];
const hasMosquitto = existsSync(sub) && existsSync(pub);
/** As root they run as nobody. */
const nobody = process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : {};
const environment = { cwd: '/', env: { PATH: '/usr/bin:/bin', HOME: '/nonexistent' }, ...nobody };

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const clean of cleanups.splice(0).reverse()) await clean();
});

const credentials = { username: 'plug', password: 'a password with spaces' };

/** The agent's broker, and a connection of the driver that waits for its device. */
async function startAgent() {
  const clock = createFastClock(5);
  const policy = { allow: ['127.0.0.0/8'], deny: [], ports: [], broadcast: false };
  const broker = createLocalBroker({ host: '127.0.0.1', port: 0, policy, clock, log: silentLog });
  cleanups.push(() => broker[Symbol.asyncDispose]());
  const test = createTestContext({
    family: genericMqtt.family,
    settings: genericMqtt.settings.parse({ dialect: 'tasmota', topic: 'plug' }),
    clock,
    credentials,
    broker,
  });
  cleanups.push(() => test.stop());
  const seat = await broker.admit({ username: 'probe', password: 'probe', publish: [], subscribe: [] });
  const { port } = await seat.addressFor('127.0.0.1');
  const identity = ['-h', '127.0.0.1', '-p', String(port), '-u', credentials.username, '-P', credentials.password];
  const say = async (leaf: string, payload: string, ...more: string[]) =>
    void (await promisify(execFile)(pub, [...identity, '-t', leaf, '-m', payload, ...more], environment));
  return { test, identity, port, say };
}

/** A plug whose connection is Mosquitto's: what it hears comes from `mosquitto_sub`, what it says goes by `mosquitto_pub`. */
function startPlug({ identity, say }: Awaited<ReturnType<typeof startAgent>>) {
  const will = ['--will-topic', 'tele/plug/LWT', '--will-payload', 'Offline', '--will-retain'];
  const child = spawn(sub, [...identity, '-i', 'DVES_PLUG', '-v', '-t', 'cmnd/plug/#', '-k', '10', ...will], {
    ...environment,
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  cleanups.push(() => end(child));
  const plug = { power: 'ON', heard: [] as string[], child };
  const state = () => JSON.stringify({ UptimeSec: 600, POWER: plug.power });
  const sensors = '{"StatusSNS":{"ENERGY":{"Total":1.5,"Power":32,"Voltage":231,"Current":0.148}}}';
  const answers: Readonly<Record<string, () => Promise<void>>> = {
    'cmnd/plug/STATUS 0': async () => {
      await say('stat/plug/STATUS2', '{"StatusFWR":{"Version":"13.1.0(tasmota)"}}', '-q', '1');
      await say('stat/plug/STATUS11', `{"StatusSTS":${state()}}`, '-q', '2');
    },
    'cmnd/plug/STATUS 8': () => say('stat/plug/STATUS8', sensors),
    'cmnd/plug/STATE (null)': () => say('stat/plug/RESULT', state()),
    'cmnd/plug/STATE ': () => say('stat/plug/RESULT', state()),
    'cmnd/plug/POWER1 OFF': async () => {
      plug.power = 'OFF';
      await say('stat/plug/RESULT', '{"POWER":"OFF"}');
    },
  };
  createInterface({ input: child.stdout }).on('line', (line) => {
    plug.heard.push(line);
    // A device that is being taken down may find the broker gone.
    answers[line]?.().catch(() => undefined);
  });
  return plug;
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill('SIGKILL');
  await ended;
}

describe.runIf(hasMosquitto)("Debian's Mosquitto clients as a device", () => {
  it('is read, switched, and missed when it is killed', async () => {
    const agent = await startAgent();
    const { test, say } = agent;
    const connecting = genericMqtt.connect(test.context);
    const plug = startPlug(agent);
    await say('tele/plug/LWT', 'Online', '-r', '-q', '1');
    await using session = await connecting;
    expect(test.reporter.last('power')).toEqual({ state: 'on' });
    expect(test.reporter.descriptors.at(-1)).toMatchObject({ firmware: '13.1.0(tasmota)' });

    await session.poll(test.context.signal);
    expect(test.reporter.samples.at(-1)).toMatchObject({ 'energy.power': 32, 'energy.total': 1.5 });

    const command = { id: '1', capability: 'power', name: 'off', args: {} } as const;
    expect(await session.execute(command, test.context.signal)).toEqual({ state: 'off' });
    expect(plug.heard).toContain('cmnd/plug/POWER1 OFF');
    expect(test.reporter.last('power')).toEqual({ state: 'off' });

    await end(plug.child);
    await expect
      .poll(() => session.poll(test.context.signal).catch((error: { code?: unknown }) => error.code))
      .toBe('unreachable');
  });

  it('is told what it may not do', async () => {
    const { test, identity, port } = await startAgent();
    const connecting = genericMqtt.connect(test.context).catch((error: { code?: unknown }) => error.code);
    const run = (file: string, args: readonly string[]) =>
      promisify(execFile)(file, args, environment).then(
        ({ stderr }) => ({ code: 0, stderr }),
        ({ code, stderr }: { code: number; stderr: string }) => ({ code, stderr }),
      );
    const denied = await run(sub, [...identity, '-t', 'tele/#', '-t', '#', '-W', '5']);
    expect(denied.stderr).toMatch(/denied/);
    const wrong = ['-h', '127.0.0.1', '-p', String(port), '-u', 'plug', '-P', 'guessed', '-t', 'tele/plug/LWT'];
    expect(await run(pub, [...wrong, '-m', 'Online'])).toMatchObject({
      code: 4,
      stderr: expect.stringMatching(/bad user name or password/i),
    });
    // MQTT 5 is refused, not misread.
    expect((await run(pub, [...identity, '-V', 'mqttv5', '-t', 'tele/plug/LWT', '-m', 'Online'])).code).not.toBe(0);
    expect(await connecting).toBe('authentication');
  });

  it('is proposed when it signs in as a new device, once, and not when it was refused or adopted', async () => {
    const clock = createFastClock(5);
    const policy = { allow: ['127.0.0.0/8'], deny: [], ports: [], broadcast: false };
    const announcementTopics = genericMqtt.traces?.topics ?? [];
    const options = { host: '127.0.0.1', port: 0, policy, clock, log: silentLog, announcementTopics };
    await using broker = createLocalBroker(options);
    const { announcements } = broker;
    const welcome = { username: 'new', password: 'welcome to school' };
    await using door = new Welcome({ broker, credentials: welcome, clock, log: silentLog });
    door.start();
    const bench = createRuntimeBench();
    const known = {
      devices: [] as { family: string; settings: Record<string, unknown> }[],
      refused: new Set(['zigbee 0x00158d0001abcdef']),
    };
    await using discovery = new Discovery({
      drivers: [genericMqtt],
      policy: { enabled: true, targets: [], ranges: [], communities: [], broadcast: false, intervalMs: 86_400_000 },
      network: bench.ports.network,
      clock,
      log: silentLog,
      sink: bench.ports.sink,
      known: () => known,
      random: () => 1,
      announcements,
    });
    discovery.start();
    const seat = await broker.admit({ username: 'probe', password: 'probe', publish: [], subscribe: [] });
    const { port } = await seat.addressFor('127.0.0.1');
    const identity = ['-h', '127.0.0.1', '-p', String(port), '-u', welcome.username, '-P', welcome.password];
    const say = (topic: string, payload: string) =>
      promisify(execFile)(pub, [...identity, '-r', '-q', '1', '-t', topic, '-m', payload], environment);
    const tasmota = { t: 'fan', ft: '%prefix%/%topic%/', dn: 'Quạt', mac: 'B4E62D14BE5A', rl: [1] };
    await say('tasmota/discovery/B4E62D14BE5A/config', JSON.stringify(tasmota));
    await say('tele/fan/LWT', 'Online');
    const proposed = () => bench.records.flatMap(({ body }) => (body.kind === 'proposal' ? [body] : []));
    await expect.poll(() => proposed().length, { timeout: 10_000 }).toBe(1);
    expect(proposed()[0]).toMatchObject({
      key: 'b4:e6:2d:14:be:5a',
      name: 'Quạt',
      address: { host: '127.0.0.1' },
      settings: { dialect: 'tasmota', topic: 'fan' },
    });

    // One of the bridge's devices was refused, the other is adopted and has no address; hostile ones come between.
    known.devices.push({ family: 'generic-mqtt', settings: { dialect: 'zigbee2mqtt', topic: 'cua' } });
    const joined = [
      { ieee_address: '0x00158d0001abcdef', friendly_name: 'o-cam' },
      { ieee_address: '0x00158d0002abcdef', friendly_name: 'cua' },
      { ieee_address: '0x00158d0003abcdef', friendly_name: 'den' },
    ];
    await say('tasmota/discovery/00/config', '{"t":"#"');
    await say('homeassistant/switch/evil/config', JSON.stringify({ command_topic: '#' }));
    await say('zigbee2mqtt/bridge/devices', JSON.stringify(joined));
    await expect.poll(() => proposed().map(({ name }) => name), { timeout: 10_000 }).toEqual(['Quạt', 'den']);

    // A new device hears nothing, and says nothing to any driver.
    const { stderr } = await promisify(execFile)(sub, [...identity, '-t', '#', '-W', '1'], environment).catch(
      (thrown: { stderr: string }) => thrown,
    );
    expect(stderr).toMatch(/denied/);
  });
});
