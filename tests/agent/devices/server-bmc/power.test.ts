import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DeviceError, type DeviceErrorCode } from '../../../../agent/devices/error.ts';
import type { Controller, PowerOrder, PowerView } from '../../../../agent/devices/server-bmc/controller.ts';
import { changePower, planPower } from '../../../../agent/devices/server-bmc/power.ts';
import { settingsSchema } from '../../../../agent/devices/server-bmc/settings.ts';
import { createFakeClock } from '../../../support/clock.ts';

const every: readonly PowerOrder[] = ['on', 'shutdown', 'cut', 'restart', 'reset'];

interface Script {
  /** What is seen, look after look; the last one stays. */
  readonly views: readonly (PowerView['state'] | DeviceErrorCode | 'changed')[];
  readonly orderFails?: DeviceErrorCode;
  readonly tells?: boolean;
}

/** Runs one command against a controller that follows a script; returns how it ended and what was sent. */
async function run(command: string, script: Script, orders = every, given: object = {}) {
  const clock = createFakeClock();
  const sent: PowerOrder[] = [];
  const settings = settingsSchema.parse({ shutdownSeconds: 20, startSeconds: 20, ...given });
  let look = 0;
  const controller: Pick<Controller, 'readPower' | 'order'> = {
    readPower: async () => {
      const seen = script.views[Math.min(look++, script.views.length - 1)] ?? 'unknown';
      const mark = script.tells ? (seen === 'changed' ? 'second' : 'first') : undefined;
      if (seen === 'changed') return { state: 'on', mark };
      if (['on', 'off', 'starting', 'stopping', 'unknown'].includes(seen))
        return { state: seen as PowerView['state'], mark };
      throw new DeviceError(seen as DeviceErrorCode, 'scripted');
    },
    order: async (order) => {
      sent.push(order);
      if (script.orderFails) throw new DeviceError(script.orderFails, 'scripted');
    },
  };
  const plan = planPower(command, orders, settings) ?? [];
  const ending = changePower(command, plan, {
    controller: controller as Controller,
    orders,
    settings,
    clock,
    signal: new AbortController().signal,
  }).then(
    (output) => output,
    (error: unknown) => (error instanceof DeviceError ? error.code : error),
  );
  for (let second = 0; second < 200; second++) await clock.advance(1_000);
  expect(clock.pending).toBe(0);
  return { ended: await ending, sent };
}

describe('a plan for the power', () => {
  it.each([
    ['on', every, 'asking', ['on']],
    ['off', every, 'asking', ['shutdown']],
    ['off', every, 'cutting', ['cut']],
    ['off', ['cut'], 'asking', undefined],
    ['reboot', every, 'asking', ['restart']],
    ['reboot', ['on', 'shutdown'], 'asking', ['shutdown', 'on']],
    ['reboot', ['on', 'cut', 'reset'], 'asking', undefined],
    ['reset', ['reset'], 'asking', ['reset']],
    ['constructor', every, 'asking', undefined],
  ] as const)('%s with %j by %s is %j', (command, orders, offBy, plan) => {
    expect(planPower(command, orders, { offBy })).toEqual(plan);
  });
});

describe('a change of power', () => {
  it.each<[string, Script, unknown, readonly string[]]>([
    ['on', { views: ['on'] }, { state: 'on', wasAlready: true }, []],
    ['on', { views: ['off', 'off', 'starting', 'on'] }, { state: 'on' }, ['on']],
    ['on', { views: ['off'] }, 'no-effect', ['on']],
    ['on', { views: ['off', 'timeout', 'connection-lost', 'on'] }, { state: 'on' }, ['on']],
    ['on', { views: ['off', 'authentication'] }, 'authentication', ['on']],
    ['off', { views: ['on', 'stopping', 'off'] }, { state: 'off' }, ['shutdown']],
    ['off', { views: ['on', 'stopping'] }, 'no-effect', ['shutdown']],
    ['off', { views: ['on', 'off'], orderFails: 'timeout' }, { state: 'off' }, ['shutdown']],
    ['off', { views: ['on'], orderFails: 'timeout' }, 'timeout', ['shutdown']],
    ['off', { views: ['on'], orderFails: 'refused' }, 'refused', ['shutdown']],
    ['reboot', { views: ['off'] }, 'unavailable', []],
    ['reboot', { views: ['on', 'on', 'changed'], tells: true }, { state: 'on', verified: true }, ['restart']],
    ['reboot', { views: ['on'], tells: true }, 'no-effect', ['restart']],
    ['reset', { views: ['on'] }, { state: 'on', verified: false }, ['reset']],
    ['reset', { views: ['on', 'off', 'starting', 'on'] }, { state: 'on', verified: true }, ['reset']],
    ['reset', { views: ['on', 'off'] }, 'no-effect', ['reset']],
    // What nobody has seen is claimed neither as an end nor as a sign.
    ['reboot', { views: ['unknown', 'timeout'] }, 'no-effect', ['restart']],
    ['reset', { views: ['unknown', 'unknown', 'on'] }, { state: 'on', verified: false }, ['reset']],
    ['reset', { views: ['on'], orderFails: 'connection-lost' }, 'connection-lost', ['reset']],
  ])('%s, seeing %j, ends with %j and sends %j', async (command, script, ended, sent) => {
    expect(await run(command, script)).toEqual({ ended, sent });
  });

  it('leaves a server that did not shut down where it is: it is not started, and not cut', async () => {
    const orders: readonly PowerOrder[] = ['on', 'shutdown', 'cut'];
    expect(await run('reboot', { views: ['on'] }, orders)).toEqual({ ended: 'no-effect', sent: ['shutdown'] });
    const whole = await run('reboot', { views: ['on', 'off', 'on'] }, orders);
    expect(whole).toEqual({ ended: { state: 'on' }, sent: ['shutdown', 'on'] });
  });

  it('sends no order twice and claims no end that was not seen last, whatever is seen', async () => {
    const view = fc.constantFrom<Script['views'][number]>(
      'on',
      'off',
      'starting',
      'stopping',
      'unknown',
      'timeout',
      'changed',
    );
    const script = fc.record({
      views: fc.array(view, { minLength: 1, maxLength: 12 }),
      tells: fc.boolean(),
    });
    await fc.assert(
      fc.asyncProperty(script, fc.constantFrom('on', 'off', 'reboot', 'reset'), async (given, command) => {
        const { ended, sent } = await run(command, given);
        expect(new Set(sent).size).toBe(sent.length);
        expect(sent.length).toBeLessThanOrEqual(1);
        if (typeof ended === 'object' && ended !== null && 'state' in ended) {
          expect(given.views).toContain(ended.state === 'on' && !given.views.includes('on') ? 'changed' : ended.state);
        }
      }),
      { numRuns: 200 },
    );
  });
});
