import { describe, expect, it } from 'vitest';
import { recognitionEvent } from '../../../simulators/onvif-camera/sensing/senses.ts';
import { openScene } from './scene.ts';

const siren = { token: 'siren', mode: 'Bistable', delayMs: 0, idle: 'open', isActive: false } as const;
const bell = { token: 'bell', mode: 'Monostable', delayMs: 2_000, idle: 'open', isActive: false } as const;
const rules = [
  { name: 'Fence', kind: 'line', value: 0 },
  { name: 'Stairs', kind: 'field', value: 0 },
  { name: 'Gate', kind: 'counter', value: 5 },
  { name: 'Library', kind: 'occupancy', value: 12 },
] as const;

describe('picture settings', () => {
  it('are told with what may be set', async () => {
    await using scene = await openScene();
    const session = await scene.connect();
    await session.poll(scene.test.context.signal);
    expect(scene.test.reporter.last('imaging')).toEqual({
      brightness: 50,
      contrast: 40,
      saturation: 60,
      sharpness: 3,
      dayNight: 'auto',
      backlight: false,
      exposure: 'auto',
      ranges: {
        brightness: { min: 0, max: 100 },
        contrast: { min: 0, max: 100 },
        saturation: { min: 0, max: 100 },
        sharpness: { min: -5, max: 5 },
      },
      choices: { dayNight: ['day', 'night', 'auto'], backlight: [true, false], exposure: ['auto', 'manual'] },
    });
    scene.camera.senses.imaging.brightness = 10;
    await session.poll(scene.test.context.signal);
    expect(scene.test.reporter.last('imaging')).toMatchObject({ brightness: 10 });
  });

  it('are set as far as they are given, rounded by the camera', async () => {
    await using scene = await openScene();
    const session = await scene.connect();
    const output = await scene.run(session, 'imaging', 'set', { contrast: 20.4, dayNight: 'day', exposure: 'manual' });
    expect(output).toMatchObject({ verified: true, contrast: 20, dayNight: 'day', exposure: 'manual', brightness: 50 });
    expect(scene.camera.senses.imaging).toMatchObject({ brightness: 50, contrast: 20, irCutFilter: 'ON' });
    expect(scene.test.reporter.last('imaging')).toMatchObject({ contrast: 20 });
  });

  it.each([[{ brightness: 101 }], [{ sharpness: -6 }], [{}]])(
    'never leave the ranges of the camera: %j',
    async (args) => {
      await using scene = await openScene();
      const session = await scene.connect();
      await expect(scene.run(session, 'imaging', 'set', args)).rejects.toMatchObject({ code: 'unsupported' });
      expect(scene.camera.senses.imaging.brightness).toBe(50);
    },
  );

  it('have failed when the camera takes them and shows others', async () => {
    await using scene = await openScene({ ignoresImaging: true });
    const session = await scene.connect();
    const wish = scene.run(session, 'imaging', 'set', { brightness: 90, backlight: true });
    await expect(wish).rejects.toMatchObject({ code: 'no-effect', message: /brightness, backlight/ });
  });

  it('are absent where the camera has no imaging service', async () => {
    await using scene = await openScene({ hasImaging: false });
    const session = await scene.connect();
    await session.poll(scene.test.context.signal);
    expect(scene.test.reporter.last('imaging')).toBeUndefined();
    await expect(scene.run(session, 'imaging', 'set', { brightness: 1 })).rejects.toMatchObject({
      code: 'unsupported-command',
    });
  });
});

describe('relay contacts', () => {
  it.each([{ hasRelaysAtDeviceIo: false }, { hasRelaysAtDeviceIo: true }])(
    'are switched, and the camera tells so: %j',
    async (place) => {
      await using scene = await openScene({ ...place, relays: [siren], inputs: [{ token: 'door', isActive: true }] });
      const session = await scene.connect();
      await session.poll(scene.test.context.signal);
      await scene.eventually(() =>
        expect(scene.test.reporter.last('relay')).toEqual({
          outputs: [{ token: 'siren', active: false, mode: 'bistable', idle: 'open' }],
          inputs: [{ token: 'door', active: true }],
        }),
      );
      expect(scene.test.reporter.events).toEqual([]);
      expect(await scene.run(session, 'relay', 'set', { token: 'siren', active: true })).toEqual({
        verified: true,
        token: 'siren',
        active: true,
      });
      expect(scene.test.reporter.last('relay')).toMatchObject({ outputs: [{ active: true }] });
      scene.camera.setInput('door', false);
      await scene.eventually(() =>
        expect(scene.test.reporter.last('relay')).toMatchObject({ inputs: [{ active: false }] }),
      );
      expect(scene.test.reporter.events).toMatchObject([
        { capability: 'relay', name: 'output', data: { token: 'siren', active: true } },
        { capability: 'relay', name: 'input', data: { token: 'door', active: false } },
      ]);
    },
  );

  it('have pulsed when they are back before anybody looks', async () => {
    await using scene = await openScene({ relays: [bell] });
    const session = await scene.connect();
    await session.poll(scene.test.context.signal);
    await scene.eventually(() =>
      expect(scene.test.reporter.last('relay')).toMatchObject({ outputs: [{ active: false }] }),
    );
    expect(await scene.run(session, 'relay', 'set', { token: 'bell', active: true })).toMatchObject({ verified: true });
    await scene.eventually(() => expect(scene.camera.senses.relays[0]?.isActive).toBe(false));
    await scene.eventually(() =>
      expect(scene.test.reporter.last('relay')).toMatchObject({ outputs: [{ active: false }] }),
    );
  });

  it('have failed where the camera tells their state and did not now', async () => {
    await using scene = await openScene({ relays: [siren], hasStuckRelays: true });
    const session = await scene.connect();
    await session.poll(scene.test.context.signal);
    await scene.eventually(() =>
      expect(scene.test.reporter.last('relay')).toMatchObject({ outputs: [{ active: false }] }),
    );
    const wish = scene.run(session, 'relay', 'set', { token: 'siren', active: true });
    await expect(wish).rejects.toMatchObject({ code: 'no-effect' });
    const settings = scene.run(session, 'relay', 'configure', { token: 'siren', mode: 'monostable', delaySeconds: 3 });
    await expect(settings).rejects.toMatchObject({ code: 'no-effect' });
  });

  it('are not verified where the camera never tells their state', async () => {
    await using scene = await openScene({ relays: [siren], tellsRelays: false });
    const session = await scene.connect();
    expect(await scene.run(session, 'relay', 'set', { token: 'siren', active: true })).toMatchObject({
      verified: false,
    });
    expect(scene.camera.senses.relays[0]?.isActive).toBe(true);
  });

  it('are refused where the camera has no such output', async () => {
    await using scene = await openScene({ relays: [siren] });
    const session = await scene.connect();
    const wish = scene.run(session, 'relay', 'set', { token: 'door', active: true });
    await expect(wish).rejects.toMatchObject({ code: 'unsupported' });
  });
});

