import { RecoverableError, toError } from '../protocols/errors.ts';
import type { Clock, Log } from '../protocols/ports.ts';

/** Something that is done again and again while the hub runs. */
export interface Job {
  readonly name: string;
  readonly everyMs: number;
  run(signal: AbortSignal): unknown;
}

/**
 * Runs each job in a loop of its own: one run at a time, the pause counted from the end of the run before. A run that
 * fails is logged and the loop goes on. Disposing waits for the runs that stand.
 */
export function startJobs(jobs: readonly Job[], clock: Clock, log: Log): AsyncDisposable {
  const stop = new AbortController();
  const loop = async ({ name, everyMs, run }: Job) => {
    while (!stop.signal.aborted) {
      try {
        await clock.wait(everyMs, stop.signal);
        await run(stop.signal);
      } catch (thrown) {
        if (stop.signal.aborted) return;
        const tell = thrown instanceof RecoverableError ? log.warn : log.error;
        tell('job failed', { job: name, error: toError(thrown) });
      }
    }
  };
  const running = jobs.map(loop);
  return {
    [Symbol.asyncDispose]: async () => {
      stop.abort(new Error('the hub stops'));
      await Promise.all(running);
    },
  };
}
