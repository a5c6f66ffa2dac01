import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { Clock } from '../../protocols/ports.ts';

/**
 * Above this 99th percentile of the event loop's delay, for so many seconds in a row, requests are turned away. One
 * pause alone (a collection of garbage, a large answer) turns nobody away.
 */
const mostDelayMs = 300;
const lateSeconds = 3;
const sampleMs = 1_000;
const resolutionMs = 20;

/** Whether the process is so late that answering more would make everything worse. */
export interface OverloadWatch extends AsyncDisposable {
  readonly overloaded: boolean;
  /** 99th percentile of the last second, in milliseconds. */
  readonly delayMs: number;
}

/** Samples the event loop's delay once a second until disposed. */
export function watchOverload(clock: Clock): OverloadWatch {
  const histogram = monitorEventLoopDelay({ resolution: resolutionMs });
  const stop = new AbortController();
  let delayMs = 0;
  let late = 0;
  histogram.enable();
  const sampling = (async () => {
    while (!stop.signal.aborted) {
      await clock.wait(sampleMs, stop.signal);
      // The histogram counts the whole interval between two ticks, of which the resolution itself is no delay.
      delayMs = Math.max(0, histogram.percentile(99) / 1e6 - resolutionMs);
      histogram.reset();
      late = delayMs > mostDelayMs ? late + 1 : 0;
    }
  })().catch(() => histogram.disable());
  return {
    get overloaded() {
      return late >= lateSeconds;
    },
    get delayMs() {
      return delayMs;
    },
    [Symbol.asyncDispose]: async () => {
      stop.abort(new Error('stopped'));
      await sampling;
    },
  };
}
