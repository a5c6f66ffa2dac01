import { describe, expect, it } from 'vitest';
import type { Driver } from '../../../../agent/devices/driver.ts';
import { studio } from '../../../../agent/devices/studio/index.ts';
import { MixerSimulator } from '../../../simulators/studio/mixer.ts';
import { createFastClock } from '../../../support/clock.ts';
import { createTestContext } from '../../../support/driver-context.ts';

const driver: Driver = studio;
const clock = createFastClock(10);

/** Connects a studio of OBS alone; returns what it throws, or undefined. */
async function signIn(asked: string | undefined, known: string | undefined, allowUnauthenticated = false) {
  await using mixer = await MixerSimulator.start({ clock, ...(asked === undefined ? {} : { password: asked }) });
  const test = createTestContext<unknown>({
    family: 'studio',
    settings: driver.settings.parse({ members: [{ kind: 'obs', name: 'OBS', allowUnauthenticated }] }),
    clock,
    address: mixer.address,
    ...(known === undefined ? {} : { credentials: { password: known } }),
  });
  try {
    await using session = await driver.connect(test.context);
    await session.poll(test.context.signal);
    return undefined;
  } catch (thrown) {
    return thrown;
  } finally {
    test.stop();
    expect(test.openSockets()).toBe(0);
  }
}

describe('signing in to OBS', () => {
  it('works with the password, and without where none is wanted by either side', async () => {
    expect(await signIn('right', 'right')).toBeUndefined();
    expect(await signIn(undefined, undefined)).toBeUndefined();
  });

  it('is refused with a wrong password or none', async () => {
    expect(await signIn('right', 'wrong')).toMatchObject({
      code: 'authentication',
      message: 'OBS refuses the password',
    });
    expect(await signIn('right', undefined)).toMatchObject({ code: 'authentication' });
  });

  it('does not go on with an OBS that asks for nothing, unless that is allowed', async () => {
    expect(await signIn(undefined, 'right')).toMatchObject({ code: 'authentication' });
    expect(await signIn(undefined, 'right', true)).toBeUndefined();
  });
});
