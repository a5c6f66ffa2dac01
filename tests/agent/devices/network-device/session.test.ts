import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import { networkDevice } from '../../../../agent/devices/network-device/index.ts';
import { createNetwork } from '../../../../agent/platform/create-network.ts';
import { silentLog } from '../../../../protocols/ports.ts';
import { NetworkDeviceSimulator } from '../../../simulators/network-device/index.ts';
import type { Kind } from '../../../simulators/network-device/objects.ts';
import { createFastClock, type FastClock } from '../../../support/clock.ts';
import { createTestContext } from '../../../support/driver-context.ts';

function contextFor(simulator: NetworkDeviceSimulator, clock: FastClock, settings: object = {}) {
  return createTestContext({
    family: networkDevice.family,
    settings: networkDevice.settings.parse(settings),
    clock,
    address: simulator.address,
    credentials: { password: 'school-read' },
  });
}

async function start(kind: Kind) {
  const clock = createFastClock(10);
  const simulator = await NetworkDeviceSimulator.start(clock, kind);
  return { clock, simulator, test: contextFor(simulator, clock) };
}

describe('session of a switch', () => {
  it('tells who it is, its ports without VLANs, its power, and rates from the second poll on', async () => {
    const { simulator, test, clock } = await start('switch');
    await using _ = simulator;
    await using session = await networkDevice.connect(test.context);
    expect(test.reporter.descriptors).toEqual([
      {
        family: 'network-device',
        vendor: 'cisco',
        model: 'WS-C2960-8TC-L',
        serial: 'FOC1010X104',
        firmware: '12.2(55)SE12',
        capabilities: { identity: { commands: [] }, ports: { commands: [] } },
      },
    ]);
    const state = test.reporter.last('ports') as { ports: unknown[]; powered: unknown[] };
    expect(state.ports).toHaveLength(6);
    expect(state.ports[0]).toEqual({
      id: '10101',
      name: 'Gi1/0/1',
      alias: 'Phòng máy',
      up: true,
      enabled: true,
      speedMbps: 1_000,
    });
    expect(state.ports[3]).toEqual({ id: '10104', name: 'Gi1/0/4', up: false, enabled: true });
    expect(state.powered[2]).toEqual({ id: '1.3', state: 'delivering' });
    expect(test.reporter.samples).toEqual([{ 'ports.up': 3, 'ports.power': 6 }]);

    await clock.wait(2_000);
    const [port] = simulator.equipment.ports;
    if (port) port.octetsIn += 1_000_000n;
    await session.poll(test.context.signal);
    const samples = test.reporter.samples.at(-1) ?? {};
    expect(samples['ports.received@10101']).toBeGreaterThan(1_000);
    expect(samples['ports.received@10101']).toBeLessThan(500_000);
    expect(samples['ports.sent@10101']).toBe(0);

    if (port) Object.assign(port, { octetsIn: 0n, isUp: false });
    await clock.wait(2_000);
    await session.poll(test.context.signal);
    // A counter of 64 bits never wraps: it was set to zero.
    expect(test.reporter.samples.at(-1)).not.toHaveProperty('ports.received@10101');
    expect(test.reporter.events).toEqual([
      { capability: 'ports', name: 'link', severity: 'info', data: { port: 'Gi1/0/1', up: false } },
    ]);
  });

  it('is what the settings say', async () => {
    const { simulator, clock } = await start('switch');
    await using _ = simulator;
    const test = contextFor(simulator, clock, { kind: 'ups' });
    await using session = await networkDevice.connect(test.context);
    expect(session.pollIntervalMs).toBe(60_000);
    expect(test.reporter.last('ups')).toEqual({ source: 'unknown', battery: 'unknown' });
  });
});

describe('sessions of a printer and a UPS', () => {
  it('tell an alert when it comes and when it goes', async () => {
    const { simulator, test } = await start('printer');
    await using _ = simulator;
    await using session = await networkDevice.connect(test.context);
    simulator.equipment.printerErrors = 0x04;
    await session.poll(test.context.signal);
    simulator.equipment.printerErrors = 0x20;
    await session.poll(test.context.signal);
    expect(test.reporter.events.map(({ data, severity }) => [data['alert'], data['active'], severity])).toEqual([
      ['jammed', true, 'warning'],
      ['low-toner', true, 'warning'],
      ['jammed', false, 'info'],
    ]);
  });

  it('cry when the mains are gone', async () => {
    const { simulator, test } = await start('ups');
    await using _ = simulator;
    await using session = await networkDevice.connect(test.context);
    simulator.equipment.source = 5;
    await session.poll(test.context.signal);
    expect(test.reporter.events).toEqual([
      { capability: 'ups', name: 'source', severity: 'critical', data: { from: 'mains', to: 'battery' } },
    ]);
  });
});

