import { describe, expect, it } from 'vitest';
import { createAttempts } from '../../../hub/enrolment/attempts.ts';
import { createFakeClock } from '../../support/clock.ts';

describe('attempts', () => {
  it('end after five failures of one address, for the rest of the minute', async () => {
    const clock = createFakeClock();
    const attempts = createAttempts(clock);
    for (let i = 0; i < 5; i++) {
      expect(attempts.mayTry('10.0.0.1')).toBe(true);
      attempts.failed('10.0.0.1');
    }
    expect(attempts.mayTry('10.0.0.1')).toBe(false);
    expect(attempts.mayTry('10.0.0.2')).toBe(true);
    await clock.advance(59_999);
    expect(attempts.mayTry('10.0.0.1')).toBe(false);
    await clock.advance(1);
    expect(attempts.mayTry('10.0.0.1')).toBe(true);
    attempts.failed('10.0.0.1');
    expect(attempts.mayTry('10.0.0.1')).toBe(true);
  });

  it('keep a bounded number of addresses', () => {
    const attempts = createAttempts(createFakeClock());
    for (let i = 0; i < 5; i++) attempts.failed('first');
    for (let i = 0; i < 10_000; i++) attempts.failed(`10.0.${i >> 8}.${i & 255}`);
    expect(attempts.mayTry('first')).toBe(true);
  });
});
