import { afterEach, describe, expect, it } from 'vitest';
import type { DriverSession } from '../../../../agent/devices/driver.ts';
import { pjlinkProjector } from '../../../../agent/devices/pjlink-projector/index.ts';
import { type ProjectorOptions, ProjectorSimulator } from '../../../simulators/pjlink-projector.ts';
import { createFastClock, type FastClock } from '../../../support/clock.ts';
import { createTestContext, type TestContext } from '../../../support/driver-context.ts';

const password = 'JBMIAProjectorLink';

interface Bench {
  readonly clock: FastClock;
  readonly projector: ProjectorSimulator;
  readonly test: TestContext<unknown>;
  connect(): Promise<DriverSession>;
  /** Lets time pass for the driver at once. */
  skip(byMs: number): void;
}

const benches: Bench[] = [];

async function setUp(
  options: Partial<ProjectorOptions> = {},
  over: { password?: string | undefined; settings?: Record<string, unknown> } = {},
): Promise<Bench> {
  const clock = createFastClock(20);
  let skippedMs = 0;
  const projector = await ProjectorSimulator.start({ clock, ...options });
  const secret = 'password' in over ? over.password : options.password;
  const test = createTestContext<unknown>({
    family: pjlinkProjector.family,
    settings: pjlinkProjector.settings.parse(over.settings ?? {}),
    clock: { ...clock, mono: () => clock.mono() + skippedMs },
    address: projector.address,
    credentials: secret === undefined ? undefined : { password: secret },
  });
  // The erased type of the registry: the settings have passed the schema.
  const driver: { connect(context: unknown): Promise<DriverSession> } = pjlinkProjector as never;
  const skip = (byMs: number) => {
    skippedMs += byMs;
  };
  const bench = { clock, projector, test, skip, connect: () => driver.connect(test.context) };
  benches.push(bench);
  return bench;
}

afterEach(async () => {
  for (const { projector, test } of benches.splice(0)) {
    test.stop();
    await projector[Symbol.asyncDispose]();
    expect(test.openSockets()).toBe(0);
  }
});

const never = new AbortController().signal;
const command = (capability: 'power' | 'input' | 'video' | 'volume', name: string, args = {}) => ({
  id: 'c1',
  capability,
  name,
  args,
});

