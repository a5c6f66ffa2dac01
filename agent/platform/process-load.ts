import { monitorEventLoopDelay } from 'node:perf_hooks';

/** Counters of this process. */
interface ProcessReading {
  readonly rssBytes: number;
  /** Processor time spent since the process began, in microseconds. */
  readonly cpuMicros: number;
  /** 99th percentile of how late the event loop was since the last reading, in milliseconds. */
  readonly loopDelayP99Ms: number;
}

export interface ProcessProbe extends Disposable {
  read(): ProcessReading;
}

/** How often the event loop is looked at; what lies below is not seen. */
const resolutionMs = 20;

/** Watches the load that this process itself makes. */
export function createProcessProbe(): ProcessProbe {
  const delay = monitorEventLoopDelay({ resolution: resolutionMs });
  delay.enable();
  return {
    read: () => {
      const { user, system } = process.cpuUsage();
      const lateMs = Math.max(0, delay.percentile(99) / 1e6 - resolutionMs);
      delay.reset();
      return { rssBytes: process.memoryUsage.rss(), cpuMicros: user + system, loopDelayP99Ms: lateMs };
    },
    [Symbol.dispose]: () => {
      delay.disable();
    },
  };
}
