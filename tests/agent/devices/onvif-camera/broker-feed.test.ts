import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { BrokerGrant, BrokerMessage, BrokerPort } from '../../../../agent/devices/driver.ts';
import { DeviceError } from '../../../../agent/devices/error.ts';
import { BrokerFeed } from '../../../../agent/devices/onvif-camera/sensing/broker-feed.ts';
import { openDetection } from '../../../../agent/devices/onvif-camera/sensing/detection-aspect.ts';
import { EventFeed } from '../../../../agent/devices/onvif-camera/sensing/event-feed.ts';
import { openRelays } from '../../../../agent/devices/onvif-camera/sensing/relay.ts';
import { Arrivals } from '../../../../agent/platform/arrivals.ts';
import { FatalError } from '../../../../protocols/errors.ts';
import type { Notification } from '../../../../protocols/onvif/sensing/notification.ts';
import type { SoapOperation } from '../../../../protocols/onvif/soap.ts';
import { silentLog } from '../../../../protocols/ports.ts';
import { createFakeClock, type FakeClock } from '../../../support/clock.ts';

const service = { port: 80, path: '/onvif/events_service' };
const motion = 'device-1/onvif-ej/VideoSource/MotionAlarm/&vs0';
const payload = (isActive: boolean) => JSON.stringify({ Source: { Source: 'vs0' }, Data: { State: isActive } });

