import { describe, expect, it } from 'vitest';
import type { BrokerGrant, BrokerPort } from '../../../../agent/devices/driver.ts';
import { onvifCamera } from '../../../../agent/devices/onvif-camera/index.ts';
import { motionEvent, recognitionEvent } from '../../../simulators/onvif-camera/sensing/senses.ts';
import { openBroker, openScene, type Scene } from './scene.ts';

const rules = [
  { name: 'Fence', kind: 'line', value: 0 },
  { name: 'Gate', kind: 'counter', value: 5 },
] as const;

const isPublishing = (scene: Scene) =>
  scene.eventually(() => {
    expect(scene.camera.eventBrokers.known).toMatchObject([{ prefix: 'device-1', isConnected: true }]);
    expect(scene.camera.pullPoints).toBe(0);
  });

const motionIs = (scene: Scene, active: boolean) =>
  scene.eventually(() => expect(scene.test.reporter.last('motion')).toMatchObject({ active }));

describe('events of a camera that can publish', () => {
  it("come by the agent's own broker, and the pull point is given back", async () => {
    await using broker = openBroker();
    await using scene = await openScene({ rules, maxEventBrokers: 2, broker });
    const { camera, test } = scene;
    const session = await scene.connect();
    await isPublishing(scene);
    camera.setMotion(true);
    await motionIs(scene, true);
    camera.setMotion(false);
    camera.detect('Fence', 1);
    camera.detect('Gate', 6);
    await motionIs(scene, false);
    await session.poll(test.context.signal);
    expect(test.reporter.samples.at(-1)).toMatchObject({
      'motion.count': 1,
      'detection.detections@Fence/vs0': 1,
      'detection.objects@Gate/vs0': 6,
    });
    expect(camera.pullPoints).toBe(0);
    await session[Symbol.asyncDispose]();
    expect(camera.eventBrokers.known).toEqual([]);
  });

  it('come from a camera at any address, and from that address alone', async () => {
    await using broker = openBroker();
    await using scene = await openScene({ host: '127.0.10.11', maxEventBrokers: 1, broker });
    await scene.connect();
    await isPublishing(scene);
    scene.camera.setMotion(true);
    await motionIs(scene, true);
  });

  it('tell counts and never what a recogniser has read', async () => {
    await using broker = openBroker();
    await using scene = await openScene({ rules, maxEventBrokers: 1, broker });
    const session = await scene.connect();
    await isPublishing(scene);
    scene.camera.sendEvent(recognitionEvent('76A-123.45'));
    scene.camera.detect('Fence', 1);
    await scene.eventually(() => expect(scene.test.reporter.events).toMatchObject([{ name: 'crossed' }]));
    await session.poll(scene.test.context.signal);
    const { states, samples, events } = scene.test.reporter;
    expect(JSON.stringify([states, samples, events])).not.toMatch(/76A|Human|"15"/);
  });

  it('are believed below the id of the device only: the broker refuses the rest', async () => {
    await using broker = openBroker();
    await using scene = await openScene({ maxEventBrokers: 1, broker });
    await using other = await broker.admit({
      username: 'camera-device-2',
      password: 'other',
      publish: ['device-2/onvif-ej/#'],
      subscribe: [],
    });
    await scene.connect();
    await isPublishing(scene);
    const payload = '{"UtcTime":"2026-03-02T00:00:00Z","Source":{"Source":"vs0"},"Data":{"State":true}}';
    scene.camera.eventBrokers.publishRaw('device-2/onvif-ej/VideoSource/MotionAlarm', payload);
    scene.camera.eventBrokers.publishRaw('device-1/other/VideoSource/MotionAlarm', payload);
    await expect(other.receive(AbortSignal.timeout(300))).rejects.toThrow();
    await isPublishing(scene);
    expect(scene.test.reporter.last('motion')).toMatchObject({ active: false });
  });

  it('come under a password of the session, from the camera alone, to its own topics alone', async () => {
    await using broker = openBroker();
    const grants: BrokerGrant[] = [];
    const recording: BrokerPort = {
      admit: (grant) => {
        grants.push(grant);
        return broker.admit(grant);
      },
    };
    const exchanges: string[] = [];
    await using scene = await openScene({
      maxEventBrokers: 1,
      broker: recording,
      onExchange: ({ request }) => exchanges.push(request),
    });
    for (let session = 0; session < 2; session += 1) {
      const opened = await scene.connect();
      await isPublishing(scene);
      await opened[Symbol.asyncDispose]();
    }
    const [first, second] = grants;
    expect(grants).toHaveLength(2);
    expect(first).toEqual({
      username: 'camera-device-1',
      password: expect.stringMatching(/^[\w-]{32}$/),
      from: '127.0.0.1',
      publish: ['device-1/onvif-ej/#'],
      subscribe: [],
    });
    expect(second?.password).not.toBe(first?.password);
    const { states, events, descriptors } = scene.test.reporter;
    expect(JSON.stringify([states, events, descriptors])).not.toContain(first?.password);
    expect(exchanges.filter((request) => request.includes(first?.password ?? ''))).toHaveLength(1);
  });

  it('end with the property that they told of', async () => {
    await using broker = openBroker();
    await using scene = await openScene({ maxEventBrokers: 1, broker });
    await scene.connect();
    await isPublishing(scene);
    scene.camera.setMotion(true);
    await motionIs(scene, true);
    scene.camera.eventBrokers.remove(motionEvent({ isMotion: true } as Parameters<typeof motionEvent>[0]));
    await motionIs(scene, false);
  });

  it('are pulled again while nothing is published', async () => {
    const broker = openBroker();
    await using scene = await openScene({ maxEventBrokers: 1, broker });
    const session = await scene.connect();
    await isPublishing(scene);
    // The broker goes, as when its port is taken away; nothing is published any more.
    await broker[Symbol.asyncDispose]();
    await scene.eventually(() => expect(scene.camera.pullPoints).toBe(1));
    scene.camera.setMotion(true);
    await motionIs(scene, true);
    await session.poll(scene.test.context.signal);
    expect(scene.test.reporter.descriptors.at(-1)?.capabilities['motion']).toBeDefined();
  });

  it('are pulled from a camera that takes the address and never comes', async () => {
    await using broker = openBroker();
    await using scene = await openScene({ maxEventBrokers: 1, isShyOfBrokers: true, broker });
    await scene.connect();
    await scene.eventually(() => expect(scene.camera.eventBrokers.known).toHaveLength(1));
    await scene.eventually(() => expect(scene.camera.pullPoints).toBe(1));
    scene.camera.setMotion(true);
    await motionIs(scene, true);
  });

  it('survive a reconnect of the camera and count nothing twice', async () => {
    await using broker = openBroker();
    await using scene = await openScene({ maxEventBrokers: 1, broker });
    const session = await scene.connect();
    await isPublishing(scene);
    scene.camera.setMotion(true);
    await motionIs(scene, true);
    scene.camera.eventBrokers.reconnect();
    await scene.clock.wait(10_000);
    await isPublishing(scene);
    await session.poll(scene.test.context.signal);
    expect(scene.test.reporter.samples.at(-1)).toMatchObject({ 'motion.count': 1 });
  });

  it('leave no address of an earlier session behind', async () => {
    await using broker = openBroker();
    await using scene = await openScene({ maxEventBrokers: 2, broker });
    const first = await scene.connect();
    await isPublishing(scene);
    // It ends while the camera cannot be reached, and comes again with the broker at another port.
    await scene.camera.setFault('silence');
    await first[Symbol.asyncDispose]();
    await scene.camera.setFault(undefined);
    const [stale] = scene.camera.eventBrokers.known;
    await using again = openBroker();
    const context = { ...scene.test.context, broker: again };
    await using _second = await onvifCamera.connect(context as Parameters<typeof onvifCamera.connect>[0]);
    await isPublishing(scene);
    expect(scene.camera.eventBrokers.known).toHaveLength(1);
    expect(scene.camera.eventBrokers.known[0]?.address).not.toBe(stale?.address);
  });
});

