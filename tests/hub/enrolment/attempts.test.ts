import { describe, expect, it } from 'vitest';
import { createAttempts } from '../../../hub/enrolment/attempts.ts';
import { createFakeClock } from '../../support/clock.ts';

describe('attempts', () => {
  it('end after five failures of one address, for the rest of the minute', async () => {
    const clock = createFakeClock();
    const attempts = createAttempts(clock);
    const tries = Array.from({ length: 7 }, () => attempts.begin('10.0.0.1'));
    expect(tries).toEqual([true, true, true, true, true, false, false]);
    expect(attempts.begin('10.0.0.2')).toBe(true);
    await clock.advance(59_999);
    expect(attempts.begin('10.0.0.1')).toBe(false);
    await clock.advance(1);
    expect(attempts.begin('10.0.0.1')).toBe(true);
  });

  it('do not count what succeeded: a school enrols many machines from one address', () => {
    const attempts = createAttempts(createFakeClock());
    for (let i = 0; i < 50; i++) {
      expect(attempts.begin('10.0.0.1')).toBe(true);
      attempts.forgive('10.0.0.1');
    }
  });

  it('keep a bounded number of addresses', () => {
    const attempts = createAttempts(createFakeClock());
    for (let i = 0; i < 5; i++) attempts.begin('first');
    for (let i = 0; i < 10_000; i++) attempts.begin(`10.0.${i >> 8}.${i & 255}`);
    expect(attempts.begin('first')).toBe(true);
  });
});