describe('a camera that publishes', () => {
  let clock: FakeClock;
  let asked: string[];
  let grants: BrokerGrant[];
  let told: string[];
  let seat: { isConnected: boolean; readonly messages: Arrivals<BrokerMessage> };
  let answers: Record<string, unknown>;
  let cleanup: AsyncDisposableStack;

  beforeEach(() => {
    clock = createFakeClock();
    asked = [];
    grants = [];
    told = [];
    seat = { isConnected: false, messages: new Arrivals() };
    answers = {
      GetServiceCapabilitiesResponse: { maxEventBrokers: 1, eventBrokerProtocols: ['mqtt'] },
      GetEventBrokersResponse: [],
    };
    cleanup = new AsyncDisposableStack();
  });
  afterEach(async () => {
    const done = cleanup.disposeAsync();
    await clock.advance(10_000);
    await done;
    expect(clock.pending, 'timers left').toBe(0);
  });

  const client = {
    origin: { scheme: 'http', host: '10.0.0.5', port: 80 } as const,
    call: async <Result>(
      _at: unknown,
      { answer }: SoapOperation<Result>,
      { signal }: { readonly signal: AbortSignal },
    ): Promise<Result> => {
      signal.throwIfAborted();
      asked.push(answer.name.replace(/Response$/, ''));
      const known = answers[answer.name];
      if (known instanceof Error) throw known;
      return (await known) as Result;
    },
  };

  const broker: BrokerPort = {
    admit: async (grant) => {
      grants.push(grant);
      return {
        addressFor: async () => ({ host: '10.0.0.2', port: 1883 }),
        get isConnected() {
          return seat.isConnected;
        },
        receive: async (signal) => {
          const message = await seat.messages.next(signal);
          if (!message) throw new FatalError('seat-closed', 'closed');
          return message;
        },
        dropped: 0,
        refused: 0,
        publish: async () => {},
        [Symbol.asyncDispose]: async () => {
          told.push('seat given up');
        },
      };
    },
  };

  const context = (port: BrokerPort = broker) => ({
    clock,
    log: silentLog,
    broker: port,
    device: { id: 'device-1', family: 'onvif-camera', name: 'Camera' },
  });

  const start = (port?: BrokerPort) => {
    const feed = cleanup.use(
      new BrokerFeed({
        context: context(port),
        client,
        service,
        onLive: (isLive) => told.push(isLive ? 'live' : 'gone'),
        onNotification: ({ operation, data }) => told.push(`${operation} ${[...data.values()].join()}`),
      }),
    );
    feed.start();
    return feed;
  };

  const publish = async (text: string, topic = motion) => {
    seat.messages.push({ topic, payload: new TextEncoder().encode(text), isRetained: false });
    await clock.settle();
  };

  it('is live from its first event until it was not seen for 15 s', async () => {
    start();
    await clock.settle();
    expect(asked).toEqual(['GetServiceCapabilities', 'GetEventBrokers', 'AddEventBroker']);
    seat.isConnected = true;
    await clock.advance(60_000);
    expect(told).toEqual([]);
    await publish(payload(false));
    await publish(payload(true));
    expect(told).toEqual(['live', 'Initialized false', 'Changed true']);
    seat.isConnected = false;
    await clock.advance(14_000);
    expect(told).toHaveLength(3);
    await clock.advance(2_000);
    expect(told.at(-1)).toBe('gone');
    seat.isConnected = true;
    await publish(payload(true));
    // What it tells after it came again is how things are, and no new detection.
    expect(told.slice(-2)).toEqual(['live', 'Initialized true']);
  });

  it('is told again, under another password, when it does not come for 5 min', async () => {
    start();
    await clock.advance(299_000);
    expect(grants).toHaveLength(1);
    await clock.advance(20_000);
    expect(asked.slice(3)).toEqual([
      'DeleteEventBroker',
      'GetServiceCapabilities',
      'GetEventBrokers',
      'AddEventBroker',
    ]);
    expect(told).toEqual(['seat given up']);
    expect(grants).toHaveLength(2);
    expect(grants[1]?.password).not.toBe(grants[0]?.password);
  });

  it('keeps what others have entered, and loses what was ours', async () => {
    answers['GetEventBrokersResponse'] = [
      { address: 'mqtt://10.0.0.9:1883', topicPrefix: 'device-1', username: 'camera-device-1', status: undefined },
      { address: 'mqtt://10.0.0.8:1883', topicPrefix: 'nvr', username: 'nvr', status: undefined },
      { address: 'mqtt://10.0.0.2:1883', topicPrefix: 'device-1', username: 'camera-device-1', status: undefined },
    ];
    start();
    await clock.settle();
    expect(asked.slice(1)).toEqual(['GetEventBrokers', 'DeleteEventBroker', 'AddEventBroker']);
  });

  it('speaks nonsense without harm', async () => {
    start();
    await clock.settle();
    await publish('{');
    await publish(payload(true), 'device-1/onvif-mj/x');
    expect(told).toEqual([]);
    await publish(payload(true));
    expect(told).toEqual(['live', 'Initialized true']);
  });

  it.each([
    ['has no brokers', { maxEventBrokers: 0, eventBrokerProtocols: [] }],
    ['knows no MQTT without TLS', { maxEventBrokers: 1, eventBrokerProtocols: ['mqtts', 'wss'] }],
    ['does not answer that', new DeviceError('unsupported', 'what?')],
  ])('is asked once and left alone where it %s', async (_title, capabilities) => {
    answers['GetServiceCapabilitiesResponse'] = capabilities;
    const feed = start();
    await clock.advance(3_600_000);
    expect(asked).toEqual(['GetServiceCapabilities']);
    expect(feed.isAgreed).toBe(false);
    expect(grants).toEqual([]);
  });

  it('is left alone where this agent has no broker', async () => {
    const absent = { admit: () => Promise.reject(new FatalError('broker-off', 'none')) };
    start(absent);
    await clock.advance(3_600_000);
    expect(asked).toEqual(['GetServiceCapabilities']);
  });

  it('is asked again after 5 min where it refuses our account, and sooner where it only failed', async () => {
    answers['AddEventBrokerResponse'] = new DeviceError('authentication', 'no');
    start();
    await clock.advance(299_000);
    expect(grants).toHaveLength(1);
    await clock.advance(80_000);
    expect(grants).toHaveLength(2);
    answers['AddEventBrokerResponse'] = new DeviceError('device-fault', 'full');
    await clock.advance(380_000);
    const before = grants.length;
    await clock.advance(120_000);
    expect(grants.length).toBeGreaterThan(before);
  });

  it('is heard once: what a pull still brings then is not heard again, and all states are told anew', async () => {
    const pulled = Promise.withResolvers<readonly Notification[]>();
    answers['CreatePullPointSubscriptionResponse'] = { address: 'http://10.0.0.5/pull', referenceParameters: [] };
    answers['PullMessagesResponse'] = pulled.promise;
    const feed = cleanup.use(
      new EventFeed({
        context: { ...context(), settings: { events: 'auto' } as never },
        client,
        service,
        onOpen: () => told.push('open'),
        onNotification: ({ data }) => told.push([...data.values()].join()),
      }),
    );
    feed.start();
    await clock.settle();
    expect(told).toEqual(['open']);
    seat.isConnected = true;
    await publish(payload(true));
    expect(told).toEqual(['open', 'open', 'true']);
    pulled.resolve([
      {
        topic: 'VideoSource/MotionAlarm',
        at: undefined,
        operation: 'Changed',
        source: new Map(),
        data: new Map([['State', 'false']]),
        dropped: 0,
      },
    ]);
    await clock.settle();
    expect(told).toEqual(['open', 'open', 'true']);
    expect(feed.isSupported).toBe(true);
  });

  it('tells who is in its fields anew', async () => {
    const states: unknown[] = [];
    const reporter = { report: (_name: string, state: unknown) => states.push(state), emit: () => {} };
    const aspect = openDetection({ context: { clock, reporter }, survey: () => ({ services: {} }) } as never);
    await aspect.survey(new AbortController().signal);
    aspect.notice?.({
      topic: 'RuleEngine/FieldDetector/ObjectsInside',
      at: undefined,
      operation: 'Changed',
      source: new Map([['Rule', 'Stairs']]),
      data: new Map([['IsInside', 'true']]),
      dropped: 0,
    });
    expect(states.at(-1)).toMatchObject({ detectors: [{ active: true, count: 1 }] });
    aspect.forget?.();
    aspect.report();
    expect(states.at(-1)).toMatchObject({ detectors: [{ active: false, count: 1 }] });
  });

  it('may tell its contacts before they are known', async () => {
    const states: unknown[] = [];
    const events: unknown[] = [];
    const reporter = {
      report: (_name: string, state: unknown) => states.push(state),
      emit: (one: unknown) => events.push(one),
    };
    const deviceClient = { ...client, deviceService: service };
    answers['GetRelayOutputsResponse'] = [{ token: 'siren', settings: { mode: 'Bistable', delayMs: 0, idle: 'open' } }];
    const scene = { context: { clock, reporter }, client: deviceClient, survey: () => ({ services: {} }) };
    const aspect = openRelays(scene as never);
    const tell = (isActive: boolean, operation: Notification['operation'], token = 'siren') =>
      aspect.notice?.({
        topic: 'Device/Trigger/Relay',
        at: undefined,
        operation,
        source: new Map([['RelayToken', token]]),
        data: new Map([['LogicalState', isActive ? 'active' : 'inactive']]),
        dropped: 0,
      });
    tell(true, 'Initialized');
    expect(states).toEqual([]);
    await aspect.survey(new AbortController().signal);
    aspect.report();
    expect(states.at(-1)).toMatchObject({ outputs: [{ token: 'siren', active: true }] });
    tell(false, 'Changed');
    tell(true, 'Changed', 'unknown');
    expect(events).toEqual([
      { capability: 'relay', name: 'output', severity: 'info', data: { token: 'siren', active: false } },
    ]);
    expect(states.at(-1)).toEqual({
      outputs: [{ token: 'siren', active: false, mode: 'bistable', idle: 'open' }],
      inputs: [],
    });
  });
});
