import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { firstLink, type LinkInput, nextLink, retryDelayMs } from '../../../hub/dashboard/src/state/connection.ts';

const input = fc.record({
  type: fc.constantFrom<LinkInput['type']>('opened', 'failed', 'unanswered'),
  at: fc.integer({ min: 0, max: 1e9 }),
});

describe('link with the hub', () => {
  it('is lost after three failures and live again at once', () => {
    const failed = { type: 'failed', at: 100 } as const;
    const once = nextLink(firstLink, failed);
    const thrice = nextLink(nextLink(once, { ...failed, at: 200 }), { ...failed, at: 300 });
    expect(once).toEqual({ status: 'reconnecting', attempts: 1, downSince: 100 });
    expect(thrice).toEqual({ status: 'lost', attempts: 3, downSince: 100 });
    expect(nextLink(thrice, { type: 'opened', at: 400 })).toEqual({
      status: 'live',
      attempts: 0,
      downSince: undefined,
    });
  });

  it('doubts a stream that seems open when a request goes unanswered, but does not count it twice', () => {
    const live = nextLink(firstLink, { type: 'opened', at: 1 });
    const doubted = nextLink(live, { type: 'unanswered', at: 2 });
    expect(doubted.status).toBe('reconnecting');
    expect(nextLink(doubted, { type: 'unanswered', at: 3 })).toEqual(doubted);
  });

  it('is never called live while it is down, and remembers when that began', () => {
    fc.assert(
      fc.property(fc.array(input, { maxLength: 30 }), (inputs) => {
        let link = firstLink;
        for (const one of inputs) {
          link = nextLink(link, one);
          expect(link.status === 'live').toBe(one.type === 'opened');
          expect(link.status === 'live').toBe(link.downSince === undefined);
        }
      }),
    );
  });

  it('waits longer each time, never above 30 s and never below half a second', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 1_000 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (attempts, spread) => {
          const delay = retryDelayMs(attempts, spread);
          expect(delay).toBeGreaterThanOrEqual(500);
          expect(delay).toBeLessThanOrEqual(30_000);
          expect(retryDelayMs(attempts + 1, spread)).toBeGreaterThanOrEqual(delay);
        },
      ),
    );
  });
});
