import { setTimeout as sleep } from 'node:timers/promises';
import { RecoverableError } from '../../protocols/errors.ts';
import type { Clock, Deadline } from '../../protocols/ports.ts';

/** The longest delay that a Node timer keeps; a longer wait is cut into pieces of this. */
const longestTimerMs = 2_147_000_000;

/** Time as the machine has it. */
export const systemClock: Clock = {
  now: () => Date.now(),
  mono: () => performance.now(),
  wait: async (delayMs, signal) => {
    let leftMs = delayMs;
    do {
      signal?.throwIfAborted();
      const pieceMs = Math.min(Math.max(leftMs, 0), longestTimerMs);
      try {
        await sleep(pieceMs, undefined, signal ? { signal } : {});
      } catch (thrown) {
        signal?.throwIfAborted();
        throw thrown;
      }
      leftMs -= pieceMs;
    } while (leftMs > 0);
  },
  deadline,
};

function deadline(delayMs: number, parent?: AbortSignal): Deadline {
  const controller = new AbortController();
  const onParent = () => controller.abort(parent?.reason);
  if (parent?.aborted) onParent();
  else parent?.addEventListener('abort', onParent, { once: true });
  const timer = setTimeout(
    () => controller.abort(new RecoverableError('timeout', `no answer within ${delayMs} ms`, { details: { delayMs } })),
    delayMs,
  );
  return {
    signal: controller.signal,
    [Symbol.dispose]: () => {
      clearTimeout(timer);
      parent?.removeEventListener('abort', onParent);
    },
  };
}