describe('what a projector says', () => {
  it('reports a projector of class 2 with all that it knows', async () => {
    const { connect, test } = await setUp({ password });
    await connect();
    expect(test.reporter.last('identity')).toEqual({
      vendor: 'EPSON',
      model: 'EB-2250U',
      serial: 'X4HX6500112',
      firmware: '1.10',
      name: 'Phòng 7',
    });
    expect(test.reporter.last('lamp')).toEqual({ lamps: [{ hours: 1234, on: true }], errors: [], filterHours: 200 });
    expect(test.reporter.last('input')).toEqual({
      selected: '31',
      signal: true,
      sources: [
        { id: '11', label: 'Computer' },
        { id: '31', label: 'HDMI 1' },
        { id: '32', label: 'HDMI 2' },
        { id: '5A', label: 'LAN' },
      ],
    });
    expect(test.reporter.last('video')).toMatchObject({ resolution: '1920x1080', blanked: false, frozen: false });
    expect(test.reporter.samples.at(-1)).toEqual({ 'lamp.hours': 1234, 'lamp.filterHours': 200 });
    expect(test.reporter.descriptors).toHaveLength(1);
    expect(test.reporter.descriptors[0]?.parts).toEqual([
      { kind: 'lamp', name: 'ELPLP96' },
      { kind: 'filter', name: 'ELPAF56' },
    ]);
  });

  it('offers less for class 1, and asks nothing of class 2', async () => {
    const { connect, test, projector } = await setUp({ class: 1 });
    await connect();
    expect(test.reporter.descriptors[0]?.capabilities).toEqual({
      identity: { commands: [] },
      power: { commands: ['on', 'off'] },
      lamp: { commands: [] },
      temperature: { commands: [] },
      input: { commands: ['select'] },
      video: { commands: ['blank'] },
      volume: { commands: ['mute'] },
    });
    expect(test.reporter.last('input')).toMatchObject({ sources: [{ id: '11', label: 'RGB 1' }, {}, {}, {}] });
    expect(projector.received.filter(({ line }) => line.includes('%2'))).toEqual([]);
  });

  it('reports a laser in standby without inventing values', async () => {
    const { connect, test, projector } = await setUp({ laser: true });
    projector.setPower('off');
    await connect();
    expect(test.reporter.last('power')).toEqual({ state: 'off' });
    expect(test.reporter.last('lamp')).toMatchObject({ lamps: [] });
    expect(test.reporter.last('volume')).toEqual({});
    expect(test.reporter.last('input')).not.toHaveProperty('selected');
    expect(test.reporter.samples.at(-1)).toEqual({ 'lamp.filterHours': 200 });
  });

  it('asks what it does not know only once', async () => {
    const { connect, projector } = await setUp({ laser: true });
    projector.state.lacks.add('FREZ');
    const session = await connect();
    await session.poll(never);
    await session.poll(never);
    expect(projector.received.filter(({ line }) => line.includes('FREZ'))).toHaveLength(1);
  });

  it('emits a fault once, and its end', async () => {
    const { connect, test, projector } = await setUp();
    projector.state.errors = '001000';
    const session = await connect();
    expect(test.reporter.events).toEqual([]);
    expect(test.reporter.last('temperature')).toEqual({ level: 'warning' });
    projector.state.errors = '002010';
    await session.poll(never);
    projector.state.errors = '000010';
    await session.poll(never);
    await session.poll(never);
    expect(test.reporter.events.map(({ severity, data }) => [severity, data])).toEqual([
      ['critical', { part: 'temperature', level: 'error' }],
      ['warning', { part: 'filter', level: 'warning' }],
      ['info', { part: 'temperature', level: 'ok' }],
    ]);
  });

  it('notices someone who presses the button, and lamp hours that grow', async () => {
    const { connect, test, projector } = await setUp({ warmUpMs: 0, lampAging: 3_600_000 });
    projector.setPower('off');
    const session = await connect();
    projector.pressPower();
    await session.poll(never);
    await session.poll(never);
    expect(test.reporter.events.map(({ name, data }) => [name, data])).toEqual([
      ['changed', { from: 'off', to: 'on' }],
    ]);
    expect(test.reporter.samples.at(-1)?.['lamp.hours']).toBeGreaterThan(1234);
  });

  it('leaves out a value that makes no sense, and keeps the rest', async () => {
    const { connect, test, projector } = await setUp();
    projector.state.errors = '9';
    projector.state.resolution = 'big';
    await connect();
    expect(test.reporter.last('temperature')).toEqual({ level: 'unknown' });
    expect(test.reporter.last('video')).toMatchObject({ blanked: false });
  });

  it('asks who it is once an hour, and forgets no name because of standby', async () => {
    const { connect, test, projector, skip } = await setUp();
    const session = await connect();
    projector.state.maker = '';
    projector.state.software = '1.20';
    await session.poll(never);
    expect(test.reporter.last('identity')).toMatchObject({ vendor: 'EPSON', firmware: '1.10' });
    skip(3_600_000);
    await session.poll(never);
    expect(test.reporter.last('identity')).toMatchObject({ vendor: 'EPSON', firmware: '1.20' });
    expect(test.reporter.descriptors.map(({ firmware }) => firmware)).toEqual(['1.10', '1.20']);
  });

  it('understands packets that are padded with NUL', async () => {
    const { connect, test } = await setUp({ padding: true, password });
    await connect();
    expect(test.reporter.last('power')).toEqual({ state: 'on' });
  });

  it('keeps no connection between polls', async () => {
    const { connect, projector } = await setUp();
    await connect();
    await expect.poll(() => projector.connections).toBe(0);
  });
});

