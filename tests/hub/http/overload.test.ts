import { describe, expect, it } from 'vitest';
import { watchOverload } from '../../../hub/http/overload.ts';
import { createFakeClock } from '../../support/clock.ts';

describe('watch of the event loop', () => {
  it('calls three seconds overloaded in which the loop stood still, not one, and forgets them at once', async () => {
    const clock = createFakeClock();
    const watch = watchOverload(clock);
    const second = async (lateMs: number) => {
      await turn(30);
      const end = performance.now() + lateMs;
      while (performance.now() < end) Math.sqrt(2);
      await turn(60);
      await clock.advance(1_000);
      return watch.overloaded;
    };
    expect(await second(0)).toBe(false);
    expect([await second(400), await second(400)]).toEqual([false, false]);
    expect(await second(400)).toBe(true);
    expect(watch.delayMs).toBeGreaterThan(300);
    expect(await second(0)).toBe(false);
    await watch[Symbol.asyncDispose]();
    expect(clock.pending).toBe(0);
  });
});

const turn = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
