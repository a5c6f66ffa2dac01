import { describe, expect, it } from 'vitest';
import { PacketBudget } from '../../../../agent/platform/mqtt/packet-budget.ts';
import { createFakeClock } from '../../../support/clock.ts';

describe('packets of one address', () => {
  const takes = (budget: PacketBudget, address: string, times: number) =>
    Array.from({ length: times }, () => budget.take(address)).filter(Boolean).length;

  it('are taken up to a burst, and then at a rate', async () => {
    const clock = createFakeClock();
    const budget = new PacketBudget(clock, { packetBurst: 100, packetsPerSecond: 10 });
    expect(takes(budget, 'a', 150)).toBe(100);
    expect(takes(budget, 'b', 150), 'another address').toBe(100);
    await clock.advance(2_000);
    expect(takes(budget, 'a', 150)).toBe(20);
    await clock.advance(3_600_000);
    expect(takes(budget, 'a', 150), 'after an hour of silence').toBe(100);
  });

  it('are not forgotten for others who come, until there are very many', () => {
    const budget = new PacketBudget(createFakeClock(), { packetBurst: 1, packetsPerSecond: 1 });
    expect(budget.take('a')).toBe(true);
    for (let n = 0; n < 999; n++) budget.take(`other ${n}`);
    expect(budget.take('a')).toBe(false);
    for (let n = 0; n < 1_000; n++) budget.take(`third ${n}`);
    expect(budget.take('a')).toBe(true);
  });
});
