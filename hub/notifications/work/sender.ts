import { FatalError, RecoverableError, toError } from '../../../protocols/errors.ts';
import type { Clock, Log } from '../../../protocols/ports.ts';
import type { Store } from '../../store/index.ts';
import { retryAt } from '../decision/retry.ts';
import { type Delivery, markDelivery, takeDeliveries } from './deliveries.ts';
import type { Dispatch } from './dispatch.ts';

export interface SenderDeps {
  readonly store: Store;
  readonly dispatch: Dispatch;
  readonly clock: Clock;
  readonly log: Log;
  /** In [0, 1). */
  readonly random: () => number;
}

/** In hand at once, and sent at the same time. */
const batch = { size: 20, together: 4 } as const;
const deadlineMs = 30_000;

/**
 * Sends what waits. A hub that is killed between sending and writing it down leaves a lease behind; when that has run out,
 * the same delivery is sent again with the same id (`Message-ID`, `webhook-id`), so the outside may get it twice and can tell.
 * Resolves to whether more may wait.
 */
export function createSender({ store, dispatch, clock, log, random }: SenderDeps) {
  const failureOf = (thrown: unknown, attempts: number) => {
    const error = toError(thrown);
    const code = error instanceof RecoverableError || error instanceof FatalError ? error.code : 'internal';
    const asked = error instanceof RecoverableError ? error.details['retryAfterMs'] : undefined;
    const retryAtMs =
      error instanceof FatalError
        ? undefined
        : retryAt(attempts, clock.now(), random(), typeof asked === 'number' ? asked : 0);
    return { code, message: error.message, retryAtMs };
  };

  const sendOne = async (delivery: Delivery, token: string, signal: AbortSignal) => {
    let failure: ReturnType<typeof failureOf> | undefined;
    try {
      using deadline = clock.deadline(deadlineMs, signal);
      await dispatch.send(delivery, deadline.signal);
    } catch (thrown) {
      // A hub that stops leaves its lease: whether the other side took it is not known.
      if (signal.aborted) return;
      failure = failureOf(thrown, delivery.attempts);
      const { channel, id, attempts } = delivery;
      log.warn('a notification was not delivered', { channel, delivery: id, attempts, code: failure.code });
    }
    const isOurs = await markDelivery(store, { delivery, token, nowMs: clock.now(), failure });
    if (isOurs) await dispatch.settled(delivery, failure);
  };

  return async (signal: AbortSignal): Promise<boolean> => {
    const { token, deliveries } = await takeDeliveries(store, clock.now(), batch.size);
    const waiting = [...deliveries];
    const work = async () => {
      for (let next = waiting.shift(); next; next = waiting.shift()) await sendOne(next, token, signal);
    };
    await Promise.all(Array.from({ length: batch.together }, work));
    return deliveries.length === batch.size;
  };
}
