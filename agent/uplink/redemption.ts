import { RecoverableError, toError } from '../../protocols/errors.ts';
import type { Clock, Log } from '../../protocols/ports.ts';

export interface RedemptionOptions<T> {
  /** Asks the hub once. What it throws is tried again. */
  readonly redeem: (signal: AbortSignal) => Promise<T>;
  /** Called once, with what was got. */
  readonly onRedeemed: (got: T) => void;
  /** Called for each answer that only a person can change, such as a used voucher. */
  readonly onRefused?: (error: Error) => Promise<void>;
  readonly clock: Clock;
  readonly log: Log;
  /** In [0, 1). */
  readonly random: () => number;
}

const wait = {
  /** The hub is out of reach: it may be there at any moment. */
  unreachable: { least: 5_000, most: 5 * 60_000 },
  /** It said no: only a person can change that. */
  refused: { least: 60_000, most: 30 * 60_000 },
} as const;

/** Milliseconds before the next try: doubling with the failures in a row, spread by `random` in [0, 1) to three quarters up to five. */
export function redemptionWaitMs(failures: number, wasRefused: boolean, random: number): number {
  const { least, most } = wasRefused ? wait.refused : wait.unreachable;
  return Math.min(most, least * 2 ** Math.min(failures - 1, 20)) * (0.75 + random / 2);
}

/** Tries to turn a voucher into an identity for as long as it takes; the agent works meanwhile. */
export class Redemption<T> implements AsyncDisposable {
  readonly #options: RedemptionOptions<T>;
  readonly #stop = new AbortController();
  #running: Promise<void> | undefined;

  constructor(options: RedemptionOptions<T>) {
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
    const { redeem, onRedeemed, onRefused, clock, log, random } = this.#options;
    const { signal } = this.#stop;
    for (let failures = 1; !signal.aborted; failures++) {
      try {
        const got = await redeem(signal);
        if (!signal.aborted) onRedeemed(got);
        return;
      } catch (thrown) {
        if (signal.aborted) return;
        const wasRefused = !(thrown instanceof RecoverableError);
        log.warn('the machine is prepared and could not enrol yet', { failures, error: toError(thrown) });
        if (wasRefused)
          await onRefused?.(toError(thrown)).catch((error: unknown) => log.warn('a refusal was not kept', { error }));
        const waitMs = redemptionWaitMs(failures, wasRefused, random());
        await clock.wait(waitMs, signal).catch(() => undefined);
      }
    }
  }
}
