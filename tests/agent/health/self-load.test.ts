import { describe, expect, it } from 'vitest';
import { createSelfLoad } from '../../../agent/health/self-load.ts';
import { createProcessProbe } from '../../../agent/platform/process-load.ts';
import { heartbeatSchema } from '../../../protocols/fleet/messages.ts';
import { createFakeClock } from '../../support/clock.ts';

describe('the load that the agent makes', () => {
  it('is the processor time between two readings as a share of one core', async () => {
    const clock = createFakeClock();
    const readings = [0, 1_500_000, 1_500_000].map((cpuMicros) => ({
      rssBytes: 1_000.4,
      cpuMicros,
      loopDelayP99Ms: 1.26,
    }));
    const load = createSelfLoad({ read: () => readings.shift()!, [Symbol.dispose]: () => {} }, clock);
    await clock.advance(30_000);
    expect(load()).toEqual({ rssBytes: 1_000, cpuPercent: 5, loopDelayP99Ms: 1.3 });
    await clock.advance(30_000);
    expect(load().cpuPercent).toBe(0);
  });

  it('fits into a heartbeat as this very process has it', async () => {
    using probe = createProcessProbe();
    const clock = createFakeClock();
    const load = createSelfLoad(probe, clock);
    await clock.advance(30_000);
    const { rssBytes } = heartbeatSchema.shape.load.parse(load());
    expect(rssBytes).toBeGreaterThan(10_000_000);
  });
});
