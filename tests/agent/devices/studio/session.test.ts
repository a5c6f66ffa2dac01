import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Driver, DriverSession } from '../../../../agent/devices/driver.ts';
import { studio } from '../../../../agent/devices/studio/index.ts';
import type { CapabilityName } from '../../../../protocols/fleet/capabilities/index.ts';
import { StudioSimulator } from '../../../simulators/studio/index.ts';
import { createFastClock, type FastClock } from '../../../support/clock.ts';
import { createTestContext, type TestContext } from '../../../support/driver-context.ts';

const driver: Driver = studio;
const password = 'studio password';

describe('a studio', () => {
  let clock: FastClock;
  let rig: StudioSimulator;
  let test: TestContext<unknown>;
  let session: DriverSession;

  const execute = (command: string, args: Record<string, unknown> = {}) => {
    const [capability = '', name = ''] = command.split('.');
    return session.execute({ id: 'x', capability: capability as CapabilityName, name, args }, test.context.signal);
  };
  const poll = () => session.poll(test.context.signal).catch((thrown: unknown) => thrown);
  const state = (name: CapabilityName) => test.reporter.last(name) as Record<string, never>;
  const attention = () => state('studio')['attention'];

  const open = async (scenes?: unknown) => {
    const settings = { ...rig.settings, ...(scenes ? { scenes } : {}) };
    test = createTestContext<unknown>({
      family: 'studio',
      settings: driver.settings.parse(settings),
      clock,
      address: rig.address,
      credentials: { password },
    });
    session = await driver.connect(test.context);
    await session.poll(test.context.signal);
  };

  beforeEach(async () => {
    clock = createFastClock(10);
    rig = await StudioSimulator.start({ clock, password });
    await open();
  });
  afterEach(async () => {
    await session[Symbol.asyncDispose]();
    test.stop();
    await rig[Symbol.asyncDispose]();
    expect(test.openSockets(), 'sockets that the driver left open').toBe(0);
    expect(clock.pending, 'timers').toBe(0);
  });

  describe('with a part that is away', () => {
    it.each(['silence', 'garbage', 'hang-up', 'reboot', 'half-frame'] as const)(
      'names it in spite of its %s, works on, and finds it again',
      async (fault) => {
        await rig.camera.setFault(fault);
        expect(await poll()).toMatchObject({ code: 'device-fault', details: { parts: ['Máy quay 1'] } });
        expect(attention()).toEqual(['Máy quay 1']);
        expect(await execute('recording.start')).toMatchObject({ part: 'OBS', changed: true });
        expect(await execute('ptz.goToPreset', { part: 'Máy quay 2', token: '1' })).toMatchObject({ changed: true });
        await expect(execute('ptz.stop', { part: 'Máy quay 1' })).rejects.toMatchObject({
          code: 'unavailable',
          message: expect.stringContaining('Máy quay 1'),
        });
        await rig.camera.setFault(undefined);
        await expect.poll(async () => (await poll()) ?? attention(), { timeout: 12_000 }).toEqual([]);
        const moves = test.reporter.events.filter(({ name }) => name === 'part').map(({ data }) => data['to']);
        expect(moves).toEqual(['down', 'up']);
      },
    );

    it('lets nobody wait for it', async () => {
      await rig.deck.setFault('silence');
      await poll();
      const waits: number[] = [];
      for (let turn = 0; turn < 5; turn++) {
        const startedAt = clock.mono();
        await poll();
        await execute('scene.set', { name: turn % 2 === 0 ? 'Chờ' : 'Toàn cảnh' });
        waits.push(clock.mono() - startedAt);
        await clock.wait(2_000);
      }
      // Each attempt at the deck takes 5 s of the clock.
      expect(Math.max(...waits)).toBeLessThan(4_000);
    });

    it('opens a connection again that was lost between two polls, without a word', async () => {
      rig.deck.dropAll();
      await poll();
      expect(attention()).toEqual([]);
      expect(test.reporter.events.filter(({ name }) => name === 'part')).toEqual([]);
      expect(await execute('recording.start', { part: 'Đầu ghi' })).toMatchObject({ changed: true });
    });

    it('is not connected at the start and joins later', async () => {
      await session[Symbol.asyncDispose]();
      await rig.switcher.setFault('reboot');
      test = createTestContext<unknown>({
        family: 'studio',
        settings: driver.settings.parse(rig.settings),
        clock,
        credentials: { password },
      });
      session = await driver.connect(test.context);
      expect(attention()).toEqual(['Bàn trộn']);
      await rig.switcher.setFault(undefined);
      await expect.poll(async () => (await poll()) ?? attention(), { timeout: 12_000 }).toEqual([]);
      expect(state('scene')).toMatchObject({ mixers: [{}, { part: 'Bàn trộn', current: 'Máy quay 1' }] });
    });
  });

  describe('tells by itself', () => {
    it('what people do at the devices, without a poll', async () => {
      rig.deck.press('record');
      await expect.poll(() => state('studio')).toMatchObject({ mode: 'recording' });
      rig.switcher.press('Streaming', true);
      await expect.poll(() => state('studio')).toMatchObject({ mode: 'live' });
      await rig.mixer.press('SetCurrentProgramScene', { sceneName: 'Chờ' });
      await expect.poll(() => state('scene')).toMatchObject({ current: 'Chờ' });
    });

    it('a recording that breaks off as a warning, and none that a person ends', async () => {
      const ends = () =>
        test.reporter.events
          .filter(({ capability, data }) => capability === 'recording' && data['to'] === 'stopped')
          .map(({ severity }) => severity);
      await execute('recording.start');
      await rig.mixer.press('StopRecord');
      await expect.poll(ends).toEqual(['info']);
      await expect.poll(() => rig.mixer.record).toBe('stopped');
      await execute('recording.start');
      rig.mixer.breakOff();
      await expect.poll(ends).toEqual(['info', 'warning']);
    });
  });

  describe('has a desk', () => {
    it('whose inputs and virtual camera it hears without a poll', async () => {
      await rig.mixer.press('SetInputMute', { inputName: 'Micro', inputMuted: true });
      await rig.mixer.press('StartVirtualCam');
      await expect.poll(() => state('virtualcamera')['active']).toBe(true);
      expect(state('sound')['inputs']).toMatchObject([{ part: 'OBS', name: 'Micro', muted: true }]);
      expect(test.reporter.events).toEqual(
        expect.arrayContaining([
          { capability: 'sound', name: 'muted', severity: 'info', data: { part: 'OBS', input: 'Micro', muted: true } },
          { capability: 'virtualcamera', name: 'changed', severity: 'info', data: { part: 'OBS', active: true } },
        ]),
      );
    });

    it('on a computer without a virtual camera has none to offer', async () => {
      rig.mixer.virtualCamera = undefined;
      await poll();
      expect(test.reporter.descriptors.at(-1)?.capabilities).not.toHaveProperty('virtualcamera');
      await expect(execute('virtualcamera.set', { active: true })).rejects.toMatchObject({ code: 'unavailable' });
    });

    it('asks no input twice that has no sound, and finds one that comes', async () => {
      const asked = () => rig.mixer.received.filter((request) => request === 'GetInputMute').length;
      const before = asked();
      await poll();
      expect(asked() - before).toBe(1);
      rig.mixer.muted.set('Máy hát', true);
      await poll();
      expect(state('sound')['inputs']).toMatchObject([{ name: 'Micro' }, { name: 'Máy hát', muted: true }]);
      await expect(execute('sound.mute', { input: 'nope', muted: true })).rejects.toMatchObject({
        code: 'unsupported',
      });
    });

    it.each(['SetInputMute', 'StartVirtualCam'])('that is not believed when it ignores %s', async (request) => {
      rig.mixer.ignores.add(request);
      const order =
        request === 'SetInputMute'
          ? execute('sound.mute', { input: 'Micro', muted: true })
          : execute('virtualcamera.set', { active: true });
      await expect(order).rejects.toMatchObject({ code: 'no-effect' });
    });
  });

  describe('believes effects only', () => {
    it.each([
      ['recording.pause', {}, 'PauseRecord'],
      ['recording.stop', {}, 'StopRecord'],
      ['scene.set', { name: 'Chờ' }, 'SetCurrentProgramScene'],
    ])('not the answer of OBS to %s', async (command, args, request) => {
      await execute('recording.start');
      rig.mixer.ignores.add(request);
      await expect(execute(command, args)).rejects.toMatchObject({ code: 'no-effect', details: { part: 'OBS' } });
    });

    it('rather the event of OBS than its status, which lags behind', async () => {
      for (let turn = 0; turn < 2; turn++) {
        expect(await execute('recording.start')).toMatchObject({ changed: true });
        expect(state('recording')).toMatchObject({ state: 'recording' });
        expect(await execute('recording.stop')).toMatchObject({ changed: true });
        expect(rig.mixer.record, 'the status of OBS').toBe('recording');
        expect(state('recording')).toMatchObject({ state: 'stopped' });
      }
    });

    it('not a start that is never seen', async () => {
      rig.mixer.ignores.add('StartRecord');
      await expect(execute('recording.start')).rejects.toMatchObject({ code: 'no-effect' });
    });

    it('not a stream that ends as soon as it starts', async () => {
      rig.mixer.streamFails = true;
      const startedAt = clock.mono();
      await expect(execute('streaming.start')).rejects.toMatchObject({ code: 'no-effect' });
      expect(clock.mono() - startedAt, 'ms of the clock, told as soon as it is known').toBeLessThan(20_000);
      expect(test.reporter.events.at(-1)).toMatchObject({ name: 'failed', data: { part: 'OBS' } });
      expect(state('streaming')).toMatchObject({ state: 'stopped' });
    });

    it('ends a stream again that does not come up in time', async () => {
      rig.mixer.ignores.add('StartStream');
      rig.switcher.ignores.add('StartStreaming');
      await expect(execute('streaming.start')).rejects.toMatchObject({ code: 'no-effect' });
      expect(rig.mixer.received).toContain('StopStream');
      await expect(execute('streaming.start', { part: 'Bàn trộn' })).rejects.toMatchObject({ code: 'no-effect' });
      expect(rig.switcher.received).toContain('FUNCTION StopStreaming');
    });

    it('not the OK of a switcher that knows no such function', async () => {
      for (const name of ['CutDirect', 'StartRecording']) rig.switcher.ignores.add(name);
      const part = 'Bàn trộn';
      await expect(execute('scene.set', { part, name: 'Slides & notes' })).rejects.toMatchObject({ code: 'no-effect' });
      await expect(execute('recording.start', { part })).rejects.toMatchObject({ code: 'no-effect' });
    });

    it('not the OK of a deck, and tells what it refuses in words', async () => {
      const part = 'Đầu ghi';
      rig.deck.ignores.add('record');
      await expect(execute('recording.start', { part })).rejects.toMatchObject({ code: 'no-effect' });
      rig.deck.isRemote = false;
      await expect(execute('recording.start', { part })).rejects.toMatchObject({
        code: 'unavailable',
        message: 'Đầu ghi: the recorder refuses to record: 111 remote control disabled; press REM at the recorder',
      });
      rig.deck.refuses.set('record', '110 no input');
      await expect(execute('recording.start', { part })).rejects.toMatchObject({ code: 'device-fault' });
    });

    it('starts no recording that has no room', async () => {
      rig.mixer.freeMegabytes = 500;
      rig.deck.recordingSeconds = 120;
      await expect(execute('recording.start')).rejects.toMatchObject({
        code: 'unavailable',
        message: expect.stringContaining('524 MB'),
      });
      await expect(execute('recording.start', { part: 'Đầu ghi' })).rejects.toThrow('only 2 minutes');
      expect(rig.mixer.received).not.toContain('StartRecord');
    });

    it('tells names that do not exist', async () => {
      await expect(execute('scene.set', { name: 'nope' })).rejects.toMatchObject({ code: 'unsupported' });
      await expect(execute('scene.set', { part: 'Bàn trộn', name: 'nope' })).rejects.toMatchObject({
        code: 'unsupported',
      });
      await expect(execute('scene.set', { part: 'nobody', name: 'Chờ' })).rejects.toMatchObject({
        code: 'unsupported',
      });
      await expect(execute('scene.set', { part: 'Đầu ghi', name: 'x' })).rejects.toThrow('Đầu ghi cannot do that');
      await expect(execute('studio.runScene', { scene: 'nope' })).rejects.toMatchObject({ code: 'unsupported' });
    });
  });

  describe('while it works', () => {
    it.each(['power.off', 'power.on'])('refuses %s, also when a person started it just now', async (command) => {
      rig.switcher.isStreaming = true;
      await expect(execute(command)).rejects.toMatchObject({ code: 'busy', details: { work: 'live' } });
      rig.switcher.isStreaming = false;
      rig.deck.status = 'record';
      await expect(execute(command)).rejects.toMatchObject({ code: 'busy', details: { work: 'recording' } });
      expect([rig.camera.isOn, rig.sonyCamera.isOn]).toEqual([true, true]);
      rig.deck.status = 'stopped';
      expect(await execute(command)).toMatchObject({ cameras: 2 });
    });

    it('refuses a power action while a recorder that recorded is away', async () => {
      rig.deck.press('record');
      await expect.poll(() => state('studio')).toMatchObject({ mode: 'recording' });
      await rig.deck.setFault('reboot');
      await poll();
      expect(state('studio')).toMatchObject({ mode: 'idle', attention: ['Đầu ghi'] });
      await expect(execute('power.off')).rejects.toMatchObject({ code: 'busy' });
    });

    it('has no restart at all', async () => {
      await expect(execute('power.reboot')).rejects.toMatchObject({ code: 'unsupported-command' });
    });
  });

  describe('that is held', () => {
    it('obeys its holder only, until the time is over', async () => {
      await execute('studio.lock', { holder: 'Cô Lan', minutes: 1 });
      expect(state('studio')).toMatchObject({ mode: 'rehearsing', lock: { holder: 'Cô Lan' } });
      const refused = { code: 'busy', details: { holder: 'Cô Lan' } };
      for (const command of ['recording.start', 'streaming.stop', 'ptz.stop', 'power.off', 'studio.unlock']) {
        await expect(execute(command), command).rejects.toMatchObject(refused);
      }
      await expect(execute('studio.lock', { holder: 'Thầy Nam', minutes: 5 })).rejects.toMatchObject(refused);
      await expect(execute('studio.runScene', { scene: 'lesson' })).rejects.toMatchObject(refused);
      expect(await execute('scene.set', { name: 'Chờ', holder: 'Cô Lan' })).toMatchObject({ changed: true });
      await clock.wait(61_000);
      await poll();
      expect(state('studio')).not.toHaveProperty('lock');
      expect(await execute('scene.set', { name: 'Toàn cảnh' })).toMatchObject({ changed: true });
    });

    it('is released by its holder, or by force, which is told', async () => {
      await execute('studio.lock', { holder: 'Cô Lan', minutes: 60 });
      expect(await execute('studio.unlock', { holder: 'Cô Lan' })).toEqual({ changed: true, holder: 'Cô Lan' });
      await execute('studio.lock', { holder: 'Cô Lan', minutes: 60 });
      expect(await execute('studio.unlock', { holder: 'Thầy Nam', force: true })).toMatchObject({ changed: true });
      expect(test.reporter.events.at(-2)).toMatchObject({
        name: 'lock',
        severity: 'warning',
        data: { by: 'Thầy Nam' },
      });
    });

    it('stays held when its connections are lost', async () => {
      await execute('studio.lock', { holder: 'Cô Lan', minutes: 60 });
      await session[Symbol.asyncDispose]();
      session = await driver.connect(test.context);
      await expect(execute('recording.start')).rejects.toMatchObject({ code: 'busy' });
    });
  });

  describe('that runs a scene', () => {
    const steps = (last: unknown) => [
      {
        id: 'lesson',
        name: 'Lesson',
        steps: [
          { do: 'power', part: 'Máy quay 1', on: true },
          { do: 'preset', part: 'Máy quay 1', preset: 2 },
          { do: 'preset', part: 'Máy quay 2', preset: 1 },
          { do: 'mute', part: 'OBS', input: 'Micro', muted: true },
          { do: 'show', part: 'OBS', scene: 'Bài giảng' },
          { do: 'record', part: 'Đầu ghi', on: true },
          { do: 'wait', seconds: 0.1 },
          last,
        ],
      },
    ];

    const reopen = async (last: unknown) => {
      await session[Symbol.asyncDispose]();
      await open(steps(last));
    };

    it('takes everything back when the last step fails, and only what it changed', async () => {
      rig.switcher.ignores.add('StartStreaming');
      await reopen({ do: 'stream', part: 'Bàn trộn', on: true });
      const failure = await execute('studio.runScene', { scene: 'lesson' }).catch((thrown: unknown) => thrown);
      expect(failure).toMatchObject({
        code: 'no-effect',
        message: expect.stringMatching(/failed at "Bàn trộn: go live".*everything was taken back$/),
      });
      expect(rig.deck.status).toBe('stopped');
      expect([rig.mixer.current, rig.mixer.muted.get('Micro')]).toEqual(['Toàn cảnh', false]);
      expect([rig.camera.aim, rig.sonyCamera.aim]).toEqual([
        { pan: 0, tilt: 0, zoom: 0 },
        { pan: 0, tilt: 0, zoom: 0 },
      ]);
      // It was on before.
      expect(rig.camera.isOn).toBe(true);
      expect(state('studio')).toMatchObject({ lastRun: { outcome: 'undone', failed: 'Bàn trộn: go live' } });
      expect(state('studio')).not.toHaveProperty('scene');
      const told = test.reporter.events.filter(({ name }) => name === 'sceneRun' || name === 'changed');
      expect(told.find(({ name }) => name === 'sceneRun')).toMatchObject({ severity: 'warning' });
      // The end of a recording that we take back is no failure of the recorder.
      expect(
        told.filter(({ capability }) => capability === 'recording').every(({ severity }) => severity === 'info'),
      ).toBe(true);
    });

    it('says what stays when something cannot be taken back', async () => {
      rig.mixer.ignores.add('StartStream');
      await reopen({ do: 'stream', part: 'OBS', on: true });
      // From here on the deck does not stop any more.
      rig.deck.refuses.set('stop', '150 invalid state');
      await expect(execute('studio.runScene', { scene: 'lesson' })).rejects.toMatchObject({
        message: expect.stringContaining('this stays as it is: Đầu ghi: record'),
        details: { remains: ['Đầu ghi: record'] },
      });
      expect(rig.mixer.current).toBe('Toàn cảnh');
      expect(state('studio')).toMatchObject({ mode: 'recording', lastRun: { outcome: 'left-as-is' } });
    });

    it('leaves a recording alone that ran before', async () => {
      await reopen({ do: 'show', part: 'OBS', scene: 'nope' });
      rig.deck.press('record');
      await poll();
      await expect(execute('studio.runScene', { scene: 'lesson' })).rejects.toMatchObject({ code: 'unsupported' });
      expect(rig.deck.status).toBe('record');
      expect(rig.deck.received).not.toContain('stop');
    });

    it('does not end a recording that someone has paused', async () => {
      await reopen({ do: 'record', part: 'OBS', on: true });
      rig.mixer.record = 'paused';
      await expect(execute('studio.runScene', { scene: 'lesson' })).rejects.toMatchObject({
        code: 'unavailable',
        message: expect.stringContaining('everything was taken back'),
      });
      expect(rig.mixer.record).toBe('paused');
      expect(rig.mixer.received).not.toContain('StopRecord');
    });

    it('does not begin when a part is away', async () => {
      await reopen({ do: 'wait', seconds: 0.1 });
      await rig.deck.setFault('reboot');
      await poll();
      await expect(execute('studio.runScene', { scene: 'lesson' })).rejects.toMatchObject({ code: 'unavailable' });
      expect(rig.camera.aim.pan).toBe(0);
      expect(rig.mixer.current).toBe('Toàn cảnh');
    });

    it('stops at once when the device is removed, and says that it is left', async () => {
      await reopen({ do: 'wait', seconds: 60 });
      const running = execute('studio.runScene', { scene: 'lesson' }).catch((thrown: unknown) => thrown);
      await expect.poll(() => rig.deck.status, { timeout: 12_000 }).toBe('record');
      await clock.wait(1_000);
      test.stop();
      await running;
      expect(rig.deck.status).toBe('record');
    });
  });
});
