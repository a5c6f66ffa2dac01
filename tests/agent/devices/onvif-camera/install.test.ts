import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Artifact, DriverSession, InstallProgress } from '../../../../agent/devices/driver.ts';
import { DeviceError } from '../../../../agent/devices/error.ts';
import type { Exchange, OnvifCameraOptions } from '../../../simulators/onvif-camera/index.ts';
import { firmwareImage } from '../../../simulators/onvif-camera/upkeep/upkeep.ts';
import { createTestArtifact } from '../../../support/artifact.ts';
import { openScene, type Scene } from './scene.ts';

const model = 'ES-PTZ 4M';

function artifactOf(version: string, over: Partial<Artifact> = {}, sizeBytes = 300_000): Artifact {
  return createTestArtifact(firmwareImage(model, version, sizeBytes), { kind: 'firmware', version, ...over });
}

describe('firmware of a camera', () => {
  let cleanup: AsyncDisposableStack;
  beforeEach(() => {
    cleanup = new AsyncDisposableStack();
  });
  afterEach(() => cleanup.disposeAsync());

  async function open(options: OnvifCameraOptions = {}) {
    const scene = cleanup.use(await openScene(options));
    const session = await scene.connect();
    await session.poll(scene.test.context.signal);
    return { ...scene, session };
  }

  async function install(scene: Scene & { readonly session: DriverSession }, artifact: Artifact) {
    const progress: InstallProgress[] = [];
    const { session, test } = scene;
    const installed = await session.install?.(artifact, (step) => progress.push(step), test.context.signal);
    return { installed, stages: [...new Set(progress.map(({ stage }) => stage))], progress };
  }

  async function failureOf(scene: Scene & { readonly session: DriverSession }, artifact: Artifact) {
    const thrown = await install(scene, artifact).then(
      () => undefined,
      (error: unknown) => error,
    );
    expect(thrown).toBeInstanceOf(DeviceError);
    return thrown as DeviceError;
  }

  it.each([
    { title: 'by HTTP, with tokens', options: { signIn: 'token' } },
    { title: 'by HTTP, with digest', options: { signIn: 'digest' } },
    { title: 'by HTTP where SOAP would do too', options: { upgrades: ['http', 'soap'] } },
    { title: 'by SOAP, with tokens', options: { upgrades: ['soap'], signIn: 'token' } },
    { title: 'by SOAP, with digest', options: { upgrades: ['soap'], signIn: 'digest', knowsGetServices: false } },
    { title: 'without an answer to the image', options: { isRude: true } },
  ] as const)('is installed $title, and believed once the camera says so', async ({ options }) => {
    const scene = await open(options);
    const { camera, test, session } = scene;
    expect(test.reporter.last('firmware')).toMatchObject({ version: '3.2.10', updatable: true });
    const { installed, stages, progress } = await install(scene, artifactOf('3.10'));
    expect(installed).toEqual({ version: '3.10' });
    expect(stages).toEqual(['sending', 'installing', 'restarting', 'verifying']);
    expect(progress).toContainEqual({ stage: 'sending', percent: 100 });
    expect(camera.upkeep).toMatchObject({ images: 1, restarts: 1 });
    await session.poll(test.context.signal);
    expect(test.reporter.last('firmware')).toMatchObject({ version: '3.10' });
    expect(test.reporter.events).toContainEqual({
      capability: 'firmware',
      name: 'changed',
      severity: 'info',
      data: { from: '3.2.10', to: '3.10' },
    });
    expect(camera.signInFailures).toBe(0);
  });

  it('waits as long as the camera wants before it sends', async () => {
    const at: number[] = [];
    const onExchange = ({ path, request }: Exchange) => {
      if (path.startsWith('/upload/') || request.includes('StartFirmwareUpgrade')) at.push(scene.clock.mono());
    };
    const scene = await open({ uploadDelaySeconds: 30, signIn: 'digest', onExchange });
    await install(scene, artifactOf('3.10'));
    const [asked = 0, sent = 0] = at;
    expect(sent - asked).toBeGreaterThanOrEqual(29_000);
  });

  it('is known by what runs then, where the release names no version', async () => {
    const scene = await open();
    const { version: _none, ...artifact } = artifactOf('3.11-b');
    expect((await install(scene, artifact)).installed).toEqual({ version: '3.11-b' });
  });

  it('is not sent to a camera that runs it', async () => {
    const scene = await open();
    expect((await install(scene, artifactOf('3.2.10'))).installed).toEqual({ version: '3.2.10' });
    expect(scene.camera.upkeep).toMatchObject({ images: 0, restarts: 0, uploadId: undefined });
  });

  it.each(['http', 'soap'] as const)('for another model is refused by %s, and changes nothing', async (way) => {
    const scene = await open({ upgrades: [way] });
    const wrong = createTestArtifact(firmwareImage('ES-Other', '4.0'), { kind: 'firmware', version: '4.0' });
    const failure = await failureOf(scene, wrong);
    expect(failure.code).toBe('unsupported');
    expect(failure.message).toMatch(/not for it/);
    expect(scene.camera).toMatchObject({ firmware: '3.2.10' });
    await scene.session.poll(scene.test.context.signal);
  });

  it.each(['http', 'soap'] as const)('on which the camera fails is its fault, by %s', async (way) => {
    const scene = await open({ upgrades: [way] });
    expect((await failureOf(scene, artifactOf('broken-1'))).code).toBe('device-fault');
    expect(scene.camera.firmware).toBe('3.2.10');
  });

  it('that is taken and forgotten has had no effect', async () => {
    const scene = await open({ forgetsImage: true, downTimeSeconds: 10 });
    const failure = await failureOf(scene, artifactOf('3.10'));
    expect(failure.code).toBe('no-effect');
    expect(failure.message).toMatch(/still runs 3\.2\.10/);
    expect(scene.camera.upkeep.images).toBe(1);
  });

  it('other than the release names is called out', async () => {
    const scene = await open();
    const failure = await failureOf(scene, artifactOf('3.12', { version: '3.13' }));
    expect(failure.code).toBe('device-fault');
    expect(failure.message).toMatch(/runs 3\.12 now, not 3\.13/);
  });

  it('is refused as no app is taken, and by a camera that takes none', async () => {
    const scene = await open();
    expect((await failureOf(scene, artifactOf('1', { kind: 'app' }))).code).toBe('unsupported');
    const other = await open({ upgrades: [] });
    expect((await failureOf(other, artifactOf('3.10'))).code).toBe('unsupported');
    expect(other.test.reporter.last('firmware')).toMatchObject({ updatable: false });
  });

  it('by an operator is refused by the camera before a byte has gone', async () => {
    const scene = await open({ level: 'Operator' });
    expect((await failureOf(scene, artifactOf('3.10'))).code).toBe('authentication');
    expect(scene.camera.upkeep.images).toBe(0);
  });

  it('is sent to its end, though the agent is told to stop in the middle', async () => {
    const scene = await open();
    const { session, test, camera } = scene;
    const stop = new AbortController();
    const signal = AbortSignal.any([stop.signal, test.context.signal]);
    const image = artifactOf('3.10', {}, 2_000_000);
    const installing = session.install?.(
      image,
      ({ percent = 0 }) => percent > 10 && stop.abort(new Error('stop')),
      signal,
    );
    await expect(installing).rejects.toThrow('stop');
    expect(camera.upkeep.images).toBe(1);
    await scene.eventually(() => expect(camera.firmware).toBe('3.10'));
  });

  it('is not begun once the agent is told to stop', async () => {
    const { session, camera } = await open();
    await expect(
      session.install?.(artifactOf('3.10'), () => undefined, AbortSignal.abort(new Error('stop'))),
    ).rejects.toThrow();
    expect(camera.upkeep).toMatchObject({ images: 0, uploadId: undefined });
  });
});