describe('hostile answers', () => {
  /** Passes questions on to a true device, and its answers through `twist`. */
  async function between(kind: Kind, clock: FastClock, twist: (answer: Buffer) => Buffer) {
    const truth = await NetworkDeviceSimulator.start(clock, kind, 'public');
    const front = createSocket('udp4').bind(0, '127.0.0.1');
    const back = createSocket('udp4').bind(0, '127.0.0.1');
    await Promise.all([once(front, 'listening'), once(back, 'listening')]);
    let asker = { port: 0, address: '127.0.0.1' };
    let questions = 0;
    front.on('message', (bytes, from) => {
      questions++;
      asker = from;
      back.send(bytes, truth.address.port, truth.address.host);
    });
    back.on('message', (answer) => front.send(twist(answer), asker.port, asker.address));
    return {
      address: { host: '127.0.0.1', port: front.address().port },
      questions: () => questions,
      [Symbol.asyncDispose]: async () => {
        for (const socket of [front, back]) await new Promise<void>((resolve) => socket.close(() => resolve()));
        await truth[Symbol.asyncDispose]();
      },
    };
  }

  it('with any byte changed end in a verdict, and leave nothing behind', async () => {
    const clock = createFastClock(200);
    let turn = 0;
    await using middle = await between('ups', clock, (answer) => {
      const bytes = Buffer.from(answer);
      const at = (turn++ * 7) % bytes.length;
      bytes[at] = (bytes[at] ?? 0) ^ (1 << (turn % 8));
      return bytes;
    });
    for (let round = 0; round < 60; round++) {
      const settings = networkDevice.settings.parse({ kind: 'ups' });
      const test = createTestContext({ family: networkDevice.family, settings, clock, address: middle.address });
      const outcome = await networkDevice.connect(test.context).then(
        () => 'connected',
        (thrown: { readonly code?: string }) => thrown.code,
      );
      expect(['connected', 'timeout', 'protocol', 'device-fault', 'unavailable', 'authentication']).toContain(outcome);
      expect(test.openSockets()).toBe(0);
    }
    expect(clock.pending).toBe(0);
  });

  it('that repeat one object for ever never lengthen a table', async () => {
    const clock = createFastClock(50);
    // Every port's objects become those of the first, 10101: its last two bytes are CE 75.
    await using middle = await between('switch', clock, (answer) => {
      const bytes = Buffer.from(answer);
      for (let port = 2; port <= 6; port++) {
        const wanted = Buffer.from([0xce, 0x74 + port]);
        for (let at = bytes.indexOf(wanted); at >= 0; at = bytes.indexOf(wanted, at + 1)) bytes[at + 1] = 0x75;
      }
      return bytes;
    });
    const settings = networkDevice.settings.parse({ kind: 'switch' });
    const test = createTestContext({ family: networkDevice.family, settings, clock, address: middle.address });
    await using _ = await networkDevice.connect(test.context);
    expect(test.reporter.last('ports')).toMatchObject({ ports: [{ id: '10101' }] });
    expect(middle.questions()).toBeLessThan(20);
  });
});

describe('the socket of the library', () => {
  it('obeys the network policy of the agent', async () => {
    const { simulator, clock } = await start('switch');
    await using _ = simulator;
    const policy = { allow: ['127.0.0.0/8'], deny: ['127.0.0.1'], ports: [], broadcast: false };
    const test = createTestContext({
      family: networkDevice.family,
      settings: networkDevice.settings.parse({}),
      clock,
      address: simulator.address,
      network: createNetwork({ policy, clock, log: silentLog }),
    });
    await expect(networkDevice.connect(test.context)).rejects.toMatchObject({ code: 'address-not-allowed' });
    expect(test.openSockets()).toBe(0);
    expect(clock.pending).toBe(0);
  });

  it('hears nobody but the device', async () => {
    const clock = createFastClock(10);
    const device = createSocket('udp4').bind(0, '127.0.0.1');
    const stranger = createSocket('udp4').bind(0, '127.0.0.1');
    await Promise.all([once(device, 'listening'), once(stranger, 'listening')]);
    await using truth = await NetworkDeviceSimulator.start(clock, 'ups', 'public');
    // Each question goes on to a true device, whose answers come back from another port than was asked.
    device.on('message', (bytes, from) => {
      stranger.once('message', (answer) => stranger.send(answer, from.port, from.address));
      stranger.send(bytes, truth.address.port, truth.address.host);
    });
    const address = { host: '127.0.0.1', port: device.address().port };
    const settings = networkDevice.settings.parse({});
    const test = createTestContext({ family: networkDevice.family, settings, clock, address });
    await expect(networkDevice.connect(test.context)).rejects.toMatchObject({ code: 'timeout' });
    expect(test.reporter.descriptors).toEqual([]);
    for (const socket of [device, stranger]) await new Promise<void>((resolve) => socket.close(() => resolve()));
  });
});
