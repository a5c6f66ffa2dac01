import { toError } from '../../protocols/errors.ts';
import type { Driver, DriverContext } from '../devices/driver.ts';

/** Hints closer together than this lead to one look: anyone may send one, and a flood of them must not become one of polls. */
const gapMs = 5_000;

/**
 * Lets a driver hear what its device says unasked, as long as the device is desired; `look` is called at once for the first
 * hint, and for those that follow closely once, when the gap is over. Never throws: a device that cannot be heard is polled.
 */
export async function listenForHints(driver: Driver, context: DriverContext, look: () => void): Promise<void> {
  const { clock, log, signal } = context;
  let lookedAt = Number.NEGATIVE_INFINITY;
  let due: Promise<void> | undefined;
  const lookSoon = async () => {
    try {
      await clock.wait(Math.max(0, lookedAt + gapMs - clock.mono()), signal);
      lookedAt = clock.mono();
      due = undefined;
      look();
    } catch (thrown) {
      if (!signal.aborted) throw thrown;
    }
  };
  try {
    await driver.listen?.(context, () => {
      due ??= lookSoon();
    });
  } catch (thrown) {
    if (!signal.aborted) log.warn('a driver hears its device no longer; it is polled', { error: toError(thrown) });
  }
  await due;
}
