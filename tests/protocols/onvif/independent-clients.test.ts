import { createRequire } from 'node:module';
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Exchange, type OnvifCamera, startOnvifCamera } from '../../simulators/onvif-camera/index.ts';
import { openSchemas, schemaAbsence } from './onvif-schema.ts';

// Two clients that others wrote talk to the simulator: where they understand it, it speaks ONVIF and not a dialect of ours.

interface NodeOnvifDevice {
  init(): Promise<Record<string, string>>;
  getProfileList(): readonly NodeOnvifProfile[];
  changeProfile(token: string): unknown;
  fetchSnapshot(): Promise<{ readonly headers: Record<string, string>; readonly body: Buffer }>;
  ptzMove(params: { readonly speed: Record<'x' | 'y' | 'z', number>; readonly timeout: number }): Promise<void>;
  ptzStop(): Promise<unknown>;
  readonly services: {
    readonly device: { getNetworkInterfaces(): Promise<{ readonly data: unknown }> };
    readonly ptz: { getPresets(params: { readonly ProfileToken: string }): Promise<{ readonly data: unknown }> };
  };
}

interface NodeOnvifProfile {
  readonly token: string;
  readonly name: string;
  readonly snapshot: string;
  readonly stream: { readonly rtsp: string };
  readonly video: { readonly encoder: { readonly resolution: { readonly width: number; readonly height: number } } };
}

/** The parts of `onvif` 0.8.3 that are used here; its own types leave most answers open. */
interface AgshCam {
  readonly profiles: readonly { readonly $: { readonly token: string }; readonly name: string }[];
  getDeviceInformation(done: Callback<Record<string, unknown>>): void;
  getSnapshotUri(options: { readonly profileToken: string }, done: Callback<{ readonly uri: string }>): void;
  getStreamUri(
    options: { readonly protocol: string; readonly profileToken: string },
    done: Callback<{ readonly uri: string }>,
  ): void;
  getPresets(done: Callback<Record<string, { readonly $: { readonly token: string | number } }>>): void;
  getStatus(done: Callback<{ readonly position: Record<'x' | 'y' | 'zoom', number> }>): void;
  continuousMove(options: Record<'x' | 'y' | 'zoom' | 'timeout', number>, done: Callback<unknown>): void;
  stop(done: Callback<unknown>): void;
  on(name: 'event', listener: (message: AgshMessage) => void): void;
  on(name: 'eventsError', listener: (error: Error) => void): void;
  removeAllListeners(name: string): void;
  unsubscribe(done: Callback<unknown>): void;
}

interface AgshMessage {
  readonly topic: { readonly _: string };
  readonly message: {
    readonly message: { readonly data: { readonly simpleItem: { readonly $: Record<string, unknown> } } };
  };
}

type Callback<T> = (error: Error | null, value: T) => void;
type AgshConstructor = new (
  options: Record<string, unknown>,
  done: (this: AgshCam, error: Error | null) => void,
) => AgshCam;

const require = createRequire(import.meta.url);
const { OnvifDevice } = require('node-onvif') as {
  OnvifDevice: new (params: Record<string, string>) => NodeOnvifDevice;
};
const { Cam } = require('onvif') as { Cam: AgshConstructor };

const credentials = { username: 'admin', password: 'Strong-Enough-1' };
const exchanges = new Map<string, string>();
const onExchange = ({ request, status, answer }: Exchange) => {
  // What the foreign client sends is its own affair; what the simulator answers is judged below.
  if (request.startsWith('<') && answer.startsWith('<')) exchanges.set(`${exchanges.size} ${status}`, answer);
};

const usual = { seed: 1, credentials, discoveryPort: false, onExchange } as const;

