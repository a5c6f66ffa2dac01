import type { Clock } from '../../../../protocols/ports.ts';
import { DeviceError } from '../../error.ts';

const intervalMs = 500;

/** Asks until the answer is as it was set: some cameras take a moment. Throws DeviceError `no-effect` with `message`, and what `read` throws. */
export async function readBack<T>(
  clock: Clock,
  input: {
    readonly read: () => Promise<T>;
    readonly isAsSet: (answer: T) => boolean;
    readonly limitMs: number;
    readonly message: string;
    readonly signal: AbortSignal;
  },
): Promise<T> {
  const endsAt = clock.mono() + input.limitMs;
  for (;;) {
    const answer = await input.read();
    if (input.isAsSet(answer)) return answer;
    if (clock.mono() >= endsAt) throw new DeviceError('no-effect', input.message);
    await clock.wait(intervalMs, input.signal);
  }
}
