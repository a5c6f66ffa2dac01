import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Driver, DriverSession } from '../../../../agent/devices/driver.ts';
import { studio } from '../../../../agent/devices/studio/index.ts';
import { CameraSimulator } from '../../../simulators/studio/camera.ts';
import { createFastClock, type FastClock } from '../../../support/clock.ts';
import { createTestContext, type TestContext } from '../../../support/driver-context.ts';

const driver: Driver = studio;
const drive = { pan: 1, tilt: 0, zoom: 0, durationMs: 3_000 };
const startOfDrive = '81010601';
const stop = '8101060101010303ff';

describe.each(['tcp', 'udp'] as const)('a camera over %s', (transport) => {
  let clock: FastClock;
  let camera: CameraSimulator;
  let test: TestContext<unknown>;
  let session: DriverSession;

  const ptz = (name: string, args: Record<string, unknown> = {}) =>
    session.execute({ id: 'x', capability: 'ptz', name, args }, test.context.signal);
  const isDriving = () => expect.poll(() => camera.isDriven, { interval: 5 }).toBe(true);

  beforeEach(async () => {
    clock = createFastClock(10);
    camera = await CameraSimulator.start({ clock });
    const address = transport === 'tcp' ? camera.address : camera.udpAddress;
    test = createTestContext<unknown>({
      family: 'studio',
      settings: driver.settings.parse({ members: [{ kind: 'camera', name: 'Camera', transport, ...address }] }),
      clock,
    });
    session = await driver.connect(test.context);
    await session.poll(test.context.signal);
  });
  afterEach(async () => {
    await session[Symbol.asyncDispose]();
    test.stop();
    await camera[Symbol.asyncDispose]();
    expect(test.openSockets()).toBe(0);
    expect(clock.pending, 'timers').toBe(0);
  });

  it('stops after its time', async () => {
    expect(await ptz('move', { ...drive, durationMs: 500 })).toMatchObject({ changed: true, verified: true });
    expect(camera.isDriven).toBe(false);
    expect(camera.received.filter((message) => message === stop)).toHaveLength(1);
  });

  it('is stopped when the command is given up in the middle', async () => {
    const moving = ptz('move', drive).catch((thrown: unknown) => thrown);
    await isDriving();
    test.stop();
    await moving;
    expect(camera.isDriven).toBe(false);
  });

  it('is stopped when the session closes in the middle', async () => {
    const moving = ptz('move', drive).catch((thrown: unknown) => thrown);
    await isDriving();
    await session[Symbol.asyncDispose]();
    expect(camera.isDriven).toBe(false);
    test.stop();
    await moving;
  });

  if (transport === 'tcp') {
    it('is stopped on a new connection when the stop is lost with the old one', async () => {
      camera.hangsUpAt.add(stop);
      await ptz('move', { ...drive, durationMs: 500 });
      expect(camera.isDriven).toBe(false);
      await session.poll(test.context.signal);
      expect(test.reporter.last('studio')).toMatchObject({ attention: [] });
    });
  }

  if (transport === 'tcp') {
    it('is stopped when the connection breaks as it begins to move', async () => {
      camera.hangsUpAt.add(startOfDrive);
      await expect(ptz('move', drive)).rejects.toMatchObject({ code: 'connection-lost' });
      expect(camera.received).toContain(stop);
      expect(camera.isDriven).toBe(false);
    });
  }

  if (transport === 'udp') {
    it('is stopped although datagrams are lost', async () => {
      const moving = ptz('move', { ...drive, durationMs: 1_000 });
      await isDriving();
      camera.losesDatagrams = 2;
      await moving;
      expect(camera.isDriven).toBe(false);
    });
  }

  if (transport === 'udp') {
    it('is counted anew after a power cut', async () => {
      for (let turn = 0; turn < 3; turn++) await session.poll(test.context.signal);
      camera.refusesSequence = true;
      await session.poll(test.context.signal);
      expect(test.reporter.last('studio')).toMatchObject({ attention: [] });
      expect(camera.refusesSequence).toBe(false);
    });
  }

  it('is not believed when it accepts and stands still', async () => {
    camera.ignores.add(startOfDrive);
    await expect(ptz('move', drive)).rejects.toMatchObject({ code: 'no-effect' });
    await ptz('goToPreset', { token: '2' });
    await ptz('goToPreset', { token: '1' });
    camera.ignores.add('8101043f02');
    await expect(ptz('goToPreset', { token: '2' })).rejects.toMatchObject({ code: 'no-effect' });
    await expect(ptz('goToPreset', { token: '99' })).resolves.toMatchObject({ changed: false, verified: false });
    await expect(ptz('goToPreset', { token: 'x' })).rejects.toMatchObject({ code: 'unsupported' });
  });

  it('tells that it is in standby, and moves in units of the capability', async () => {
    await ptz('goToPreset', { token: '1' });
    expect(test.reporter.last('ptz')).toMatchObject({ pan: 0.49, tilt: 0.077, zoom: 0.25 });
    camera.isOn = false;
    await session.poll(test.context.signal);
    expect(test.reporter.last('power')).toEqual({ state: 'off' });
    expect(test.reporter.last('ptz')).not.toHaveProperty('pan');
    await expect(ptz('move', drive)).rejects.toMatchObject({ code: 'unavailable' });
  });
});
