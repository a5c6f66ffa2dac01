import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Driver, DriverSession } from '../../../../agent/devices/driver.ts';
import { rfidGate } from '../../../../agent/devices/rfid-gate/index.ts';
import type { CapabilityName } from '../../../../protocols/fleet/capabilities/index.ts';
import { ReaderSimulator } from '../../../simulators/rfid-gate/index.ts';
import { LibrarySimulator } from '../../../simulators/rfid-gate/library.ts';
import { createFastClock, type FastClock } from '../../../support/clock.ts';
import { createTestContext, type TestContext } from '../../../support/driver-context.ts';

const afi = { by: 'afi', inStock: [0x07], onLoan: [0xc2] };
const inStock = 0x3107;
const onLoan = 0x31c2;
const epc = (last: number) => `300833b2ddd90140000000${last.toString(16).padStart(2, '0')}`;

const driver: Driver = rfidGate;

let clock: FastClock;
let reader: ReaderSimulator;
let library: LibrarySimulator;
let test: TestContext<unknown>;

beforeEach(async () => {
  clock = createFastClock(10);
  reader = await ReaderSimulator.start({ clock });
  library = await LibrarySimulator.start({ clock, login: { username: 'gate', password: 'secret' } });
});
afterEach(async () => {
  test.stop();
  await reader[Symbol.asyncDispose]();
  await library[Symbol.asyncDispose]();
  expect([test.openSockets(), clock.pending, reader.violations]).toEqual([0, 0, []]);
});

function configure(settings: Readonly<Record<string, unknown>>, credentials?: { username: string; password: string }) {
  test = createTestContext({
    family: rfidGate.family,
    settings: rfidGate.settings.parse(settings),
    clock,
    address: reader.address,
    ...(credentials ? { credentials } : {}),
  });
}

async function open(settings: Readonly<Record<string, unknown>>, credentials?: { username: string; password: string }) {
  configure(settings, credentials);
  return await driver.connect(test.context);
}

const asking = () => ({
  security: { by: 'library' },
  item: { by: 'epc' },
  library: { host: '127.0.0.1', port: library.address.port },
  output: { port: 2, seconds: 1 },
});
const credentials = { username: 'gate', password: 'secret' };

const eventually = (isTrue: () => boolean) => expect.poll(isTrue, { timeout: 3_000, interval: 5 }).toBe(true);
const events = (name: string) => test.reporter.events.filter((event) => event.name === name);
const state = (capability: CapabilityName) => test.reporter.last(capability);
/** A poll also proves that everything that the reader sent before has been taken. */
async function poll(session: DriverSession) {
  await session.poll(test.context.signal);
  return test.reporter.samples.at(-1) ?? {};
}
const command = (session: DriverSession, name: string, args = {}) =>
  session.execute({ id: 'c1', capability: 'gate', name, args }, test.context.signal);

