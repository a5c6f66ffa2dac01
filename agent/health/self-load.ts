import type { Heartbeat } from '../../protocols/fleet/messages.ts';
import type { Clock } from '../../protocols/ports.ts';
import type { ProcessProbe } from '../platform/process-load.ts';

/** The agent's own load for the heartbeat: processor time since the last call as a share of one core. */
export function createSelfLoad(probe: ProcessProbe, clock: Clock): () => Heartbeat['load'] {
  let atMs = clock.mono();
  let { cpuMicros } = probe.read();
  return () => {
    const reading = probe.read();
    const nowMs = clock.mono();
    const spanMicros = Math.max(1, (nowMs - atMs) * 1_000);
    const cpuPercent = Math.max(0, ((reading.cpuMicros - cpuMicros) / spanMicros) * 100);
    atMs = nowMs;
    cpuMicros = reading.cpuMicros;
    return {
      rssBytes: Math.round(reading.rssBytes),
      cpuPercent: round(cpuPercent),
      loopDelayP99Ms: round(Number.isFinite(reading.loopDelayP99Ms) ? reading.loopDelayP99Ms : 0),
    };
  };
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
