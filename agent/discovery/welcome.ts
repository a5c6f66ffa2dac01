import { toError } from '../../protocols/errors.ts';
import type { Clock, Log } from '../../protocols/ports.ts';
import type { BrokerPort } from '../platform/broker.ts';

export interface WelcomeOptions {
  readonly broker: BrokerPort;
  /** By which new devices sign in before they are adopted. */
  readonly credentials: { readonly username: string; readonly password: string };
  readonly clock: Clock;
  readonly log: Log;
}

/** Another program may hold the port for now. */
const retryMs = 60_000;

/**
 * Lets devices that nobody has adopted sign in at the agent's broker by one user name for all of them. They hear nothing, and
 * what they say counts only where devices announce themselves. The door is open until this is disposed of.
 */
export class Welcome implements AsyncDisposable {
  readonly #options: WelcomeOptions;
  readonly #stop = new AbortController();
  #running: Promise<void> | undefined;

  constructor(options: WelcomeOptions) {
    this.#options = options;
  }

  start(): void {
    this.#running ??= this.#hold();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort(new Error('the agent stops'));
    await this.#running;
  }

  async #hold(): Promise<void> {
    const { broker, credentials, clock, log } = this.#options;
    const { signal } = this.#stop;
    while (!signal.aborted) {
      try {
        await using _seat = await broker.admit({ ...credentials, publish: [], subscribe: [] });
        await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
      } catch (thrown) {
        log.warn('new MQTT devices cannot sign in to be found', { error: toError(thrown) });
        // An abort ends the wait just as the time does.
        await clock.wait(retryMs, signal).catch(() => undefined);
      }
    }
  }
}