describe('the life of a connection', () => {
  it('goes in the order of the standard', async () => {
    await using session = await open({ security: afi, inputs: [{ port: 3, counts: 'people' }], output: { port: 2 } });
    await poll(session);
    // capabilities, id; events, input 3, siren off and read back; forget all; enable events; add, enable, start; antennas.
    expect(reader.types).toEqual([1, 2, 3, 3, 3, 2, 21, 64, 20, 24, 22, 2]);
    expect(reader.received.every(({ version }) => version === 1)).toBe(true);
    expect(reader.received[6]?.value.toString('hex')).toBe('00000000');
    expect([...reader.enabledEvents].sort()).toEqual([1, 2, 3, 4, 8]);
    expect([...reader.enabledInputs]).toEqual([3]);
    expect([...reader.roSpecs.values()].map((spec) => spec.state)).toEqual([2]);
    expect(test.reporter.descriptors.at(-1)).toMatchObject({
      family: 'rfid-gate',
      vendor: 'Impinj',
      model: '2001002',
      firmware: '5.14.0.240',
      macs: ['00:16:25:11:22:33'],
      capabilities: { gate: { commands: ['silence', 'testAlarm'] }, tagreader: { commands: [] } },
    });
  });

  it('takes leave, so that the next client is served at once', async () => {
    const session = await open({});
    await session[Symbol.asyncDispose]();
    expect(reader.types.at(-1)).toBe(14);
    await expect.poll(() => reader.connections).toBe(0);
    await using again = await driver.connect(test.context);
    await poll(again);
  });

  it('forgets what others left at the reader', async () => {
    reader.roSpecs.set(77, { state: 2, spec: Buffer.alloc(0) });
    await using session = await open({});
    await poll(session);
    expect(reader.roSpecs.has(77)).toBe(false);
  });

  it('is refused while another client holds the reader', async () => {
    const session = await open({});
    const first = test;
    await expect(open({})).rejects.toMatchObject({ name: 'DeviceError', code: 'busy' });
    expect(test.openSockets()).toBe(0);
    await poll(session);
    await session[Symbol.asyncDispose]();
    expect(first.openSockets()).toBe(0);
  });

  it('acknowledges every keepalive, also three in one segment with others', async () => {
    await using session = await open({ keepaliveSeconds: 2 });
    const keepalive = Buffer.from('043e0000000a0000044d', 'hex');
    reader.sendRaw(Buffer.concat([keepalive, keepalive, keepalive]));
    await eventually(() => reader.keepalivesAcknowledged >= 3);
    await clock.wait(7_000);
    await poll(session);
    expect(reader.keepalivesSent).toBeGreaterThanOrEqual(3);
    expect(reader.keepalivesAcknowledged).toBe(reader.keepalivesSent + 3);
  });

  it('is given up after 2.5 keepalives of silence', async () => {
    await using session = await open({ keepaliveSeconds: 4 });
    await reader.setFault('silence');
    const startedAt = clock.mono();
    await clock.wait(9_000);
    // The socket still stands; nothing was asked meanwhile.
    expect(test.openSockets()).toBe(1);
    await clock.wait(2_000);
    await expect(session.poll(test.context.signal)).rejects.toMatchObject({ code: 'timeout' });
    // It was known before: the poll did not wait for an answer.
    expect(clock.mono() - startedAt).toBeLessThan(14_000);
  });

  it('ends when the reader says so', async () => {
    await using session = await open({});
    reader.sayClosing();
    await clock.wait(200);
    await expect(session.poll(test.context.signal)).rejects.toMatchObject({ code: 'connection-lost' });
  });

  it('survives a message that makes no sense, and not ten in a row', async () => {
    await using session = await open({});
    const nonsense = Buffer.from('043d0000000f0000000100f0000500', 'hex');
    reader.sendRaw(nonsense);
    await poll(session);
    reader.sendRaw(Buffer.concat(Array(10).fill(nonsense)));
    await clock.wait(200);
    await expect(session.poll(test.context.signal)).rejects.toMatchObject({ code: 'protocol' });
  });
});

describe('versions', () => {
  it('are agreed upon where both know 1.1', async () => {
    await reader[Symbol.asyncDispose]();
    reader = await ReaderSimulator.start({ clock, newestVersion: 2 });
    await using session = await open({ version: '1.1' });
    await poll(session);
    expect(reader.received.slice(0, 2).map(({ version, type }) => [version, type])).toEqual([
      [2, 46],
      [2, 47],
    ]);
    expect(reader.received.slice(2).every(({ version }) => version === 2)).toBe(true);
    reader.see({ epc: epc(1) });
    expect(await poll(session)).toMatchObject({ 'gate.passes': 1 });
  });

  it('stay at 1.0.1 where the reader knows nothing else', async () => {
    await using session = await open({ version: '1.1' });
    await poll(session);
    expect(reader.types[0]).toBe(46);
    expect(reader.received.slice(1).every(({ version }) => version === 1)).toBe(true);
  });
});

describe('a reader that lacks something', () => {
  it('goes without the events that it does not know', async () => {
    reader.lacksEvents.add(8);
    await using session = await open({});
    await poll(session);
    expect([...reader.enabledEvents].sort()).toEqual([1, 2, 3, 4]);
  });

  it('is not taken for a counter when it cannot tell its inputs', async () => {
    reader.lacksEvents.add(1);
    await expect(open({ inputs: [{ port: 1, counts: 'people' }] })).rejects.toMatchObject({ code: 'device-fault' });
  });

  it('is asked for something else when it cannot tell its antennas', async () => {
    reader.lacks.add(202);
    await using session = await open({ antennas: [1, 2] });
    await poll(session);
    await poll(session);
    const unknown = [1, 2].map((id) => ({ id, state: 'unknown' }));
    expect(state('tagreader')).toEqual({ antennas: unknown });
    reader.setAntenna(2, true);
    await poll(session);
    expect(state('tagreader')).toEqual({ antennas: [unknown[0], { id: 2, state: 'connected' }] });
  });

  it('is told apart from one that has no such output', async () => {
    await expect(open({ output: { port: 9 } })).rejects.toMatchObject({ code: 'device-fault' });
    expect(test.openSockets()).toBe(0);
  });

  it('reads again what it has ended by itself', async () => {
    await using session = await open({});
    await poll(session);
    expect(state('gate')).toMatchObject({ reading: true });
    reader.endRoSpecs();
    await eventually(() => state('gate')?.['reading'] === false);
    await poll(session);
    expect(state('gate')).toMatchObject({ reading: true });
    expect([...reader.roSpecs.values()].map((spec) => spec.state)).toEqual([2]);
  });
});

