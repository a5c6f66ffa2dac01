import { stat } from 'node:fs/promises';
import OBSWebSocket from 'obs-websocket-js/json';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Driver, DriverSession } from '../../agent/devices/driver.ts';
import type { DeviceError } from '../../agent/devices/error.ts';
import { studio } from '../../agent/devices/studio/index.ts';
import { createNetwork } from '../../agent/platform/create-network.ts';
import type { CapabilityName } from '../../protocols/fleet/capabilities/index.ts';
import { silentLog } from '../../protocols/ports.ts';
import { systemClock } from '../../provisioning/platform/clock.ts';
import { CameraSimulator } from '../simulators/studio/camera.ts';
import { createTestContext, type TestContext } from '../support/driver-context.ts';
import { hasObs, isMatroska, type RealObs, startObs } from '../support/obs.ts';

const driver: Driver = studio;
const clock = systemClock;

// In CI a program that is missing is a failure of the installation, not a reason to skip.
const isSkipped = !hasObs && process.env['CI'] === undefined;

describe.skipIf(isSkipped)(
  `the studio with a real OBS${hasObs ? '' : ' (no OBS Studio here: tests/support/install-system.sh)'}`,
  () => {
    let obs: RealObs;
    /** An independent client, which arranges what a person would, and looks at what became true. */
    let witness: OBSWebSocket;
    let camera: CameraSimulator;
    let test: TestContext<unknown>;
    let session: DriverSession;

    const connectWitness = async () => {
      witness = new OBSWebSocket();
      await witness.connect(`ws://${obs.address.host}:${obs.address.port}`, obs.password);
    };
    const contextFor = (password: string) =>
      createTestContext<unknown>({
        family: 'studio',
        settings: driver.settings.parse({
          members: [
            { kind: 'obs', name: 'OBS', ...obs.address },
            { kind: 'camera', name: 'Máy quay', ...camera.address },
          ],
          scenes: [
            {
              id: 'lesson',
              name: 'Bắt đầu bài giảng',
              steps: [
                { do: 'preset', part: 'Máy quay', preset: 1 },
                { do: 'show', part: 'OBS', scene: 'Bài giảng' },
                { do: 'record', part: 'OBS', on: true },
              ],
            },
            {
              id: 'live',
              name: 'Phát trực tiếp',
              steps: [
                { do: 'show', part: 'OBS', scene: 'Bài giảng' },
                { do: 'record', part: 'OBS', on: true },
                { do: 'stream', part: 'OBS', on: true },
              ],
            },
          ],
          reserve: { megabytes: 100 },
        }),
        clock,
        credentials: { password },
        network: createNetwork({
          policy: { allow: [obs.address.host, '127.0.0.0/8'], deny: [], ports: [], broadcast: false },
          clock,
          log: silentLog,
        }),
      });
    const execute = (capability: CapabilityName, name: string, args: Record<string, unknown> = {}) =>
      session.execute({ id: 'command', capability, name, args }, test.context.signal);
    const recording = async () => (await witness.call('GetRecordStatus')).outputActive;

    beforeAll(async () => {
      obs = await startObs();
      await connectWitness();
      await witness.call('CreateScene', { sceneName: 'Bài giảng' });
      await witness.call('CreateScene', { sceneName: 'Chờ' });
      await witness.call('SetStreamServiceSettings', {
        streamServiceType: 'rtmp_custom',
        // Nobody listens there.
        streamServiceSettings: { server: `rtmp://${obs.neighbour}:1/live`, key: 'lesson' },
      });
    });
    afterAll(async () => {
      await witness?.disconnect();
      await obs?.[Symbol.asyncDispose]();
    });

    beforeEach(async () => {
      camera = await CameraSimulator.start({ clock });
      test = contextFor(obs.password);
      session = await driver.connect(test.context);
    });
    afterEach(async () => {
      await session[Symbol.asyncDispose]();
      test.stop();
      await camera[Symbol.asyncDispose]();
      expect(test.openSockets(), 'sockets that the driver left open').toBe(0);
    });

    it('describes it and knows its scenes', async () => {
      await session.poll(test.context.signal);
      expect(test.reporter.descriptors.at(-1)).toMatchObject({
        family: 'studio',
        parts: [
          {
            kind: 'mixer',
            name: 'OBS',
            detail: expect.stringMatching(/^OBS Project OBS Studio \d+\.\d+\.\d+, obs-websocket 5\./),
          },
          {},
        ],
      });
      expect(test.reporter.last('scene')).toMatchObject({
        list: expect.arrayContaining(['Scene', 'Bài giảng', 'Chờ']),
      });
      expect(test.reporter.last('studio')).toMatchObject({ mode: 'idle', attention: [] });
      expect(test.reporter.samples.at(-1)).toMatchObject({
        'recording.free': expect.any(Number),
        'studio.partsDown': 0,
      });
    });

    it('shows a scene, tells an unknown one, and hears of one that a person chose', async () => {
      expect(await execute('scene', 'set', { name: 'Chờ' })).toMatchObject({ changed: true });
      expect((await witness.call('GetCurrentProgramScene')).currentProgramSceneName).toBe('Chờ');
      expect(await execute('scene', 'set', { name: 'Chờ' })).toMatchObject({ changed: false });
      await expect(execute('scene', 'set', { name: 'nope' })).rejects.toMatchObject({ code: 'unsupported' });
      await witness.call('SetCurrentProgramScene', { sceneName: 'Bài giảng' });
      await expect.poll(() => test.reporter.last('scene')).toMatchObject({ current: 'Bài giảng' });
    });

    it('hears its inputs, mutes one, and sees what it shows; this computer has no virtual camera', async () => {
      const sceneName = 'Bài giảng';
      await witness.call('CreateInput', { sceneName, inputName: 'Nhạc', inputKind: 'ffmpeg_source' });
      await witness.call('CreateInput', { sceneName, inputName: 'Nền', inputKind: 'color_source_v3' });
      await witness.call('SetCurrentProgramScene', { sceneName });
      await session.poll(test.context.signal);
      // The colour has no sound.
      expect(test.reporter.last('sound')).toEqual({
        inputs: [{ part: 'OBS', name: 'Nhạc', muted: false, decibels: 0 }],
      });
      expect(await execute('sound', 'mute', { input: 'Nhạc', muted: true })).toMatchObject({ changed: true });
      expect((await witness.call('GetInputMute', { inputName: 'Nhạc' })).inputMuted).toBe(true);
      await witness.call('SetInputMute', { inputName: 'Nhạc', inputMuted: false });
      await expect.poll(() => test.reporter.last('sound')).toMatchObject({ inputs: [{ muted: false }] });
      await expect(execute('sound', 'mute', { input: 'nope', muted: true })).rejects.toMatchObject({
        code: 'unsupported',
      });
      const { sizeBytes } = await execute('snapshot', 'take');
      expect(sizeBytes).toBeGreaterThan(2_000);
      expect(test.uploads.at(-1)?.bytes.subarray(0, 3)).toEqual(Buffer.from([0xff, 0xd8, 0xff]));
      expect(test.reporter.descriptors.at(-1)?.capabilities).not.toHaveProperty('virtualcamera');
      for (const inputName of ['Nhạc', 'Nền']) await witness.call('RemoveInput', { inputName });
    });

    it('records to a file that is there, and leaves power alone meanwhile', async () => {
      expect(await execute('recording', 'start')).toMatchObject({ part: 'OBS', changed: true });
      expect(test.reporter.last('recording')).toMatchObject({ state: 'recording' });
      expect(test.reporter.last('studio')).toMatchObject({ mode: 'recording' });
      expect(await execute('recording', 'start')).toMatchObject({ changed: false });
      await expect(execute('power', 'off')).rejects.toMatchObject({ code: 'busy' });
      expect(camera.isOn).toBe(true);
      await clock.wait(2_000);
      const { output } = await execute('recording', 'stop');
      expect(String(output).startsWith(obs.folder)).toBe(true);
      expect((await stat(String(output))).size).toBeGreaterThan(50_000);
      expect(await isMatroska(String(output))).toBe(true);
      expect(test.reporter.last('recording')).toMatchObject({ state: 'stopped', recorders: [{ lastOutput: output }] });
      expect(await execute('recording', 'stop')).toMatchObject({ changed: false });
      const states = test.reporter.events.filter(
        ({ name, capability }) => capability === 'recording' && name === 'changed',
      );
      expect(states.map(({ data }) => data['to'])).toEqual(['starting', 'recording', 'stopping', 'stopped']);
      expect(states.every(({ severity }) => severity === 'info')).toBe(true);
    });

    it('does not believe a pause that OBS accepts and does not make, and sees one that it makes', async () => {
      await execute('recording', 'start');
      await expect(execute('recording', 'pause')).rejects.toMatchObject({ code: 'no-effect' });
      await execute('recording', 'stop');
      const quality = { parameterCategory: 'SimpleOutput', parameterName: 'RecQuality' };
      await witness.call('SetProfileParameter', { ...quality, parameterValue: 'Small' });
      await execute('recording', 'start');
      await clock.wait(1_000);
      expect(await execute('recording', 'pause')).toMatchObject({ changed: true });
      expect(test.reporter.last('recording')).toMatchObject({ state: 'paused' });
      expect(await execute('recording', 'resume')).toMatchObject({ changed: true });
      await execute('recording', 'stop');
      await witness.call('SetProfileParameter', { ...quality, parameterValue: 'Stream' });
    });

    it('calls a stream failed that OBS accepted to start', async () => {
      const failure = (await execute('streaming', 'start').catch((thrown: unknown) => thrown)) as DeviceError;
      expect(failure).toMatchObject({ code: 'no-effect', message: expect.stringContaining('OBS') });
      expect(test.reporter.events).toContainEqual({
        capability: 'streaming',
        name: 'failed',
        severity: 'warning',
        data: { part: 'OBS', message: 'the stream did not come up' },
      });
      expect(test.reporter.last('streaming')).toMatchObject({ state: 'stopped' });
      expect((await witness.call('GetStreamStatus')).outputActive).toBe(false);
    });

    it('runs a scene, and takes one back whose last step fails', async () => {
      await witness.call('SetCurrentProgramScene', { sceneName: 'Chờ' });
      expect(await execute('studio', 'runScene', { scene: 'lesson' })).toEqual({ scene: 'lesson', steps: 3 });
      expect([camera.aim.pan, await recording()]).toEqual([1_200, true]);
      await execute('recording', 'stop');
      await witness.call('SetCurrentProgramScene', { sceneName: 'Chờ' });
      const failure = await execute('studio', 'runScene', { scene: 'live' }).catch((thrown: unknown) => thrown);
      expect(failure).toMatchObject({
        code: 'no-effect',
        message: expect.stringContaining('everything was taken back'),
      });
      expect(await recording()).toBe(false);
      expect((await witness.call('GetCurrentProgramScene')).currentProgramSceneName).toBe('Chờ');
      expect(test.reporter.last('studio')).toMatchObject({
        lastRun: { scene: 'live', outcome: 'undone', failed: 'OBS: go live' },
      });
    });

    it('tells a wrong password, and goes on with the camera', async () => {
      const stranger = contextFor('wrong');
      await using other = await driver.connect(stranger.context);
      await expect(other.poll(stranger.context.signal)).rejects.toMatchObject({ code: 'device-fault' });
      expect(stranger.reporter.last('studio')).toMatchObject({
        attention: ['OBS'],
        parts: [{ name: 'OBS', status: 'refused', problem: { code: 'authentication' } }, { status: 'up' }],
      });
    });

    it('goes on without OBS when that is killed in a recording, and finds it again', async () => {
      await execute('recording', 'start');
      await witness.disconnect();
      await obs.kill();
      await expect.poll(() => test.reporter.last('studio'), { timeout: 10_000 }).toMatchObject({ attention: ['OBS'] });
      expect(test.reporter.last('studio')).toMatchObject({
        mode: 'idle',
        parts: [{ status: 'down' }, { status: 'up' }],
      });
      expect(await execute('ptz', 'move', { pan: 0.5, tilt: 0, zoom: 0, durationMs: 200 })).toMatchObject({
        verified: true,
      });
      await expect(execute('recording', 'stop')).rejects.toMatchObject({ code: 'unavailable' });
      await expect(execute('power', 'off'), 'it may still record').rejects.toMatchObject({ code: 'busy' });
      await obs.start();
      await connectWitness();
      const isWell = async () => {
        await session.poll(test.context.signal).catch(() => undefined);
        return test.reporter.last('studio')?.['attention'];
      };
      await expect.poll(isWell, { timeout: 90_000, interval: 1_000 }).toEqual([]);
      expect(test.reporter.last('scene')).toMatchObject({ list: expect.arrayContaining(['Bài giảng', 'Chờ']) });
      expect(test.reporter.last('recording')).toMatchObject({ state: 'stopped' });
      expect(await execute('recording', 'start')).toMatchObject({ changed: true });
      await execute('recording', 'stop');
    });
  },
);
