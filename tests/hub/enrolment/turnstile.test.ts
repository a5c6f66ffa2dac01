import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createTurnstile } from '../../../hub/enrolment/turnstile.ts';

describe('turnstile', () => {
  it('lets all through, never more than so many at once, whatever fails', async () => {
    await fc.assert(
      fc.asyncProperty(fc.scheduler(), fc.array(fc.boolean(), { maxLength: 40 }), async (scheduler, works) => {
        const turnstile = createTurnstile(3, 100);
        let inside = 0;
        let most = 0;
        const all = works.map((succeeds) =>
          turnstile.pass(async () => {
            inside++;
            most = Math.max(most, inside);
            await scheduler.schedule(Promise.resolve());
            inside--;
            if (!succeeds) throw new Error('refused');
          }),
        );
        const outcomes = Promise.allSettled(all);
        await scheduler.waitFor(outcomes);
        const fulfilled = (await outcomes).filter(({ status }) => status === 'fulfilled').length;
        expect(fulfilled).toBe(works.filter(Boolean).length);
        expect(most).toBeLessThanOrEqual(3);
        // Nobody holds a place for ever.
        await expect(turnstile.pass(async () => 'free')).resolves.toBe('free');
      }),
    );
  });

  it('refuses whoever comes when the line is full, to be tried again', async () => {
    const turnstile = createTurnstile(1, 1);
    const { promise, resolve } = Promise.withResolvers<void>();
    const first = turnstile.pass(() => promise);
    const second = turnstile.pass(async () => 2);
    await expect(turnstile.pass(async () => 3)).rejects.toMatchObject({ code: 'enrolment-busy' });
    resolve();
    await first;
    await expect(second).resolves.toBe(2);
  });
});
