import { randomInt, randomUUID } from 'node:crypto';
import {
  addressingHeaders,
  createPullPointSubscription,
  pullMessages,
  renew,
  unsubscribe,
} from '../../../protocols/onvif/events.ts';
import type { Notification } from '../../../protocols/onvif/sensing/notification.ts';
import type { SoapOperation } from '../../../protocols/onvif/soap.ts';
import { maxEventBytes } from '../../../protocols/onvif/xml.ts';
import type { DriverContext } from '../driver.ts';
import { DeviceError } from '../error.ts';
import { type Location, relocate, urlOf } from './address.ts';
import type { OnvifClient } from './client.ts';
import { toDeviceError } from './failure.ts';

export interface MotionFeedOptions {
  readonly context: Pick<DriverContext, 'clock' | 'log'>;
  readonly client: Pick<OnvifClient, 'origin' | 'call'>;
  readonly service: Location;
  /** Called when a pull point has been opened: the camera tells all its states anew, and what it does not repeat is over. */
  readonly onOpen: () => void;
  /** Called for each event in the order of the camera. */
  readonly onNotification: (notification: Notification) => void;
}

interface Subscription {
  readonly location: Location;
  readonly headers: (operation: SoapOperation<unknown>) => ReturnType<typeof addressingHeaders>;
  renewedAt: number;
  canRenew: boolean;
}

/** How long the camera keeps the pull point without hearing from us, and when we say so again. */
const lifetimeMs = 120_000;
const renewAfterMs = 45_000;
/** How long the camera may hold a pull, and the margin that the HTTP answer has beyond it. */
const pullTimeoutMs = 20_000;
const pullMarginMs = 10_000;
const messageLimit = 32;
/** Some cameras answer an empty pull at once; this keeps us from asking in a circle. */
const shortestCycleMs = 1_000;
const firstPauseMs = 2_000;
const longestPauseMs = 300_000;
/** The longest that giving the pull point back may hold up the end of the session. */
const farewellMs = 2_000;

/**
 * Keeps one pull point open and hands its events on, beside the polls of the session. A pull point that fails is given
 * back and opened again, ever more slowly. A camera that refuses our credentials is left alone for minutes.
 */
export class MotionFeed implements AsyncDisposable {
  readonly #options: MotionFeedOptions;
  readonly #stopping = new AbortController();
  #running: Promise<void> | undefined;
  #subscription: Subscription | undefined;
  #isSupported = true;

  constructor(options: MotionFeedOptions) {
    this.#options = options;
  }

  /** False once the camera has said that it has no pull points after all. */
  get isSupported(): boolean {
    return this.#isSupported;
  }

  /** Begins to listen; returns at once. Call it once. */
  start(): void {
    this.#running = this.#run(this.#stopping.signal);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopping.abort(new DeviceError('connection-lost', 'the session has ended'));
    await this.#running;
    await this.#release();
  }

  async #run(signal: AbortSignal): Promise<void> {
    const { clock, log } = this.#options.context;
    for (let failures = 0; !signal.aborted; failures += 1) {
      try {
        this.#subscription = await this.#subscribe(signal);
        this.#options.onOpen();
        failures = 0;
        await this.#pullUntilFailure(this.#subscription, signal);
      } catch (thrown) {
        if (signal.aborted) return;
        const failure = toDeviceError(thrown);
        log.debug('camera events interrupted', { reason: String(failure) });
        this.#isSupported = !(failure instanceof DeviceError && failure.code === 'unsupported');
        if (!this.#isSupported) return;
        await this.#release();
        await clock.wait(pauseAfter(failure, failures), signal).catch(() => undefined);
      }
    }
  }

  async #subscribe(signal: AbortSignal): Promise<Subscription> {
    const { client, context, service } = this.#options;
    const operation = createPullPointSubscription(lifetimeMs);
    const point = await client.call(service, operation, {
      signal,
      maxBytes: maxEventBytes,
      headers: headersFor(operation, urlOf(client.origin, service), []),
    });
    const location = relocate(point.address, client.origin) ?? service;
    return {
      location,
      // The camera compares `To` with what it handed out, so its own words are sent back; the connection goes where we say.
      headers: (request) => headersFor(request, point.address, point.referenceParameters),
      renewedAt: context.clock.mono(),
      canRenew: true,
    };
  }

  async #pullUntilFailure(subscription: Subscription, signal: AbortSignal): Promise<never> {
    const { clock } = this.#options.context;
    for (;;) {
      const startedAt = clock.mono();
      const notifications = await this.#ask(subscription, pullMessages(pullTimeoutMs, messageLimit), {
        signal,
        timeoutMs: pullTimeoutMs + pullMarginMs,
      });
      for (const notification of notifications) this.#options.onNotification(notification);
      if (subscription.canRenew && clock.mono() - subscription.renewedAt > renewAfterMs) {
        await this.#renew(subscription, signal);
      }
      const leftMs = shortestCycleMs - (clock.mono() - startedAt);
      if (notifications.length === 0 && leftMs > 0) await clock.wait(leftMs, signal);
    }
  }

  /** Cameras that cannot renew extend their pull points with every pull [ONVIF Core 9.2.2]. */
  async #renew(subscription: Subscription, signal: AbortSignal): Promise<void> {
    try {
      await this.#ask(subscription, renew(lifetimeMs), { signal });
      subscription.renewedAt = this.#options.context.clock.mono();
    } catch (thrown) {
      if (!(thrown instanceof DeviceError) || thrown.code !== 'unsupported') throw thrown;
      subscription.canRenew = false;
    }
  }

  /** Gives the pull point back; a camera that cannot be reached forgets it by itself. */
  async #release(): Promise<void> {
    const subscription = this.#subscription;
    this.#subscription = undefined;
    if (!subscription) return;
    const { clock, log } = this.#options.context;
    using deadline = clock.deadline(farewellMs);
    try {
      await this.#ask(subscription, unsubscribe(), { signal: deadline.signal });
    } catch (thrown) {
      log.debug('pull point not given back', { reason: String(thrown) });
    }
  }

  #ask<Result>(
    subscription: Subscription,
    operation: SoapOperation<Result>,
    options: { readonly signal: AbortSignal; readonly timeoutMs?: number },
  ): Promise<Result> {
    return this.#options.client.call(subscription.location, operation, {
      ...options,
      maxBytes: maxEventBytes,
      headers: subscription.headers(operation),
    });
  }
}

function headersFor(
  operation: SoapOperation<unknown>,
  to: string,
  referenceParameters: Parameters<typeof addressingHeaders>[0]['referenceParameters'],
): ReturnType<typeof addressingHeaders> {
  return addressingHeaders({
    action: operation.action,
    to,
    messageId: `urn:uuid:${randomUUID()}`,
    referenceParameters,
  });
}

/** Doubles from 2 s to 5 min, with a quarter of it at random so that a room of cameras does not return as one. */
export function pauseAfter(failure: unknown, failures: number): number {
  const isRefused = failure instanceof DeviceError && failure.code === 'authentication';
  const pauseMs = isRefused ? longestPauseMs : Math.min(longestPauseMs, firstPauseMs * 2 ** Math.min(failures, 20));
  return pauseMs + randomInt(Math.ceil(pauseMs / 4));
}