describe('the setting of the events', () => {
  it('pull, unless a person asks for more: the camera is never told of a broker', async () => {
    expect(onvifCamera.settings.parse({})).toMatchObject({ events: 'pull' });
    await using broker = openBroker();
    await using scene = await openScene({ maxEventBrokers: 1, broker, settings: { events: 'pull' } });
    await scene.connect();
    await scene.eventually(() => expect(scene.camera.pullPoints).toBe(1));
    await scene.clock.wait(5_000);
    expect(scene.camera.eventBrokers.known).toEqual([]);
  });

  it('broker: no pull point is ever opened', async () => {
    await using broker = openBroker();
    await using scene = await openScene({ maxEventBrokers: 1, broker, settings: { events: 'broker' } });
    const session = await scene.connect();
    await isPublishing(scene);
    scene.camera.setMotion(true);
    await motionIs(scene, true);
    await session.poll(scene.test.context.signal);
    expect(scene.test.reporter.descriptors.at(-1)?.capabilities['motion']).toEqual({ commands: [] });
    expect(scene.camera.pullPoints).toBe(0);
  });

  it.each([
    { title: 'an agent without a broker', options: { maxEventBrokers: 1 }, hasBroker: false },
    { title: 'a camera that cannot publish', options: { maxEventBrokers: 0 }, hasBroker: true },
  ])('auto: pulls with $title', async ({ options, hasBroker }) => {
    await using broker = openBroker();
    await using scene = await openScene({ ...options, ...(hasBroker ? { broker } : {}) });
    await scene.connect();
    await scene.eventually(() => expect(scene.camera.pullPoints).toBe(1));
    scene.camera.setMotion(true);
    await motionIs(scene, true);
    expect(scene.camera.eventBrokers.known).toEqual([]);
  });

  it('auto: hears a camera that has a broker and no pull points', async () => {
    await using broker = openBroker();
    await using scene = await openScene({ maxEventBrokers: 1, hasPullPoints: false, broker });
    const session = await scene.connect();
    await isPublishing(scene);
    await session.poll(scene.test.context.signal);
    scene.camera.setMotion(true);
    await motionIs(scene, true);
  });
});
