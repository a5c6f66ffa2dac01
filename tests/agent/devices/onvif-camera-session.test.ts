import { createServer } from 'node:http';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Driver, DriverSession } from '../../../agent/devices/driver.ts';
import { DeviceError } from '../../../agent/devices/error.ts';
import { onvifCamera } from '../../../agent/devices/onvif-camera/index.ts';
import {
  type Exchange,
  type OnvifCamera,
  type OnvifCameraOptions,
  startOnvifCamera,
} from '../../simulators/onvif-camera/index.ts';
import { createFastClock, type FastClock } from '../../support/clock.ts';
import { createTestContext, createTestNetwork, type TestContext } from '../../support/driver-context.ts';

const driver: Driver = onvifCamera;
const credentials = { username: 'admin', password: 'Lớp & học <7>' };

interface Scene {
  readonly camera: OnvifCamera;
  readonly test: TestContext<unknown>;
  readonly urls: string[];
  connect(): Promise<DriverSession>;
}

describe('a session with an ONVIF camera', () => {
  let clock: FastClock;
  let cleanup: AsyncDisposableStack;
  beforeEach(() => {
    clock = createFastClock(20);
    cleanup = new AsyncDisposableStack();
  });
  afterEach(async () => {
    await cleanup.disposeAsync();
    expect(clock.pending, 'timers left').toBe(0);
  });

  async function open(options: OnvifCameraOptions = {}, settings = {}, login = credentials): Promise<Scene> {
    const camera = cleanup.use(
      await startOnvifCamera({ seed: 1, clock, credentials, discoveryPort: false, ...options }),
    );
    const urls: string[] = [];
    const network = createTestNetwork(clock);
    const test = createTestContext({
      family: 'onvif-camera',
      settings: driver.settings.parse({ timeoutMs: 30_000, ...settings }),
      clock,
      address: camera.address,
      credentials: login,
      network: {
        ...network,
        http: {
          request: (request) => {
            urls.push(request.url);
            return network.http.request(request);
          },
        },
      },
    });
    cleanup.defer(() => test.stop());
    return {
      camera,
      test,
      urls,
      connect: async () => cleanup.use(await driver.connect(test.context)),
    };
  }

  /** Waits, in the clock of the driver, until `check` passes. */
  async function eventually(check: () => void): Promise<void> {
    for (let left = 200; ; left -= 1) {
      try {
        return check();
      } catch (thrown) {
        if (left === 0) throw thrown;
        await clock.wait(100);
      }
    }
  }

  it('describes the camera in its own words and leaves strings alone', async () => {
    const { test, connect } = await open({ seed: 0, hasPtz: false });
    const session = await connect();
    await session.poll(test.context.signal);
    expect(test.reporter.descriptors.at(-1)).toEqual({
      family: 'onvif-camera',
      vendor: 'Edufleet Sim',
      model: 'ES-Dome 2M',
      serial: 'SIM00000000',
      firmware: '1.10',
      hardware: '1.0',
      macs: ['02:ed:f1:00:00:00'],
      capabilities: {
        identity: { commands: [] },
        firmware: { commands: [] },
        video: { commands: [] },
        snapshot: { commands: ['take'] },
        motion: { commands: [] },
        time: { commands: ['setNtp'] },
        network: { commands: ['setHostname'] },
        accounts: { commands: [] },
        certificate: { commands: [] },
        log: { commands: ['fetch'] },
        power: { commands: ['reboot'] },
        imaging: { commands: ['set'] },
      },
    });
    expect(test.reporter.last('identity')).toMatchObject({ firmware: '1.10', name: 'Library gate 0' });
    expect(test.reporter.last('firmware')).toEqual({
      version: '1.10',
      updatable: true,
      clockSkewSeconds: expect.any(Number),
    });
    expect(test.reporter.last('ptz')).toBeUndefined();
  });

  it.each([
    { title: 'Media 2', options: {} },
    { title: 'Media 1', options: { hasMedia2: false } },
    { title: 'Media 1 where Media 2 is only announced', options: { isMedia2Broken: true } },
  ])('reports the profiles of $title with stream addresses that hold no secret', async ({ options }) => {
    const { test, connect } = await open(options);
    const session = await connect();
    await session.poll(test.context.signal);
    const { profiles } = test.reporter.last('video') as { profiles: readonly unknown[] };
    expect(profiles).toHaveLength(3);
    expect(profiles[0]).toEqual({
      token: 'main',
      name: 'Main stream',
      encoding: 'H264',
      width: 1920,
      height: 1080,
      framesPerSecond: 25,
      bitrateKbps: 4096,
      streamUri: 'rtsp://127.0.0.1:554/stream/main',
    });
    expect(JSON.stringify(test.reporter.states)).not.toMatch(/hunter2|Lớp|password/);
  });

  it('works with a camera that knows neither GetServices, nor events, nor movement', async () => {
    const { test, connect } = await open({
      hasPtz: false,
      hasEvents: false,
      hasImaging: false,
      hasMedia2: false,
      knowsGetServices: false,
    });
    const session = await connect();
    await session.poll(test.context.signal);
    expect(Object.keys(test.reporter.descriptors.at(-1)?.capabilities ?? {})).toEqual([
      'identity',
      'firmware',
      'video',
      'snapshot',
      'time',
      'network',
      'accounts',
      'certificate',
      'log',
      'power',
    ]);
    expect(test.reporter.last('motion')).toBeUndefined();
    await expect(
      session.execute({ id: '1', capability: 'ptz', name: 'stop', args: {} }, test.context.signal),
    ).rejects.toMatchObject({ code: 'unsupported-command' });
  });

  describe('keeps the enrolled host', () => {
    it.each([{ usesReferenceParameters: false }, { usesReferenceParameters: true }])(
      'whatever addresses the camera advertises %j',
      async (options) => {
        const { camera, test, urls, connect } = await open({ advertisedHost: '203.0.113.66', ...options });
        const session = await connect();
        await session.poll(test.context.signal);
        camera.setMotion(true);
        await eventually(() => expect(test.reporter.last('motion')).toMatchObject({ active: true }));
        await session.execute({ id: '1', capability: 'snapshot', name: 'take', args: {} }, test.context.signal);
        await session[Symbol.asyncDispose]();
        expect(camera.pullPoints).toBe(0);
        expect(new Set(urls.map((url) => new URL(url).host))).toEqual(new Set([`127.0.0.1:${camera.port}`]));
        expect(JSON.stringify(test.reporter.states)).not.toContain('203.0.113.66');
      },
    );
  });

  describe('signs in', () => {
    it.each([
      { title: 'with a token, the clock an hour behind', options: { signIn: 'token', clockSkewMs: -3_600_000 } },
      { title: 'with a token, the clock years ahead', options: { signIn: 'token', clockSkewMs: 90_000_000_000 } },
      { title: 'with digest when the camera asks for it', options: { signIn: 'digest' } },
      { title: 'with plain MD5 digest', options: { signIn: 'digest', digestStyle: 'plain' } },
      { title: 'with digest and a nonce that is stale after two uses', options: { signIn: 'digest', nonceUses: 2 } },
    ] as const)('$title', async ({ options }) => {
      const { camera, test, connect } = await open(options);
      const session = await connect();
      await session.poll(test.context.signal);
      await session.execute({ id: '1', capability: 'snapshot', name: 'take', args: {} }, test.context.signal);
      await session.poll(test.context.signal);
      expect(test.uploads).toHaveLength(1);
      expect(camera.signInFailures).toBe(0);
    });

    it('to a camera that lets everybody in', async () => {
      const { test, connect } = await open({ credentials: null });
      const session = await connect();
      await session.poll(test.context.signal);
      expect(test.reporter.last('identity')).toMatchObject({ vendor: 'Edufleet Sim' });
    });

    it('again when the clock of the camera jumps', async () => {
      const { camera, test, connect } = await open({ signIn: 'token' });
      const session = await connect();
      await session.poll(test.context.signal);
      const skew = () => Number(test.reporter.last('firmware')?.['clockSkewSeconds']);
      expect(Math.abs(skew())).toBeLessThan(5);
      camera.setClockSkew(7_200_000);
      await session.poll(test.context.signal);
      expect(Math.abs(skew() - 7_200)).toBeLessThan(5);
      camera.setClockSkew(-7_200_000);
      // A command comes without a poll before it: the refusal itself must make the driver look at the clock.
      await session.execute({ id: '1', capability: 'ptz', name: 'stop', args: {} }, test.context.signal);
    });

    it.each(['token', 'digest', 'either'] as const)(
      'with a wrong password once or twice and then leaves a camera alone (%s)',
      async (signIn) => {
        const { camera, test } = await open({ signIn }, {}, { ...credentials, password: 'wrong' });
        await expect(driver.connect(test.context)).rejects.toMatchObject({ code: 'authentication' });
        expect(camera.signInFailures).toBeGreaterThan(0);
        expect(camera.signInFailures).toBeLessThanOrEqual(2);
      },
    );

    it('no more within minutes once a camera has refused, neither for polls nor for commands nor for events', async () => {
      const { camera, test, connect } = await open();
      const session = await connect();
      await session.poll(test.context.signal);
      await camera.setFault('wrong-password');
      await expect(session.poll(test.context.signal)).rejects.toMatchObject({ code: 'authentication' });
      const failures = camera.signInFailures;
      const requests = camera.requests;
      for (let round = 0; round < 5; round += 1) {
        await expect(session.poll(test.context.signal)).rejects.toMatchObject({ code: 'authentication' });
      }
      await expect(
        session.execute({ id: '1', capability: 'snapshot', name: 'take', args: {} }, test.context.signal),
      ).rejects.toMatchObject({ code: 'authentication' });
      expect(camera.requests).toBe(requests);
      // The pull that waits at the camera ends in its own time and may be refused once.
      await clock.wait(60_000);
      expect(camera.signInFailures - failures).toBeLessThanOrEqual(3);
    });

    it('without credentials where none are set, and says that they are missing', async () => {
      const { camera, test } = await open();
      const { credentials: _none, ...device } = test.context.device;
      await expect(driver.connect({ ...test.context, device })).rejects.toMatchObject({ code: 'authentication' });
      expect(camera.signInFailures).toBe(0);
    });
  });

  describe('takes pictures', () => {
    const take = (session: DriverSession, test: TestContext<unknown>, args = {}) =>
      session.execute({ id: 'c1', capability: 'snapshot', name: 'take', args }, test.context.signal);

    it('of the profile that is asked for, each new', async () => {
      const { test, connect } = await open();
      const session = await connect();
      const result = await take(session, test, { profile: 'photo' });
      expect(result).toEqual({ sizeBytes: test.uploads[0]?.bytes.byteLength, profile: 'photo' });
      await take(session, test, { profile: 'photo' });
      expect(test.uploads.map(({ commandId }) => commandId)).toEqual(['c1', 'c1']);
      expect(Buffer.from(test.uploads[0]?.bytes ?? []).equals(test.uploads[1]?.bytes ?? new Uint8Array())).toBe(false);
      await expect(take(session, test, { profile: 'none' })).rejects.toMatchObject({ code: 'unsupported' });
    });

    it('with Basic only where its owner allows the password in the clear', async () => {
      const refused = await open({ basicPictures: true });
      await expect(take(await refused.connect(), refused.test)).rejects.toThrow(/allowPlainPassword/);
      expect(refused.test.uploads).toHaveLength(0);
      const allowed = await open({ basicPictures: true }, { allowPlainPassword: true });
      await take(await allowed.connect(), allowed.test);
      expect(allowed.test.uploads).toHaveLength(1);
    });

    it('and refuses what is no picture', async () => {
      const { test, connect } = await open({ isPictureBroken: true });
      await expect(take(await connect(), test)).rejects.toMatchObject({ code: 'protocol' });
      expect(test.uploads).toHaveLength(0);
    });
  });

  describe('moves', () => {
    const move = (session: DriverSession, test: TestContext<unknown>, args = {}, signal = test.context.signal) =>
      session.execute(
        { id: '1', capability: 'ptz', name: 'move', args: { pan: 1, tilt: 0, zoom: 0, durationMs: 1_000, ...args } },
        signal,
      );

    it('and stops, and says where it looks then', async () => {
      const asked: string[] = [];
      const onExchange = ({ request }: Exchange) => asked.push(/:(ContinuousMove|Stop) /.exec(request)?.[1] ?? '');
      const { camera, test, connect } = await open({ onExchange });
      const session = await connect();
      const result = await move(session, test);
      expect(asked.filter((name) => name !== '')).toEqual(['ContinuousMove', 'Stop']);
      expect(result).toMatchObject({ verified: true });
      expect(result['pan']).toBeCloseTo(camera.position.pan, 5);
      expect(camera.isMoving).toBe(false);
      expect(test.reporter.last('ptz')).toMatchObject({ moving: false, pan: result['pan'] });
    });

    it('and stops also when it is aborted on the way', async () => {
      const { camera, test, connect } = await open();
      const session = await connect();
      const controller = new AbortController();
      const moving = move(session, test, { durationMs: 5_000 }, controller.signal);
      const failed = expect(moving).rejects.toThrow('enough');
      await eventually(() => expect(camera.isMoving).toBe(true));
      controller.abort(new Error('enough'));
      await failed;
      expect(camera.isMoving).toBe(false);
    });

    it('and the camera stops by itself when no stop arrives', async () => {
      const { camera, test, connect } = await open();
      const session = await connect();
      const moving = move(session, test, { pan: 0.01, durationMs: 2_000 });
      const failed = expect(moving).rejects.toBeInstanceOf(DeviceError);
      await eventually(() => expect(camera.isMoving).toBe(true));
      await camera.setFault('silence');
      await failed;
      expect(camera.isMoving).toBe(false);
    });

    it('and calls a camera stuck that acknowledges and does not move', async () => {
      const { test, connect } = await open({ isStuck: true });
      const session = await connect();
      await expect(move(session, test)).rejects.toMatchObject({ code: 'no-effect' });
      await expect(
        session.execute({ id: '1', capability: 'ptz', name: 'goToPreset', args: { token: '1' } }, test.context.signal),
      ).rejects.toMatchObject({ code: 'no-effect' });
    });

    it('and admits that it cannot tell where a camera has no position', async () => {
      const { camera, test, connect } = await open({ tellsPosition: false });
      const session = await connect();
      expect(await move(session, test)).toEqual({ verified: false });
      expect(camera.position.pan).toBeGreaterThan(0);
    });

    it('to a preset, and to none that does not exist', async () => {
      const { camera, test, connect } = await open();
      const session = await connect();
      const goTo = (token: string) =>
        session.execute({ id: '1', capability: 'ptz', name: 'goToPreset', args: { token } }, test.context.signal);
      expect(await goTo('3')).toEqual({ verified: true, moving: false, pan: 0.8, tilt: -0.2, zoom: 0.2 });
      expect(camera.position).toEqual({ pan: 0.8, tilt: -0.2, zoom: 0.2 });
      await expect(goTo('99')).rejects.toMatchObject({ code: 'unsupported' });
      await session.poll(test.context.signal);
      expect(test.reporter.last('ptz')).toMatchObject({
        presets: [
          { token: '1', name: 'Board' },
          { token: '2', name: 'Whole room' },
          { token: '3', name: 'Cửa lớp' },
        ],
      });
    });
  });

  describe('hears events', () => {
    it('of motion and tampering, counts them, and tells tampering as an event', async () => {
      const { camera, test, connect } = await open();
      const session = await connect();
      await session.poll(test.context.signal);
      await eventually(() => expect(test.reporter.last('motion')).toEqual({ active: false, tampered: false }));
      for (const isMotion of [true, false, true]) {
        camera.setMotion(isMotion);
        await eventually(() => expect(test.reporter.last('motion')).toMatchObject({ active: isMotion }));
      }
      camera.setTampered(true);
      await eventually(() =>
        expect(test.reporter.events).toEqual([
          { capability: 'motion', name: 'tampered', severity: 'critical', data: { active: true } },
        ]),
      );
      await session.poll(test.context.signal);
      expect(test.reporter.last('motion')).toEqual({ active: true, tampered: true, lastAt: expect.any(Number) });
      expect(test.reporter.samples.at(-1)).toMatchObject({ 'motion.count': 2 });
    });

    it('does not let the long poll hold up a poll', async () => {
      const { test, connect } = await open();
      const session = await connect();
      const startedAt = clock.mono();
      await session.poll(test.context.signal);
      expect(clock.mono() - startedAt).toBeLessThan(10_000);
    });

    it('opens its pull point again after the camera has lost it, and knows then what is over', async () => {
      const { camera, test, connect } = await open();
      const session = await connect();
      await eventually(() => expect(test.reporter.last('motion')).toMatchObject({ active: false }));
      camera.setMotion(true);
      await eventually(() => expect(test.reporter.last('motion')).toMatchObject({ active: true }));
      camera.forgetPullPoints();
      expect(camera.pullPoints).toBe(0);
      await eventually(() => expect(camera.pullPoints).toBe(1));
      camera.setMotion(false);
      await eventually(() => expect(test.reporter.last('motion')).toMatchObject({ active: false }));
      await session.poll(test.context.signal);
      expect(test.reporter.samples.at(-1)).toMatchObject({ 'motion.count': 1 });
    });

    it('keeps its pull point alive for as long as it wants, renewed or not, and gives it back at the end', async () => {
      const scenes = await Promise.all([open(), open({ knowsRenew: false })]);
      const sessions = await Promise.all(scenes.map(({ connect }) => connect()));
      await clock.wait(150_000);
      for (const [index, { camera, test }] of scenes.entries()) {
        expect(camera.pullPoints).toBe(1);
        camera.setMotion(true);
        await eventually(() => expect(test.reporter.last('motion')).toMatchObject({ active: true }));
        await sessions[index]?.[Symbol.asyncDispose]();
        expect(camera.pullPoints).toBe(0);
      }
    });

    it('takes motion back when the camera announces events and has no pull points', async () => {
      const { test, connect } = await open({ hasPullPoints: false });
      const session = await connect();
      await eventually(() => expect(clock.pending).toBe(0));
      await session.poll(test.context.signal);
      expect(Object.keys(test.reporter.descriptors.at(-1)?.capabilities ?? {})).not.toContain('motion');
    });
  });

  it('notices new firmware, tells it once, and describes the camera anew', async () => {
    const { camera, test, connect } = await open();
    const session = await connect();
    await session.poll(test.context.signal);
    camera.setFirmware('3.3.0');
    await session.poll(test.context.signal);
    await session.poll(test.context.signal);
    expect(test.reporter.events).toEqual([
      { capability: 'firmware', name: 'changed', severity: 'info', data: { from: '3.2.10', to: '3.3.0' } },
    ]);
    expect(test.reporter.descriptors.map(({ firmware }) => firmware)).toEqual(['3.2.10', '3.3.0']);
    expect(test.reporter.last('firmware')).toMatchObject({ version: '3.3.0' });
  });

  it('takes a hostile answer for nonsense, and nothing worse', async () => {
    const bodies = [
      `<!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>`,
      '<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope"><s:Body/></s:Envelope>',
      '<a>'.repeat(5_000),
      'x'.repeat(2_000_000),
    ];
    for (const body of bodies) {
      const server = createServer((_request, response) => response.end(body));
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      const address = server.address();
      if (typeof address !== 'object' || !address) throw new Error('no address');
      const test = createTestContext({
        family: 'onvif-camera',
        settings: driver.settings.parse({}),
        clock,
        address: { host: '127.0.0.1', port: address.port },
        credentials,
      });
      await expect(driver.connect(test.context)).rejects.toMatchObject({ code: 'protocol' });
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    }
  });
});