describe.each([
  { title: 'of full size', options: {} },
  { title: 'an hour behind, with Media 1 only', options: { clockSkewMs: -3_600_000, hasMedia2: false } },
])('a simulated camera $title', ({ options }) => {
  let camera: OnvifCamera;
  beforeEach(async () => {
    camera = await startOnvifCamera({ ...options, ...usual });
  });
  afterEach(() => camera[Symbol.asyncDispose]());

  it('is understood by node-onvif 0.1.7', async () => {
    // It knows a single challenge, and none with an opaque value.
    await using camera = await startOnvifCamera({ ...options, ...usual, digestStyle: 'plain' });
    const xaddr = `http://${camera.host}:${camera.port}/onvif/device_service`;
    const device = new OnvifDevice({ xaddr, user: credentials.username, pass: credentials.password });
    expect(await device.init()).toMatchObject({
      Manufacturer: 'Edufleet Sim',
      Model: 'ES-PTZ 4M',
      FirmwareVersion: '3.2.10',
      SerialNumber: camera.identity.serial,
    });
    const profiles = device.getProfileList();
    expect(profiles.map(({ token }) => token)).toEqual(['main', 'sub', 'photo']);
    expect(profiles[0]?.video.encoder.resolution).toEqual({ width: 1920, height: 1080 });
    expect(profiles[0]?.stream.rtsp).toContain('rtsp://127.0.0.1:554/stream/main');
    const picture = await device.fetchSnapshot();
    expect(picture.headers['content-type']).toBe('image/jpeg');
    expect(picture.body.subarray(0, 2).toString('hex')).toBe('ffd8');
    const { data } = await device.services.device.getNetworkInterfaces();
    expect(JSON.stringify(data)).toContain(camera.identity.mac.toUpperCase());
    expect(JSON.stringify(await device.services.ptz.getPresets({ ProfileToken: 'main' }))).toContain('Cửa lớp');
    await device.ptzMove({ speed: { x: 1, y: 0, z: 0 }, timeout: 5 });
    expect(camera.isMoving).toBe(true);
    await device.ptzStop();
    expect(camera.isMoving).toBe(false);
    expect(camera.signInFailures).toBe(0);
  });

  it.each([{ useWSSecurity: true }, { useWSSecurity: false }])('is understood by onvif 0.8.3 %j', async (signIn) => {
    const cam = await connect(camera, signIn);
    const information = await ask<Record<string, unknown>>((done) => cam.getDeviceInformation(done));
    expect(information).toMatchObject({ manufacturer: 'Edufleet Sim', model: 'ES-PTZ 4M' });
    expect(cam.profiles.map(({ $ }) => $.token)).toEqual(['main', 'sub', 'photo']);
    const snapshot = await ask<{ uri: string }>((done) => cam.getSnapshotUri({ profileToken: 'sub' }, done));
    expect(snapshot.uri).toBe(`http://127.0.0.1:${camera.port}/snapshot/sub.jpg?size=full`);
    const stream = await ask<{ uri: string }>((done) =>
      cam.getStreamUri({ protocol: 'RTSP', profileToken: 'sub' }, done),
    );
    expect(stream.uri).toContain('rtsp://127.0.0.1:554/stream/sub');
    const presets = await ask<Record<string, { $: { token: unknown } }>>((done) => cam.getPresets(done));
    expect(Object.keys(presets).sort()).toEqual(['Board', 'Cửa lớp', 'Whole room']);
    await ask((done) => cam.continuousMove({ x: 1, y: 0, zoom: 0, timeout: 5_000 }, done));
    expect(camera.isMoving).toBe(true);
    await ask((done) => cam.stop(done));
    const status = await ask<{ position: Record<'x' | 'y' | 'zoom', number> }>((done) => cam.getStatus(done));
    expect(status.position.x).toBeCloseTo(camera.position.pan, 5);
    expect(camera.signInFailures).toBe(0);
  });

  it('delivers its events to onvif 0.8.3', async () => {
    const cam = await connect(camera, { useWSSecurity: true });
    const seen: string[] = [];
    const errors: Error[] = [];
    cam.on('eventsError', (error) => errors.push(error));
    const done = new Promise<void>((resolve) => {
      cam.on('event', ({ topic, message }) => {
        const { Name, Value } = message.message.data.simpleItem.$;
        seen.push(`${topic._} ${String(Name)}=${String(Value)}`);
        if (seen.length === 2) camera.setMotion(true);
        if (seen.length === 3) resolve();
      });
    });
    await done;
    expect(errors).toEqual([]);
    expect(seen).toEqual([
      'tns1:RuleEngine/CellMotionDetector/Motion IsMotion=false',
      'tns1:VideoSource/GlobalSceneChange/ImagingService State=false',
      'tns1:RuleEngine/CellMotionDetector/Motion IsMotion=true',
    ]);
    cam.removeAllListeners('event');
    await ask((finished) => cam.unsubscribe(finished));
    expect(camera.pullPoints).toBe(0);
  });

  it('refuses onvif 0.8.3 with a wrong password', async () => {
    const cam = await connect(camera, { password: 'wrong' }).catch((error: Error) => error);
    const failure =
      cam instanceof Error ? cam : await ask((done) => cam.getDeviceInformation(done)).catch((error: Error) => error);
    expect(String(failure)).toMatch(/not authorized/i);
    expect(camera.signInFailures).toBeGreaterThan(0);
  });
});

const absence = schemaAbsence();
describe.skipIf(absence !== undefined)(`answers to foreign clients${absence ? ` (skipped: ${absence})` : ''}`, () => {
  afterAll(() => exchanges.clear());
  it("follow ONVIF's own schemas", () => {
    expect(exchanges.size).toBeGreaterThan(50);
    expect(openSchemas().validate(exchanges)).toEqual([]);
  });
});

function connect(camera: OnvifCamera, options: Record<string, unknown>): Promise<AgshCam> {
  return new Promise((resolve, reject) => {
    const cam = new Cam(
      { hostname: camera.host, port: camera.port, ...credentials, timeout: 5_000, ...options },
      (error) => (error ? reject(error) : resolve(cam)),
    );
  });
}

function ask<T>(question: (done: Callback<T>) => void): Promise<T> {
  return new Promise((resolve, reject) => {
    question((error, value) => (error ? reject(error) : resolve(value)));
  });
}