describe('a gate that looks at the AFI', () => {
  const settings = { security: afi, item: { by: 'epc' }, output: { port: 2, seconds: 1 }, departSeconds: 2 };

  it('sounds for what is in stock, once, and is silent again', async () => {
    await using session = await open(settings);
    reader.see({ epc: epc(1), pc: onLoan }, { epc: epc(2), pc: inStock });
    reader.see({ epc: epc(2), pc: inStock });
    await eventually(() => state('gate')?.['alarmOutput'] === true);
    expect(reader.outputs.get(2)).toBe(true);
    expect(state('gate')).toMatchObject({ lastAlarmAt: expect.any(Number) });
    await eventually(() => reader.outputs.get(2) === false);
    expect(await poll(session)).toMatchObject({ 'gate.passes': 2, 'gate.alarms': 1, 'tagreader.present': 2 });
    expect(events('alarm')).toEqual([
      {
        capability: 'gate',
        name: 'alarm',
        severity: 'critical',
        data: { item: epc(2).toUpperCase(), reason: 'in-stock' },
      },
    ]);
    const sounded = reader.switched.slice(1);
    expect(sounded.map(({ on }) => on)).toEqual([true, false]);
    expect((sounded[1]?.atMs ?? 0) - (sounded[0]?.atMs ?? 0)).toBeGreaterThanOrEqual(990);
    await eventually(() => state('gate')?.['alarmOutput'] === false);
  });

  it('sounds again when the item has left and comes back, and counts both', async () => {
    await using session = await open(settings);
    reader.see({ epc: epc(2), pc: inStock });
    await poll(session);
    await clock.wait(2_500);
    reader.see({ epc: epc(2), pc: inStock });
    expect(await poll(session)).toMatchObject({ 'gate.passes': 2, 'gate.alarms': 2, 'tagreader.departed': 1 });
  });

  it('keeps its counts over a lost connection, and alarms no second time for what stays in the field', async () => {
    {
      await using session = await open({ ...settings, departSeconds: 60 });
      reader.see({ epc: epc(2), pc: inStock }, { epc: epc(3), pc: onLoan });
      await poll(session);
      await reader.setFault('reboot');
      await reader.setFault(undefined);
    }
    await using session = await driver.connect(test.context);
    reader.see({ epc: epc(2), pc: inStock });
    expect(await poll(session)).toMatchObject({ 'gate.passes': 2, 'gate.alarms': 1 });
    expect(events('alarm')).toHaveLength(1);
  });

  it('does not sound for what an earlier ROSpec saw', async () => {
    await using session = await open(settings);
    reader.see({ epc: epc(2), pc: inStock, roSpec: 1 });
    expect(await poll(session)).toMatchObject({ 'gate.passes': 0, 'gate.alarms': 0 });
  });

  it('calls a tag without AFI unknown, and tells no id', async () => {
    await using session = await open(settings);
    reader.see({ epc: epc(4), pc: 0x3000 });
    expect(await poll(session)).toMatchObject({ 'gate.alarms': 0, 'gate.unknownItems': 1 });
    expect(events('unknownItem').map(({ data }) => data)).toEqual([{ reason: 'no-afi' }]);
  });

  it('alarms for the unknown where that is wanted', async () => {
    await using session = await open({ ...settings, unknownItem: 'alarm', tellUnknownItems: true });
    reader.see({ epc: epc(4), pc: 0x3000 });
    expect(await poll(session)).toMatchObject({ 'gate.alarms': 1, 'gate.unknownItems': 1 });
    expect(events('alarm').map(({ data }) => data)).toEqual([{ item: epc(4).toUpperCase(), reason: 'unknown-item' }]);
  });

  it('makes no noise while it is silenced, and still tells', async () => {
    await using session = await open(settings);
    await command(session, 'silence', { minutes: 1 });
    reader.see({ epc: epc(2), pc: inStock });
    expect(await poll(session)).toMatchObject({ 'gate.alarms': 1 });
    expect(reader.switched.some(({ on }) => on)).toBe(false);
    await command(session, 'silence');
    expect(state('gate')).not.toHaveProperty('silencedUntil');
    reader.see({ epc: epc(5), pc: inStock });
    await eventually(() => reader.outputs.get(2) === true);
    // Silenced in the middle of its sound.
    await command(session, 'silence');
    expect(reader.outputs.get(2)).toBe(false);
  });

  it('makes one longer sound of two alarms', async () => {
    await using _session = await open(settings);
    reader.see({ epc: epc(2), pc: inStock });
    await clock.wait(600);
    reader.see({ epc: epc(5), pc: inStock });
    await eventually(() => reader.switched.length === 3);
    const [on, off] = reader.switched.slice(1);
    expect((off?.atMs ?? 0) - (on?.atMs ?? 0)).toBeGreaterThanOrEqual(1_500);
  });

  it('switches the siren off when the session ends', async () => {
    const session = await open({ ...settings, output: { port: 2, seconds: 30 } });
    reader.see({ epc: epc(2), pc: inStock });
    await eventually(() => reader.outputs.get(2) === true);
    await session[Symbol.asyncDispose]();
    expect(reader.outputs.get(2)).toBe(false);
  });

  it('says that the siren does not obey', async () => {
    await using session = await open(settings);
    reader.stuckOutputs.add(2);
    await expect(command(session, 'testAlarm')).rejects.toMatchObject({ code: 'no-effect' });
    reader.see({ epc: epc(2), pc: inStock });
    await eventually(() => events('outputFailed').length === 1);
    expect(events('outputFailed')[0]?.severity).toBe('critical');
    expect(await poll(session)).toMatchObject({ 'gate.alarms': 1 });
  });

  it('drives an output that is on while it is silent', async () => {
    await using session = await open({ ...settings, output: { port: 2, activeHigh: false, seconds: 1 } });
    expect(reader.outputs.get(2)).toBe(true);
    await command(session, 'testAlarm');
    expect(reader.switched.map(({ on }) => on)).toEqual([true, false, true]);
  });

  it('tells at most 60 events in a minute, and counts on', async () => {
    await using session = await open({ ...settings, output: undefined });
    for (let tag = 0; tag < 100; tag++) reader.see({ epc: epc(tag), pc: inStock });
    expect(await poll(session)).toMatchObject({ 'gate.alarms': 100 });
    expect(events('alarm')).toHaveLength(60);
  });
});

