import { toError } from '../../protocols/errors.ts';
import type { Clock, Log } from '../../protocols/ports.ts';
import { isRenewalDue, renewalWaitMs, type Validity } from '../../provisioning/enrolment/renewal.ts';

export interface RenewalOptions {
  readonly validity: () => Validity;
  /** Gets and stores a new certificate. */
  readonly renew: (signal: AbortSignal) => Promise<void>;
  readonly clock: Clock;
  readonly log: Log;
  /** In [0, 1). */
  readonly random: () => number;
}

/** Renews the agent's certificate at two thirds of its life, also after it has run out, for as long as the agent runs. */
export class Renewal implements AsyncDisposable {
  readonly #options: RenewalOptions;
  readonly #stop = new AbortController();
  #running: Promise<void> | undefined;

  constructor(options: RenewalOptions) {
    this.#options = options;
  }

  start(): void {
    this.#running ??= this.#run();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort(new Error('the agent stops'));
    await this.#running;
  }

  async #run(): Promise<void> {
    const { validity, renew, clock, log, random } = this.#options;
    const { signal } = this.#stop;
    let failures = 0;
    while (!signal.aborted) {
      if (isRenewalDue(validity(), clock.now())) {
        try {
          await renew(signal);
          failures = 0;
          log.info('the certificate was renewed', { until: validity().notAfterMs });
        } catch (thrown) {
          if (signal.aborted) return;
          failures++;
          log.warn('the certificate could not be renewed', { failures, error: toError(thrown) });
        }
      }
      await clock.wait(renewalWaitMs(validity(), clock.now(), failures, random()), signal).catch(() => undefined);
    }
  }
}
