import { monitorEventLoopDelay } from 'node:perf_hooks';

/** How much later than it could an event loop came to its work, in milliseconds. */
export interface LoopDelay {
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
}

const resolutionMs = 10;

/** Watches the event loop of this process; each call tells the time since the one before. */
export function createLoopDelay(): () => LoopDelay {
  const loop = monitorEventLoopDelay({ resolution: resolutionMs });
  loop.enable();
  const delayMs = (nanoseconds: number) => Math.max(0, nanoseconds / 1e6 - resolutionMs);
  return () => {
    const told = { p50: delayMs(loop.percentile(50)), p99: delayMs(loop.percentile(99)), max: delayMs(loop.max) };
    loop.reset();
    return told;
  };
}