describe('a gate that asks the library', () => {
  beforeEach(() => {
    library.items.set(epc(1).toUpperCase(), { circulation: '04', title: 'Dế Mèn phiêu lưu ký', due: '20261207' });
    library.items.set(epc(2).toUpperCase(), { circulation: '03', title: 'Truyện Kiều' });
  });
  const ready = () => eventually(() => state('gate')?.['lookup'] === 'ready');

  it('lets pass what is lent and sounds for what is not', async () => {
    await using session = await open(asking(), credentials);
    await poll(session);
    await ready();
    reader.see({ epc: epc(1) }, { epc: epc(2) }, { epc: epc(3) });
    await eventually(() => reader.outputs.get(2) === true);
    await eventually(() => events('unknownItem').length === 1);
    expect(await poll(session)).toMatchObject({
      'gate.passes': 3,
      'gate.alarms': 1,
      'gate.unknownItems': 1,
      'gate.undecided': 0,
    });
    expect(events('alarm').map(({ data }) => data)).toEqual([{ item: epc(2).toUpperCase(), reason: 'available' }]);
    expect(events('unknownItem').map(({ data }) => data)).toEqual([{ reason: 'not-in-library' }]);
    // One connection, and nothing that lends or returns.
    expect(new Set(library.codes)).toEqual(new Set(['93', '99', '17']));
    expect(library.connections).toBe(1);
    // Nothing of a title or a reader goes out.
    expect(JSON.stringify(test.reporter)).not.toMatch(/Kiều|Mèn/);
  });

  it('lets everything pass in silence while the library does not answer, says so once, and comes back', async () => {
    await using session = await open(asking(), credentials);
    await poll(session);
    await ready();
    await library.setFault('silence');
    reader.see({ epc: epc(2) });
    await poll(session);
    await clock.wait(700);
    reader.see({ epc: epc(12) });
    await clock.wait(700);
    expect(await poll(session)).toMatchObject({ 'gate.undecided': 2, 'gate.alarms': 0 });
    expect(reader.switched.some(({ on }) => on)).toBe(false);
    expect(events('lookup').map(({ data }) => data)).toEqual([
      { from: 'connecting', to: 'ready' },
      { from: 'ready', to: 'unavailable' },
    ]);
    await library.setFault('reboot');
    await library.setFault(undefined);
    await ready();
    reader.see({ epc: epc(22) });
    await eventually(() => events('unknownItem').length === 1);
  });

  it('goes on counting when the library refuses its name', async () => {
    await using session = await open(asking(), { username: 'gate', password: 'wrong' });
    await poll(session);
    await eventually(() => state('gate')?.['lookup'] === 'refused');
    reader.see({ epc: epc(2) });
    expect(await poll(session)).toMatchObject({ 'gate.passes': 1, 'gate.undecided': 1, 'gate.alarms': 0 });
  });

  it('asks nobody for a tag that no rule fits', async () => {
    const item = { by: 'grai-96', id: 'serial' };
    await using session = await open({ ...asking(), item, unknownItem: 'alarm' }, credentials);
    await poll(session);
    await ready();
    reader.see({ epc: epc(2) });
    expect(await poll(session)).toMatchObject({ 'gate.unknownItems': 1, 'gate.alarms': 0 });
    expect(library.codes).not.toContain('17');
  });
});

