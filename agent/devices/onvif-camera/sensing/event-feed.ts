import type { Notification } from '../../../../protocols/onvif/sensing/notification.ts';
import type { DriverContext } from '../../driver.ts';
import type { Location } from '../address.ts';
import type { OnvifClient } from '../client.ts';
import { MotionFeed } from '../motion-feed.ts';
import type { CameraSettings } from '../settings.ts';
import { BrokerFeed } from './broker-feed.ts';

export interface EventFeedOptions {
  readonly context: Pick<DriverContext<CameraSettings>, 'clock' | 'log' | 'broker' | 'device' | 'settings'>;
  readonly client: Pick<OnvifClient, 'origin' | 'call'>;
  readonly service: Location;
  /** Called when the camera begins to tell all its states anew; what it does not repeat is over. */
  readonly onOpen: () => void;
  /** Called for each event once, whichever way it came. */
  readonly onNotification: (notification: Notification) => void;
}

/**
 * The events of one camera, by the way that works: published to the agent's broker where the camera can, pulled otherwise
 * and whenever nothing is published. One way at a time, so that nothing is counted twice.
 */
export class EventFeed implements AsyncDisposable {
  readonly #options: EventFeedOptions;
  readonly #mayPull: boolean;
  readonly #broker: BrokerFeed | undefined;
  #pull: MotionFeed | undefined;
  #isPublishing = false;
  #closing: Promise<void> = Promise.resolve();
  #hasEnded = false;

  constructor(options: EventFeedOptions) {
    this.#options = options;
    const { events } = options.context.settings;
    this.#mayPull = events !== 'broker';
    this.#broker = events === 'pull' ? undefined : this.#createBrokerFeed();
  }

  /** False once it is known that events come by no way that is allowed. */
  get isSupported(): boolean {
    return (this.#pull?.isSupported ?? false) || (this.#broker?.isAgreed ?? false);
  }

  /** Begins to listen; returns at once. Call it once. */
  start(): void {
    this.#startPull();
    this.#broker?.start();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#hasEnded = true;
    await this.#broker?.[Symbol.asyncDispose]();
    this.#stopPull();
    await this.#closing;
  }

  #createBrokerFeed(): BrokerFeed {
    const { onNotification, onOpen, ...rest } = this.#options;
    return new BrokerFeed({
      ...rest,
      onLive: (isLive) => {
        this.#isPublishing = isLive;
        if (!isLive) return this.#startPull();
        this.#stopPull();
        onOpen();
      },
      onNotification,
    });
  }

  #startPull(): void {
    if (!this.#mayPull || this.#hasEnded || this.#pull) return;
    const { onNotification, onOpen, ...rest } = this.#options;
    // What a pull that is being ended still brings was published too.
    const unlessPublished = (work: () => void) => {
      if (!this.#isPublishing) work();
    };
    const pull = new MotionFeed({
      ...rest,
      onOpen: () => unlessPublished(onOpen),
      onNotification: (notification) => unlessPublished(() => onNotification(notification)),
    });
    this.#pull = pull;
    pull.start();
  }

  /** Gives the pull point back beside everything else. */
  #stopPull(): void {
    const pull = this.#pull;
    this.#pull = undefined;
    if (!pull) return;
    this.#closing = Promise.all([this.#closing, pull[Symbol.asyncDispose]()]).then(() => undefined);
  }
}
