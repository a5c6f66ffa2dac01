import { describe, expect, it } from 'vitest';
import { miniPc } from '../../../../agent/devices/mini-pc/index.ts';
import { MiniPcSimulator } from '../../../simulators/mini-pc.ts';
import { createFakeClock } from '../../../support/clock.ts';
import { createTestContext } from '../../../support/driver-context.ts';

describe('a session with a machine whose clock makes no sense', () => {
  it.each([Number.NaN, Number.POSITIVE_INFINITY, -1])('tells no boot for an uptime of %d', async (uptimeSeconds) => {
    const clock = createFakeClock();
    const machine = new MiniPcSimulator(clock);
    machine.load.uptimeSeconds = uptimeSeconds;
    const settings = miniPc.settings.parse({});
    const { context, reporter } = createTestContext({ family: 'mini-pc', settings, clock, host: machine.host });
    await using session = await miniPc.connect({ ...context, settings });
    await session.poll(context.signal);
    expect(reporter.events).toEqual([]);
    expect(reporter.last('host')?.['bootedAt']).toBe(machine.facts.bootedAt);
    machine.load.uptimeSeconds = 86_400;
    await session.poll(context.signal);
    expect(reporter.last('host')?.['bootedAt']).toBe(clock.now() - 86_400_000);
  });
});
