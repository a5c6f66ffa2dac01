import type { Clock } from '../../../protocols/ports.ts';
import { DeviceError } from '../error.ts';

/** Wakes those who wait for something to happen. */
export class Bell {
  readonly #waiting = new Set<() => void>();

  ring(): void {
    for (const wake of [...this.#waiting]) wake();
  }

  /** Until it rings, or `limitMs` are over. Throws the signal's reason. */
  async heard(clock: Clock, limitMs: number, signal: AbortSignal): Promise<void> {
    const rung = new AbortController();
    const wake = () => rung.abort();
    this.#waiting.add(wake);
    try {
      await clock.wait(limitMs, AbortSignal.any([signal, rung.signal]));
    } catch (thrown) {
      signal.throwIfAborted();
      if (!rung.signal.aborted) throw thrown;
    } finally {
      this.#waiting.delete(wake);
    }
  }
}

export interface Expectation {
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly limitMs: number;
  /** Looks at once, then each `stepMs`, and whenever the bell rings. */
  readonly stepMs: number;
  readonly bell?: Bell;
  /** True once the effect is seen. Throws DeviceError when it is clear that it never will be. */
  readonly isSeen: () => boolean | Promise<boolean>;
  /** The whole sentence that is told when the time is over. */
  readonly otherwise: string;
}

/** Waits for an effect. Throws DeviceError `no-effect` when it is not seen in time, and the signal's reason. */
export async function awaitEffect(expectation: Expectation): Promise<void> {
  const { clock, signal, limitMs, stepMs, isSeen, otherwise } = expectation;
  const bell = expectation.bell ?? new Bell();
  const endsAt = clock.mono() + limitMs;
  while (!(await isSeen())) {
    const leftMs = endsAt - clock.mono();
    if (leftMs <= 0) throw new DeviceError('no-effect', otherwise);
    await bell.heard(clock, Math.min(stepMs, leftMs), signal);
  }
}
