import { afterEach, describe, expect, it } from 'vitest';
import type { Driver, DriverSession } from '../../../../agent/devices/driver.ts';
import { studio } from '../../../../agent/devices/studio/index.ts';
import type { CapabilityName } from '../../../../protocols/fleet/capabilities/index.ts';
import { type AtemOptions, AtemSimulator } from '../../../simulators/studio/atem.ts';
import { createFastClock } from '../../../support/clock.ts';
import { createTestContext } from '../../../support/driver-context.ts';

const driver: Driver = studio;
const clock = createFastClock(10);
const ends: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
  expect(clock.pending, 'timers').toBe(0);
});

async function open(options: Partial<AtemOptions> = {}, prepare: (switcher: AtemSimulator) => void = () => {}) {
  const switcher = await AtemSimulator.start({ clock, ...options });
  ends.push(() => switcher[Symbol.asyncDispose]());
  prepare(switcher);
  const settings = driver.settings.parse({ members: [{ kind: 'atem', name: 'Bàn trộn' }] });
  const test = createTestContext<unknown>({ family: 'studio', settings, clock, address: switcher.address });
  const session: DriverSession = await driver.connect(test.context);
  ends.push(async () => {
    await session[Symbol.asyncDispose]();
    test.stop();
    expect(test.openSockets()).toBe(0);
  });
  await session.poll(test.context.signal);
  const execute = (command: string, args: Record<string, unknown> = {}) => {
    const [capability = '', name = ''] = command.split('.');
    return session.execute({ id: 'x', capability: capability as CapabilityName, name, args }, test.context.signal);
  };
  const state = (name: CapabilityName) => test.reporter.last(name);
  return { switcher, test, session, execute, state, poll: () => session.poll(test.context.signal) };
}

describe('an ATEM switcher', () => {
  it('tells what it is, which inputs its first mixer offers, and how long it records', async () => {
    const { switcher, state, test, poll } = await open();
    expect(test.reporter.descriptors.at(-1)?.parts).toContainEqual(
      expect.objectContaining({ detail: 'Blackmagic Design ATEM Mini Pro protocol 2.30' }),
    );
    expect(state('scene')).toMatchObject({ current: 'Máy quay 1', list: ['Đen', 'Máy quay 1', 'Slides & notes'] });
    switcher.press('record', true);
    await expect.poll(() => state('recording')).toMatchObject({ state: 'recording' });
    await poll();
    await expect.poll(() => test.reporter.samples.at(-1)).toMatchObject({ 'recording.freeTime': 7_200 });
    await expect
      .poll(async () => {
        await poll();
        return test.reporter.samples.at(-1);
      })
      .toMatchObject({ 'recording.duration': 83 });
  });

  it('tells at once what people press, without a poll', async () => {
    const { switcher, state, test } = await open();
    switcher.press('input', 2);
    await expect.poll(() => state('scene')).toMatchObject({ current: 'Slides & notes' });
    switcher.press('stream', true);
    await expect.poll(() => state('streaming')).toMatchObject({ state: 'live' });
    expect(test.reporter.events).toContainEqual(expect.objectContaining({ capability: 'streaming', name: 'changed' }));
  });

  it('says and hears everything once over a network that loses a third of it', async () => {
    let seed = 1;
    let lost = 0;
    const { switcher, execute, poll } = await open({}, (simulator) => {
      simulator.loses = () => {
        // The same dice each time (Lehmer).
        seed = (seed * 48_271) % 0x7fff_ffff;
        const isLost = seed % 3 === 0;
        if (isLost) lost++;
        return isLost;
      };
    });
    for (const [name, source] of [
      ['Slides & notes', 2],
      ['Máy quay 1', 1],
      ['Slides & notes', 2],
    ] as const) {
      expect(await execute('scene.set', { name })).toMatchObject({ changed: true });
      expect(switcher.program).toBe(source);
    }
    await poll();
    expect(switcher.received.filter((line) => line.startsWith('CPgI'))).toHaveLength(3);
    expect(lost).toBeGreaterThan(5);
  });

  it.each([
    ['scene.set', { name: 'Slides & notes' }, 'CPgI'],
    ['recording.start', {}, 'RcTM'],
    ['streaming.start', {}, 'StrR'],
  ] as const)('does not believe an acknowledged %s that changes nothing', async (command, args, name) => {
    const { switcher, execute } = await open();
    switcher.ignores.add(name);
    await expect(execute(command, args)).rejects.toMatchObject({ code: 'no-effect' });
    // A stream that does not come up is ended, so that it does not start later.
    if (name === 'StrR') expect(switcher.received.at(-1)).toBe('StrR 00000000');
  });

  it.each([
    [0, 'no disk'],
    [0x04, 'is full'],
    [0x10, 'is not formatted'],
  ])('says why it cannot record: status %i', async (medium, why) => {
    const { switcher, execute } = await open({}, (simulator) => {
      simulator.medium = medium;
    });
    await expect(execute('recording.start')).rejects.toMatchObject({
      code: 'unavailable',
      message: expect.stringContaining(why),
    });
    expect(switcher.received.some((line) => line.startsWith('RcTM'))).toBe(false);
  });

  it('keeps the reserve, and does nothing twice', async () => {
    const { switcher, execute } = await open({}, (simulator) => {
      simulator.freeSeconds = 300;
    });
    await expect(execute('recording.start')).rejects.toMatchObject({ code: 'unavailable' });
    switcher.freeSeconds = 3_600;
    switcher.press('record', true);
    await expect.poll(() => execute('recording.start')).toMatchObject({ changed: false });
    expect(switcher.received.some((line) => line.startsWith('RcTM'))).toBe(false);
    await expect(execute('scene.set', { name: 'Program' })).rejects.toMatchObject({ code: 'unsupported' });
  });

  it('offers neither recording nor streaming where its model has none', async () => {
    const { test, execute } = await open({ plain: true });
    const offered = Object.keys(test.reporter.descriptors.at(-1)?.capabilities ?? {});
    expect(offered).toContain('scene');
    expect(offered).not.toContain('recording');
    expect(offered).not.toContain('streaming');
    await expect(execute('recording.start')).rejects.toBeInstanceOf(Error);
  });

  it('is asked again when it is back, with a new session', async () => {
    const { switcher, poll, execute } = await open();
    await switcher.setFault('reboot');
    await clock.wait(8_000);
    await switcher.setFault(undefined);
    await expect
      .poll(
        () =>
          poll().then(
            () => 'up',
            () => 'down',
          ),
        { timeout: 10_000 },
      )
      .toBe('up');
    expect(await execute('scene.set', { name: 'Slides & notes' })).toMatchObject({ changed: true });
  });
});
