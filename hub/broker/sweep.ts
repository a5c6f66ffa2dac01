import type { Clock, Log } from '../../protocols/ports.ts';
import { Rejection } from './error.ts';
import type { BrokerCredentials } from './ports.ts';
import type { Session, Sessions } from './sessions.ts';

export interface SweepDeps {
  readonly sessions: Sessions;
  readonly credentials: BrokerCredentials;
  readonly everyMs: number;
  readonly cut: (session: Session, rejection: Rejection) => void;
  readonly clock: Clock;
  readonly log: Log;
}

/**
 * Compares live sessions with the database again and again, so that a withdrawal ends them even when its notification was
 * lost. Disposing waits for the loop.
 */
export function startSweep({ sessions, credentials, everyMs, cut, clock, log }: SweepDeps): AsyncDisposable {
  const stop = new AbortController();

  const sweep = async (): Promise<void> => {
    if (sessions.size === 0) return;
    const withdrawn = await credentials.withdrawn();
    for (const session of [...sessions.all()]) {
      const reason = reasonToEnd(session, withdrawn, clock.now());
      if (reason) cut(session, new Rejection('credential-refused', reason));
    }
  };
  const loop = async (): Promise<void> => {
    while (!stop.signal.aborted) {
      await clock.wait(everyMs, stop.signal);
      await sweep().catch((error: unknown) => {
        log.warn('live sessions could not be compared with the database', { error });
      });
    }
  };
  const looping = loop().catch((error: unknown) => {
    if (!stop.signal.aborted) log.error('the sweep of live sessions ended', { error });
  });
  return {
    [Symbol.asyncDispose]: async () => {
      stop.abort();
      await looping;
    },
  };
}

function reasonToEnd({ identity }: Session, withdrawn: ReadonlySet<string>, nowMs: number): string | undefined {
  if (withdrawn.has(identity.fingerprint)) return 'its access was withdrawn';
  return identity.notAfterMs < nowMs ? 'its certificate has run out' : undefined;
}
