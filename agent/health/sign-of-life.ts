import { RecoverableError, toError } from '../../protocols/errors.ts';
import type { Clock, Log } from '../../protocols/ports.ts';
import type { ServicePort } from '../platform/systemd/service.ts';
import type { AgentDatabase } from '../uplink/database.ts';

/** Where the last sign of life stands, for who looks from outside while the agent runs. */
export const lifeSetting = 'alive';

/**
 * Proves that the core works: the event loop has come here, and the outbox file takes a write. Throws when only a new start
 * can help. A full or failing disk is no such case, and is told instead.
 */
export function createLifeCheck(database: AgentDatabase, clock: Clock): () => string | undefined {
  const write = database.sql.prepare(`insert or replace into setting (name, value) values ('${lifeSetting}', ?)`);
  return () => {
    try {
      database.transaction(() => write.run(String(Math.round(clock.now()))));
      return undefined;
    } catch (thrown) {
      if (thrown instanceof RecoverableError) return thrown.message;
      throw thrown;
    }
  };
}

export interface SignsOfLifeOptions {
  readonly service: ServicePort;
  /** One line about the agent. Throws when it had better be started again. */
  readonly signOfLife: () => string;
  readonly clock: Clock;
  readonly log: Log;
}

/** How often the status is told where nobody watches the time. */
const usualMs = 60_000;
const firstMs = 5_000;

/** Tells systemd again and again that the agent lives, until it is disposed; it falls silent when the agent does not. */
export function startSignsOfLife({ service, signOfLife, clock, log }: SignsOfLifeOptions): AsyncDisposable {
  const stop = new AbortController();
  const everyMs = (service.watchdogMs ?? 3 * usualMs) / 3;
  const beat = async () => {
    try {
      await service.notify({ state: 'alive', status: signOfLife() });
    } catch (thrown) {
      log.error('no sign of life: the agent had better be started again', { error: toError(thrown) });
    }
  };
  const beatOn = async () => {
    const { signal } = stop;
    // By the first one the hub has answered, as a rule.
    for (let waitMs = Math.min(everyMs, firstMs); ; waitMs = everyMs) {
      await clock.wait(waitMs, signal).catch(() => undefined);
      if (signal.aborted) return;
      await beat();
    }
  };
  const beating = beatOn();
  return {
    [Symbol.asyncDispose]: async () => {
      stop.abort(new Error('the agent stops'));
      await beating;
    },
  };
}
