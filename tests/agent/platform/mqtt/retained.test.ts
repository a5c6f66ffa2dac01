import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RetainedMessages } from '../../../../agent/platform/mqtt/retained.ts';

const text = new TextEncoder();

describe('retained messages', () => {
  it('keeps the last one of a topic, apart for each user, until an empty one comes', () => {
    const retained = new RetainedMessages({ retainedMessages: 10, retainedBytes: 10_000 });
    retained.set('a', 'x/LWT', text.encode('Offline'));
    retained.set('a', 'x/LWT', text.encode('Online'));
    retained.set('b', 'x/LWT', text.encode('other'));
    expect(retained.matching('a', ['x/#'])).toEqual([{ topic: 'x/LWT', payload: text.encode('Online') }]);
    expect(retained.matching('a', ['y/#'])).toEqual([]);
    retained.set('a', 'x/LWT', new Uint8Array());
    expect(retained.matching('a', ['x/#'])).toEqual([]);
    retained.forget('b');
    expect([retained.count, retained.bytes]).toEqual([0, 0]);
  });

  it('displaces the oldest of the user who holds most', () => {
    const retained = new RetainedMessages({ retainedMessages: 4, retainedBytes: 100_000 });
    retained.set('quiet', 'LWT', text.encode('Online'));
    for (let index = 0; index < 50; index++) retained.set('flood', `t/${index}`, text.encode('x'));
    expect(retained.matching('quiet', ['#'])).toHaveLength(1);
    expect(retained.matching('flood', ['#']).map(({ topic }) => topic)).toEqual(['t/47', 't/48', 't/49']);
    expect(retained.displaced).toBe(47);
  });

  it('never passes its bounds and never loses count', () => {
    const message = fc.record({
      user: fc.constantFrom('a', 'b', '__proto__'),
      topic: fc.constantFrom('t/1', 't/2', 't/3', 'constructor'),
      length: fc.integer({ min: 0, max: 900 }),
    });
    fc.assert(
      fc.property(fc.array(message, { maxLength: 60 }), (messages) => {
        const retained = new RetainedMessages({ retainedMessages: 5, retainedBytes: 2_000 });
        for (const { user, topic, length } of messages) {
          retained.set(user, topic, new Uint8Array(length));
          const kept = ['a', 'b', '__proto__'].flatMap((name) => retained.matching(name, ['#']));
          expect(retained.count).toBe(kept.length);
          expect(retained.count).toBeLessThanOrEqual(5);
          expect(retained.bytes).toBeLessThanOrEqual(2_000);
          const least = kept.reduce((sum, { payload }) => sum + payload.length, 0);
          expect(retained.bytes).toBeGreaterThanOrEqual(least);
        }
        for (const name of ['a', 'b', '__proto__']) retained.forget(name);
        expect(retained.bytes).toBe(0);
      }),
    );
  });
});
