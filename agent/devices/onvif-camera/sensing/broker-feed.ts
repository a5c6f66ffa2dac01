import { randomBytes } from 'node:crypto';
import { isIP } from 'node:net';
import { ProtocolError } from '../../../../protocols/bytes/error.ts';
import { FatalError } from '../../../../protocols/errors.ts';
import {
  addEventBroker,
  deleteEventBroker,
  type EventCapabilities,
  getEventBrokers,
  getEventCapabilities,
} from '../../../../protocols/onvif/sensing/event-service.ts';
import type { Notification } from '../../../../protocols/onvif/sensing/notification.ts';
import type { BrokerMessage, BrokerSeat, DriverContext } from '../../driver.ts';
import { DeviceError } from '../../error.ts';
import type { Location } from '../address.ts';
import type { OnvifClient } from '../client.ts';
import { isRefusal, toDeviceError } from '../failure.ts';
import { pauseAfter } from '../motion-feed.ts';
import { nothingPublished, type Published, readPublished } from './published.ts';

export interface BrokerFeedOptions {
  readonly context: Pick<DriverContext, 'clock' | 'log' | 'broker' | 'device'>;
  readonly client: Pick<OnvifClient, 'origin' | 'call'>;
  readonly service: Location;
  /** Called with true at the first event of a camera that is signed in, and with false when it has gone. */
  readonly onLive: (isLive: boolean) => void;
  /** Called for each event in the order of the camera, always while it is live. */
  readonly onNotification: (notification: Notification) => void;
}

/** How often it is looked whether the camera is still signed in. */
const lookIntervalMs = 5_000;
/** A camera that was neither seen nor heard for this long publishes no longer; a reconnect is quicker. */
const goneAfterMs = 15_000;
/** A camera that does not come for this long has forgotten where to: it is told again. */
const absenceLimitMs = 300_000;
/** The longest that taking our address back may hold up the end of the session. */
const farewellMs = 2_000;

/**
 * Lets a camera publish its events to the agent's own broker [ONVIF Core 9.12]: under the device's id, with a password of
 * this session, and no longer than the session lasts.
 */
export class BrokerFeed implements AsyncDisposable {
  readonly #options: BrokerFeedOptions;
  readonly #stopping = new AbortController();
  readonly #prefix: string;
  readonly #username: string;
  #running: Promise<void> | undefined;
  #isAgreed = false;
  #published: Published = nothingPublished;
  #isLive = false;

  constructor(options: BrokerFeedOptions) {
    this.#options = options;
    this.#prefix = options.context.device.id;
    this.#username = `camera-${options.context.device.id}`;
  }

  /** Whether the camera has agreed to publish. */
  get isAgreed(): boolean {
    return this.#isAgreed;
  }

  /** Begins to negotiate; returns at once. Call it once. */
  start(): void {
    this.#running = this.#run(this.#stopping.signal);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopping.abort(new DeviceError('connection-lost', 'the session has ended'));
    await this.#running;
  }