describe('presets', () => {
  it('are stored, replaced and forgotten, and told at once', async () => {
    await using scene = await openScene();
    const session = await scene.connect();
    scene.camera.position = { pan: 0.4, tilt: 0, zoom: 0 };
    expect(await scene.run(session, 'ptz', 'savePreset', { name: 'Bảng' })).toEqual({ verified: true, token: '4' });
    expect(scene.test.reporter.last('ptz')).toMatchObject({
      pan: 0.4,
      presets: expect.arrayContaining([{ token: '4', name: 'Bảng' }]),
    });
    await scene.run(session, 'ptz', 'savePreset', { name: 'Bảng 2', token: '4' });
    await scene.run(session, 'ptz', 'removePreset', { token: '1' });
    await scene.run(session, 'ptz', 'removePreset', { token: '1' });
    await session.poll(scene.test.context.signal);
    const { presets } = scene.test.reporter.last('ptz') as { presets: readonly unknown[] };
    expect(presets).toEqual([
      { token: '2', name: 'Whole room' },
      { token: '3', name: 'Cửa lớp' },
      { token: '4', name: 'Bảng 2' },
    ]);
  });

  it('have failed when the camera takes them and has none', async () => {
    await using scene = await openScene({ isStuck: true });
    const session = await scene.connect();
    await expect(scene.run(session, 'ptz', 'savePreset', { name: 'A' })).rejects.toMatchObject({ code: 'no-effect' });
    await expect(scene.run(session, 'ptz', 'removePreset', { token: '1' })).rejects.toMatchObject({
      code: 'no-effect',
    });
    const wish = scene.run(session, 'ptz', 'savePreset', { name: 'A', token: '99' });
    await expect(wish).rejects.toMatchObject({ code: 'unsupported' });
  });
});

describe('detections', () => {
  it('are counts of lines, fields and counters', async () => {
    await using scene = await openScene({ rules });
    const session = await scene.connect();
    const { camera, test } = scene;
    await session.poll(test.context.signal);
    expect(test.reporter.descriptors.at(-1)?.capabilities['detection']).toEqual({ commands: [] });
    await scene.eventually(() => expect(camera.pullPoints).toBe(1));
    await scene.clock.wait(1_000);
    camera.detect('Fence', 1);
    camera.detect('Fence', 1);
    camera.detect('Stairs', 1);
    camera.detect('Gate', 6);
    await scene.eventually(() =>
      expect(test.reporter.last('detection')).toMatchObject({
        detectors: expect.arrayContaining([expect.objectContaining({ name: 'Stairs', active: true })]),
      }),
    );
    await scene.clock.wait(1_000);
    await session.poll(test.context.signal);
    expect(test.reporter.last('detection')).toEqual({
      detectors: [
        { id: 'Stairs/vs0', name: 'Stairs', kind: 'field', active: true, count: 1, lastAt: expect.any(Number) },
        { id: 'Fence/vs0', name: 'Fence', kind: 'line', count: 2, lastAt: expect.any(Number) },
      ],
      counters: [
        { id: 'Gate/vs0', name: 'Gate', kind: 'passed', value: 6, lastAt: expect.any(Number) },
        { id: 'Library/vs0', name: 'Library', kind: 'inside', value: 12 },
      ],
    });
    expect(test.reporter.samples.at(-1)).toMatchObject({
      'detection.detections@Fence/vs0': 2,
      'detection.detections@Stairs/vs0': 1,
      'detection.objects@Gate/vs0': 6,
      'detection.objects@Library/vs0': 12,
    });
    expect(test.reporter.events.map(({ name, data }) => [name, data['name']])).toEqual(
      expect.arrayContaining([
        ['crossed', 'Fence'],
        ['entered', 'Stairs'],
      ]),
    );
  });

  it('never tell what a recogniser in the camera has read', async () => {
    await using scene = await openScene({ rules });
    const session = await scene.connect();
    await scene.eventually(() => expect(scene.camera.pullPoints).toBe(1));
    scene.camera.sendEvent(recognitionEvent('76A-123.45'));
    scene.camera.detect('Fence', 1);
    await session.poll(scene.test.context.signal);
    await scene.eventually(() => expect(scene.test.reporter.events).not.toEqual([]));
    await session.poll(scene.test.context.signal);
    const { states, samples, events, descriptors } = scene.test.reporter;
    expect(JSON.stringify([states, samples, events, descriptors])).not.toMatch(/76A|Human|"15"/);
  });
});