describe('inputs and antennas', () => {
  it('count people by one edge, and alarms of a gate of another kind, without a siren of ours', async () => {
    const inputs = [
      { port: 1, counts: 'people' },
      { port: 2, counts: 'alarms', edge: 'low' },
    ];
    await using session = await open({ readsTags: false, inputs, output: { port: 2 } });
    for (const isHigh of [true, false, true, false]) reader.setInput(1, isHigh);
    reader.setInput(2, true);
    reader.setInput(2, false);
    expect(await poll(session)).toEqual({ 'gate.people': 2, 'gate.alarms': 1 });
    expect(events('alarm').map(({ data }) => data)).toEqual([{ reason: 'external' }]);
    expect(reader.switched.some(({ on }) => on)).toBe(false);
    expect(reader.roSpecs.size).toBe(0);
    expect(state('tagreader')).toBeUndefined();
    expect(state('gate')).not.toHaveProperty('reading');
  });

  it('tell an antenna that falls off, and a gate that reads nothing any more', async () => {
    await using session = await open({ antennas: [1, 2] });
    await poll(session);
    expect(state('tagreader')).toEqual({
      antennas: [
        { id: 1, state: 'connected' },
        { id: 2, state: 'connected' },
      ],
    });
    expect(events('antenna')).toEqual([]);
    reader.setAntenna(2, false);
    reader.antennas.set(1, false);
    await poll(session);
    expect(events('antenna').map(({ data, severity }) => [severity, data])).toEqual([
      ['warning', { antenna: 2, connected: false }],
      ['warning', { antenna: 1, connected: false }],
    ]);
    expect(state('gate')).toMatchObject({ reading: false });
    reader.setAntenna(1, true);
    await poll(session);
    expect(state('gate')).toMatchObject({ reading: true });
  });

  it('tell exceptions and lost reports', async () => {
    await using session = await open({});
    reader.throwException('Quá nhiệt');
    reader.overflow();
    expect(await poll(session)).toMatchObject({ 'tagreader.exceptions': 2 });
    expect(events('exception').map(({ data }) => data['message'])).toEqual([
      'Quá nhiệt',
      expect.stringContaining('overflowed'),
    ]);
  });

  it('count moves between antennas', async () => {
    await using session = await open({});
    reader.see({ epc: epc(1), antenna: 1, rssi: -60 });
    reader.see({ epc: epc(1), antenna: 2, rssi: -40 });
    expect(await poll(session)).toMatchObject({ 'tagreader.moved': 1, 'gate.passes': 1 });
  });
});
