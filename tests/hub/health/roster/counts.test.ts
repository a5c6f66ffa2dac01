import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createCounts } from '../../../../hub/health/roster/counts.ts';
import { createDue } from '../../../../hub/health/roster/due.ts';
import { healthStates } from '../../../../protocols/api/health.ts';

describe('counts', () => {
  const path = fc
    .array(fc.integer({ min: 1, max: 3 }), { maxLength: 4 })
    .map((ids) => `/${ids.map((id) => `${id}/`).join('')}`);
  it('equal what counting one by one would find, for any scope', () => {
    const item = fc.record({ path, health: fc.constantFrom(...healthStates), wrong: fc.constantFrom(0, 1) });
    fc.assert(
      fc.property(fc.array(item), fc.array(item), fc.array(path, { maxLength: 3 }), (kept, gone, scope) => {
        const counts = createCounts();
        for (const one of [...kept, ...gone]) counts.add(one.path, { devices: 1, ...one }, 1);
        for (const one of gone) counts.add(one.path, { devices: 1, ...one }, -1);
        const inside = kept.filter((one) => scope.some((root) => one.path.startsWith(root)));
        const found = counts.within({ paths: scope });
        expect(found.devices).toBe(inside.length);
        expect(found.wrong).toBe(inside.filter(({ wrong }) => wrong).length);
        for (const state of healthStates)
          expect(found.byHealth[state] ?? 0).toBe(inside.filter(({ health }) => health === state).length);
      }),
    );
  });
});

describe('due', () => {
  it('gives each id once, never early and at most a slot late', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.constantFrom('a', 'b', 'c', 'd'), fc.integer({ min: 0, max: 1000 }))),
        (times) => {
          const due = createDue(50);
          for (const [id, at] of times) due.set(id, at);
          const last = new Map(times);
          const seen = new Map<string, number>();
          for (let now = 0; now <= 1050; now += 10)
            for (const id of due.take(now)) {
              expect(seen.has(id)).toBe(false);
              seen.set(id, now);
            }
          for (const [id, at] of last) {
            expect(seen.get(id)).toBeGreaterThanOrEqual(at);
            expect(seen.get(id)).toBeLessThan(at + 60);
          }
        },
      ),
    );
  });
});