describe('passwords', () => {
  it('sends the digest with the first command only', async () => {
    const { connect, projector } = await setUp({ password });
    await connect();
    const [first, ...rest] = projector.received.map(({ line }) => line);
    expect(first).toMatch(/^[0-9a-f]{32}%1POWR \?$/);
    expect(rest.every((line) => line.startsWith('%'))).toBe(true);
  });

  it('takes a projector that wants the longer digest, and remembers', async () => {
    const { connect, test, projector } = await setUp({ password, digest: 'sha256' });
    const session = await connect();
    await session.poll(never);
    expect(test.attempts()).toBe(3);
    expect(projector.received.filter(({ line }) => /^[0-9a-f]{64}%/.test(line))).toHaveLength(2);
    const strict = await setUp({ password, digest: 'sha256' }, { settings: { digest: 'md5' } });
    await expect(strict.connect()).rejects.toMatchObject({ code: 'authentication' });
    expect(strict.test.attempts()).toBe(1);
  });

  it('needs one when the projector asks', async () => {
    const { connect, projector } = await setUp({ password }, { password: undefined });
    await expect(connect()).rejects.toMatchObject({ code: 'authentication' });
    expect(projector.received).toEqual([]);
  });

  it('does not talk to a projector that has lost its password, unless it may', async () => {
    const careful = await setUp({}, { password });
    await expect(careful.connect()).rejects.toMatchObject({ code: 'authentication' });
    expect(careful.projector.received).toEqual([]);
    const easy = await setUp({}, { password, settings: { allowUnauthenticated: true } });
    await easy.connect();
    expect(easy.test.reporter.last('power')).toEqual({ state: 'on' });
  });
});