  async #run(signal: AbortSignal): Promise<void> {
    const { clock, log } = this.#options.context;
    for (let failures = 0; !signal.aborted; failures += 1) {
      try {
        await this.#serve(signal);
      } catch (thrown) {
        if (signal.aborted) return;
        const failure = toDeviceError(thrown);
        log.debug('camera does not publish', { reason: String(failure) });
        this.#setLive(false);
        // A camera that has agreed once is expected to do so again, after a restart for example.
        if (isFinal(failure)) {
          this.#isAgreed = false;
          return;
        }
        await clock.wait(pauseAfter(failure, failures), signal).catch(() => undefined);
      }
    }
  }

  /** Admits the camera, tells it where to publish, and listens until something fails; gives all of it back. */
  async #serve(signal: AbortSignal): Promise<void> {
    const { client, context, service } = this.#options;
    const capabilities = await client.call(service, getEventCapabilities(), { signal });
    if (!canPublish(capabilities)) throw new DeviceError('unsupported', 'the camera publishes to no MQTT broker');
    const { host } = client.origin;
    const password = randomBytes(24).toString('base64url');
    await using seat = await context.broker.admit({
      username: this.#username,
      password,
      ...(isIP(host) === 0 ? {} : { from: host }),
      publish: [`${this.#prefix}/onvif-ej/#`],
      subscribe: [],
    });
    const at = await seat.addressFor(host);
    const address = `mqtt://${isIP(at.host) === 6 ? `[${at.host}]` : at.host}:${at.port}`;
    await this.#removeStale(address, signal);
    const broker = { address, topicPrefix: this.#prefix, username: this.#username, password, qos: 1 } as const;
    try {
      await client.call(service, addEventBroker(broker), { signal });
      this.#isAgreed = true;
      await this.#listen(seat, signal);
    } finally {
      await this.#withdraw(address);
    }
  }

  /** Addresses at which this agent was before, or another agent that had this device. */
  async #removeStale(address: string, signal: AbortSignal): Promise<void> {
    const { client, service } = this.#options;
    const brokers = await client.call(service, getEventBrokers(), { signal });
    const stale = brokers.filter((broker) => broker.topicPrefix === this.#prefix && broker.address !== address);
    for (const broker of stale) {
      await client.call(service, deleteEventBroker(broker.address), { signal }).catch((thrown: unknown) => {
        if (!isRefusal(thrown)) throw thrown;
      });
    }
  }

  async #listen(seat: BrokerSeat, signal: AbortSignal): Promise<never> {
    const { clock } = this.#options.context;
    let seenAt = clock.mono();
    for (;;) {
      const message = await receiveSoon(seat, clock, signal);
      if (message) this.#hear(message);
      if (message || seat.isConnected) seenAt = clock.mono();
      if (clock.mono() - seenAt >= goneAfterMs) this.#setLive(false);
      if (clock.mono() - seenAt > absenceLimitMs) {
        throw new DeviceError('connection-lost', 'the camera does not come to the broker that it was told');
      }
    }
  }

  #hear(message: BrokerMessage): void {
    try {
      const { published, notification } = readPublished(this.#published, this.#prefix, message);
      this.#setLive(true);
      this.#published = published;
      this.#options.onNotification(notification);
    } catch (thrown) {
      if (!(thrown instanceof ProtocolError)) throw thrown;
      this.#options.context.log.debug('published event not understood', { reason: thrown.message });
    }
  }

  #setLive(isLive: boolean): void {
    if (this.#isLive === isLive) return;
    this.#isLive = isLive;
    this.#published = nothingPublished;
    this.#options.onLive(isLive);
  }

  /** Takes our address back; a camera that cannot be reached keeps one to which it cannot sign in. */
  async #withdraw(address: string): Promise<void> {
    const { client, context, service } = this.#options;
    using deadline = context.clock.deadline(farewellMs);
    try {
      await client.call(service, deleteEventBroker(address), { signal: deadline.signal });
    } catch (thrown) {
      context.log.debug('event broker not taken back', { reason: String(thrown) });
    }
  }
}

/** Cameras of before 20.12 name no protocols; MQTT is what all of them speak. */
function canPublish({ maxEventBrokers, eventBrokerProtocols }: EventCapabilities): boolean {
  return maxEventBrokers > 0 && (eventBrokerProtocols.length === 0 || eventBrokerProtocols.includes('mqtt'));
}

/** What trying again would not change: the camera cannot, or this agent has no broker. */
function isFinal(failure: unknown): boolean {
  return failure instanceof FatalError || (failure instanceof DeviceError && failure.code === 'unsupported');
}

/** The next message; undefined when none comes within the time between two looks. */
async function receiveSoon(
  seat: BrokerSeat,
  clock: DriverContext['clock'],
  signal: AbortSignal,
): Promise<BrokerMessage | undefined> {
  using deadline = clock.deadline(lookIntervalMs, signal);
  try {
    return await seat.receive(deadline.signal);
  } catch (thrown) {
    signal.throwIfAborted();
    if (deadline.signal.aborted) return undefined;
    throw thrown;
  }
}
