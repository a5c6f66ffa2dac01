import { describe, expect, it } from 'vitest';
import { Renewal } from '../../../agent/uplink/renewal.ts';
import { silentLog } from '../../../protocols/ports.ts';
import { createFakeClock } from '../../support/clock.ts';

const hour = 3_600_000;

describe('the renewal of a certificate', () => {
  it('waits for two thirds of its life, tries until it succeeds, and waits again', async () => {
    const clock = createFakeClock();
    let notBeforeMs = clock.now();
    const tries: number[] = [];
    const renewal = new Renewal({
      validity: () => ({ notBeforeMs, notAfterMs: notBeforeMs + 90 * hour }),
      renew: async () => {
        tries.push(clock.now() - notBeforeMs);
        if (tries.length < 3) throw new Error('the hub is away');
        notBeforeMs = clock.now();
      },
      clock,
      log: silentLog,
      random: () => 0.5,
    });
    renewal.start();
    await clock.advance(59 * hour);
    expect(tries).toEqual([]);
    await clock.advance(3 * hour);
    expect(tries).toHaveLength(3);
    expect(tries[0]).toBeGreaterThanOrEqual(60 * hour);
    expect(tries[2]).toBeLessThan(62 * hour);
    await clock.advance(50 * hour);
    expect(tries).toHaveLength(3);
    await renewal[Symbol.asyncDispose]();
    expect(clock.pending).toBe(0);
  });

  it('stops in the middle of a try', async () => {
    const clock = createFakeClock();
    const renewal = new Renewal({
      validity: () => ({ notBeforeMs: 0, notAfterMs: 1 }),
      renew: (signal) => new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason))),
      clock,
      log: silentLog,
      random: () => 0,
    });
    renewal.start();
    await clock.settle();
    await renewal[Symbol.asyncDispose]();
    expect(clock.pending).toBe(0);
  });
});