describe('commands', () => {
  it('waits for the true end of "off", and tells the way', async () => {
    const { connect, projector, test } = await setUp({ coolDownMs: 20_000 });
    const session = await connect();
    await expect(session.execute(command('power', 'off'), never)).resolves.toEqual({ state: 'off', changed: true });
    expect(projector.power).toBe('0');
    const seen = test.reporter.states.filter(({ capability }) => capability === 'power').map(({ state }) => state);
    expect(seen).toContainEqual({ state: 'cooling' });
    expect(test.reporter.last('power')).toEqual({ state: 'off' });
  });

  it.each([
    ['on', 'cooling', 'POWR 1'],
    ['off', 'warming', 'POWR 0'],
  ] as const)('lets a projector end first: no order to go %s while it is %s', async (name, state, order) => {
    const { connect, projector } = await setUp({ coolDownMs: 20_000, warmUpMs: 20_000 });
    if (name === 'off') projector.setPower('off');
    const session = await connect();
    projector.pressPower();
    await expect(session.execute(command('power', name), never)).resolves.toEqual({ state: name, changed: true });
    expect(projector.power).toBe(name === 'on' ? '1' : '0');
    expect(
      projector.received.filter(({ line }) => line.includes(order)),
      state,
    ).toHaveLength(1);
  });

  it.each(['on', 'off'] as const)('says that a projector does not end what it does: %s', async (name) => {
    const settings = { settings: { coolDownSeconds: 5, warmUpSeconds: 5 } };
    const { connect, projector } = await setUp({ coolDownMs: 600_000, warmUpMs: 600_000 }, settings);
    if (name === 'off') projector.setPower('off');
    const session = await connect();
    projector.pressPower();
    await expect(session.execute(command('power', name), never)).rejects.toMatchObject({ code: 'unavailable' });
    expect(projector.received.filter(({ line }) => /POWR [01]/.test(line))).toEqual([]);
  });

  it('only waits for a projector that cools down already when it is to go off', async () => {
    const { connect, projector } = await setUp({ coolDownMs: 10_000 });
    const session = await connect();
    projector.pressPower();
    await expect(session.execute(command('power', 'off'), never)).resolves.toEqual({ state: 'off', changed: true });
    expect(projector.received.filter(({ line }) => line.includes('POWR 0'))).toEqual([]);
  });

  it('only waits for a projector that warms up already, and does nothing to one that is on', async () => {
    const { connect, projector } = await setUp({ warmUpMs: 10_000 });
    projector.setPower('off');
    const session = await connect();
    projector.pressPower();
    await expect(session.execute(command('power', 'on'), never)).resolves.toEqual({ state: 'on', changed: true });
    await expect(session.execute(command('power', 'on'), never)).resolves.toEqual({ state: 'on', changed: false });
    expect(projector.received.filter(({ line }) => line.includes('POWR 1'))).toEqual([]);
  });

  it('survives a projector that leaves the network while it switches', async () => {
    const { connect, projector } = await setUp({ warmUpMs: 20_000 });
    projector.setPower('off');
    const session = await connect();
    const on = session.execute(command('power', 'on'), never);
    await expect.poll(() => projector.power).toBe('3');
    await projector.setFault('reboot');
    await new Promise((resolve) => setTimeout(resolve, 300));
    await projector.setFault(undefined);
    await expect(on).resolves.toMatchObject({ state: 'on' });
  });

  it('gives up a projector that stays away for a minute', async () => {
    const { connect, projector, clock } = await setUp({ coolDownMs: 600_000 });
    const session = await connect();
    const startedAt = clock.mono();
    const off = session.execute(command('power', 'off'), never).catch((error: Error) => error);
    await expect.poll(() => projector.power).toBe('2');
    await projector.setFault('reboot');
    expect(await off).toMatchObject({ code: 'refused' });
    expect(clock.mono() - startedAt).toBeLessThan(90_000);
  });

  it.each([
    ['power', 'off', {}, 'POWR'],
    ['input', 'select', { id: '32' }, 'INPT'],
    ['video', 'blank', { blanked: true }, 'AVMT'],
    ['volume', 'mute', { muted: true }, 'AVMT'],
    ['video', 'freeze', { frozen: true }, 'FREZ'],
  ] as const)('does not believe an acknowledged %s.%s that changes nothing', async (capability, name, args, code) => {
    const { connect, projector } = await setUp({}, { settings: { coolDownSeconds: 5 } });
    const session = await connect();
    projector.state.ignores.add(code);
    await expect(session.execute(command(capability, name, args), never)).rejects.toMatchObject({ code: 'no-effect' });
  });

  it('says why a projector refuses', async () => {
    const { connect, projector } = await setUp();
    const session = await connect();
    const select = (id: string) => session.execute(command('input', 'select', { id }), never);
    await expect(select('12')).rejects.toMatchObject({ code: 'unsupported' });
    await expect(select('31\r%1POWR 0')).rejects.toMatchObject({ code: 'invalid-arguments' });
    projector.setPower('off');
    await expect(select('31')).rejects.toMatchObject({ code: 'unavailable' });
  });

  it('keeps the other mute as it is', async () => {
    const { connect, projector } = await setUp();
    const session = await connect();
    await session.execute(command('volume', 'mute', { muted: true }), never);
    await session.execute(command('video', 'blank', { blanked: true }), never);
    await session.execute(command('volume', 'mute', { muted: false }), never);
    expect([projector.state.videoMuted, projector.state.audioMuted]).toEqual([true, false]);
  });

  it('offers a command no longer once the projector says that it has none', async () => {
    const { connect, test, projector } = await setUp();
    const session = await connect();
    projector.state.lacks.add('SVOL');
    const step = session.execute(command('volume', 'step', { direction: 'up' }), never);
    await expect(step).rejects.toMatchObject({ code: 'unsupported' });
    await session.poll(never);
    expect(test.reporter.descriptors.at(-1)?.capabilities['volume']).toEqual({ commands: ['mute'] });
  });
});
