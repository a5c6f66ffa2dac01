import { describe, expect, it } from 'vitest';
import { watchOverload } from '../../../hub/http/overload.ts';
import { createFakeClock } from '../../support/clock.ts';

describe('watch of the event loop', () => {
  it('sees a second in which the loop stood still, and forgets it after the next', async () => {
    const clock = createFakeClock();
    const watch = watchOverload(clock);
    await turn(60);
    await clock.advance(1_000);
    expect(watch.overloaded).toBe(false);
    await turn(30);
    const end = performance.now() + 450;
    while (performance.now() < end) Math.sqrt(2);
    await turn(60);
    await clock.advance(1_000);
    expect(watch.overloaded).toBe(true);
    expect(watch.delayMs).toBeGreaterThan(300);
    await turn(100);
    await clock.advance(1_000);
    expect(watch.overloaded).toBe(false);
    await watch[Symbol.asyncDispose]();
    expect(clock.pending).toBe(0);
  });
});

const turn = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
