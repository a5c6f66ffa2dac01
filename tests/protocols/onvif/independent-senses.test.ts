import { createRequire } from 'node:module';
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Exchange, type OnvifCamera, startOnvifCamera } from '../../simulators/onvif-camera/index.ts';
import { openSchemas, schemaAbsence } from './onvif-schema.ts';

// The two clients that others wrote, on what a camera senses and switches, as far as they speak of it.

interface NodeOnvifDevice {
  init(): Promise<unknown>;
  readonly services: {
    readonly device: { getRelayOutputs(): Promise<{ readonly data: unknown }> };
    readonly events: { getEventProperties(): Promise<{ readonly data: unknown }> };
    readonly ptz: {
      setPreset(params: Record<'ProfileToken' | 'PresetName', string>): Promise<{ readonly data: unknown }>;
      removePreset(params: Record<'ProfileToken' | 'PresetToken', string>): Promise<unknown>;
    };
  };
}

interface AgshCam {
  getImagingSettings(options: object, done: Callback<Record<string, unknown>>): void;
  setImagingSettings(options: object, done: Callback<unknown>): void;
  getVideoSourceOptions(options: object, done: Callback<Record<string, unknown>>): void;
  setPreset(options: Record<string, string>, done: Callback<unknown>): void;
  removePreset(options: Record<string, string>, done: Callback<unknown>): void;
  getEventProperties(done: Callback<unknown>): void;
}

type Callback<T> = (error: Error | null, value: T) => void;

const require = createRequire(import.meta.url);
const { OnvifDevice } = require('node-onvif') as {
  OnvifDevice: new (params: Record<string, string>) => NodeOnvifDevice;
};
const { Cam } = require('onvif') as {
  Cam: new (options: object, done: (this: AgshCam, error: Error | null) => void) => AgshCam;
};

const credentials = { username: 'admin', password: 'Strong-Enough-1' };
const exchanges = new Map<string, string>();
const onExchange = ({ request, status, answer }: Exchange) => {
  if (request.startsWith('<') && answer.startsWith('<')) exchanges.set(`${exchanges.size} ${status}`, answer);
};

describe('the senses of a simulated camera', () => {
  let camera: OnvifCamera;
  beforeEach(async () => {
    camera = await startOnvifCamera({
      seed: 1,
      credentials,
      discoveryPort: false,
      digestStyle: 'plain',
      onExchange,
      relays: [{ token: 'siren', mode: 'Bistable', delayMs: 1_500, idle: 'open', isActive: false }],
      rules: [
        { name: 'Fence', kind: 'line', value: 0 },
        { name: 'Gate', kind: 'counter', value: 0 },
      ],
    });
  });
  afterEach(() => camera[Symbol.asyncDispose]());

  it('are understood by node-onvif 0.1.7', async () => {
    const xaddr = `http://${camera.host}:${camera.port}/onvif/device_service`;
    const device = new OnvifDevice({ xaddr, user: credentials.username, pass: credentials.password });
    await device.init();
    const { services } = device;
    const relays = JSON.stringify((await services.device.getRelayOutputs()).data);
    expect(relays).toContain('"token":"siren"');
    expect(relays).toContain('PT1.5S');
    const topics = JSON.stringify((await services.events.getEventProperties()).data);
    expect(topics).toContain('LineDetector');
    expect(topics).toContain('CountAggregation');
    const saved = await services.ptz.setPreset({ ProfileToken: 'main', PresetName: 'Door' });
    expect(JSON.stringify(saved.data)).toContain('"PresetToken":"4"');
    expect(camera.presets.map(({ name }) => name)).toContain('Door');
    await services.ptz.removePreset({ ProfileToken: 'main', PresetToken: '1' });
    expect(camera.presets.map(({ token }) => token)).toEqual(['2', '3', '4']);
  });

  it('are understood by onvif 0.8.3', async () => {
    const cam = await new Promise<AgshCam>((resolve, reject) => {
      const options = { hostname: camera.host, port: camera.port, ...credentials, timeout: 5_000 };
      const opened = new Cam(options, (error) => (error ? reject(error) : resolve(opened)));
    });
    const settings = await ask((done: Callback<Record<string, unknown>>) => cam.getImagingSettings({}, done));
    expect(settings).toMatchObject({
      brightness: 50,
      colorSaturation: 60,
      contrast: 40,
      sharpness: 3,
      irCutFilter: 'AUTO',
    });
    const options = await ask((done: Callback<Record<string, unknown>>) => cam.getVideoSourceOptions({}, done));
    expect(options).toMatchObject({ brightness: { min: 0, max: 100 }, sharpness: { min: -5, max: 5 } });
    await ask((done) =>
      cam.setImagingSettings({ brightness: 70, irCutFilter: 'OFF', exposure: { mode: 'MANUAL' } }, done),
    );
    expect(camera.senses.imaging).toMatchObject({
      brightness: 70,
      contrast: 40,
      irCutFilter: 'OFF',
      exposure: 'MANUAL',
    });
    await ask((done) => cam.setPreset({ presetName: 'Door' }, done));
    await ask((done) => cam.removePreset({ presetToken: '2' }, done));
    expect(camera.presets.map(({ name }) => name)).toEqual(['Board', 'Cửa lớp', 'Door']);
    expect(JSON.stringify(await ask((done) => cam.getEventProperties(done)))).toContain('lineDetector');
    expect(camera.signInFailures).toBe(0);
  });
});

const absence = schemaAbsence();
describe.skipIf(absence !== undefined)(`answers about the senses${absence ? ` (skipped: ${absence})` : ''}`, () => {
  afterAll(() => exchanges.clear());
  it("follow ONVIF's own schemas", () => {
    expect(exchanges.size).toBeGreaterThan(15);
    expect(openSchemas().validate(exchanges)).toEqual([]);
  });
});

function ask<T>(question: (done: Callback<T>) => void): Promise<T> {
  return new Promise((resolve, reject) => {
    question((error, value) => (error ? reject(error) : resolve(value)));
  });
}
