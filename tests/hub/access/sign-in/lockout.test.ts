import { describe, expect, it } from 'vitest';
import { Lockout, lockKeys } from '../../../../hub/access/sign-in/lockout.ts';
import { FatalError } from '../../../../protocols/errors.ts';
import { createFakeClock } from '../../../support/clock.ts';

const keys = lockKeys('An@School.example', '10.0.0.7');

describe('lock-out', () => {
  it('closes at five failures within 30 s, for five minutes', async () => {
    const clock = createFakeClock();
    const lockout = new Lockout(clock);
    for (let i = 0; i < 4; i++) lockout.fail(keys);
    expect(lockout.lockedForMs(keys)).toBe(0);
    lockout.fail(keys);
    expect(lockout.lockedForMs(lockKeys(' an@school.example ', '10.0.0.7'))).toBe(300_000);
    await clock.advance(299_999);
    expect(lockout.lockedForMs(keys)).toBe(1);
    await clock.advance(1);
    expect(lockout.lockedForMs(keys)).toBe(0);
  });

  it('forgets failures of 30 s ago, and all of them after a success', async () => {
    const clock = createFakeClock();
    const lockout = new Lockout(clock);
    for (let i = 0; i < 20; i++) {
      lockout.fail(keys);
      await clock.advance(7_500);
    }
    expect(lockout.lockedForMs(keys)).toBe(0);
    for (let i = 0; i < 20; i++) {
      lockout.fail(keys);
      if (i % 4 === 0) lockout.succeed(keys);
    }
    expect(lockout.lockedForMs(keys)).toBe(0);
  });

  it('closes an account guessed from many places, and an address that guesses many accounts', () => {
    const lockout = new Lockout(createFakeClock());
    for (let i = 0; i < 25; i++) lockout.fail(lockKeys('target@x.vn', `10.0.1.${i}`));
    expect(lockout.lockedForMs(lockKeys('target@x.vn', '10.9.9.9'))).toBe(300_000);
    for (let i = 0; i < 50; i++) lockout.fail(lockKeys(`user${i}@x.vn`, '10.0.2.1'));
    expect(lockout.lockedForMs(lockKeys('new@x.vn', '10.0.2.1'))).toBe(300_000);
    expect(lockout.lockedForMs(lockKeys('new@x.vn', '10.0.2.2'))).toBe(0);
  });

  it('lets no more through at once than may turn out wrong', async () => {
    const lockout = new Lockout(createFakeClock());
    const { promise: decided, resolve: decide } = Promise.withResolvers<void>();
    let runs = 0;
    const guess = () =>
      lockout.attempt(
        keys,
        async () => {
          runs++;
          await decided;
          throw new FatalError('wrong-credentials', 'no');
        },
        () => true,
      );
    const guesses = Promise.allSettled(Array.from({ length: 40 }, guess));
    decide();
    const codes = (await guesses).map((result) => (result.status === 'rejected' ? result.reason.code : 'in'));
    expect(runs).toBe(5);
    expect(codes.filter((code) => code === 'locked-out')).toHaveLength(35);
    expect(lockout.lockedForMs(keys)).toBe(300_000);
  });

  it('clears nothing by a right first half, nor by a failure that says nothing of the password', async () => {
    const lockout = new Lockout(createFakeClock());
    for (let i = 0; i < 4; i++) lockout.fail(keys);
    await lockout.attempt(
      keys,
      async () => 'half',
      () => false,
    );
    const broken = lockout.attempt(
      keys,
      () => Promise.reject(new FatalError('other', 'x')),
      () => true,
    );
    await expect(broken).rejects.toMatchObject({ code: 'other' });
    expect(lockout.lockedForMs(keys)).toBe(0);
    lockout.fail(keys);
    expect(lockout.lockedForMs(keys)).toBe(300_000);
  });
});
