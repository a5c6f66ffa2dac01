import { describe, expect, it } from 'vitest';
import type { Driver } from '../../../agent/devices/driver.ts';
import { DeviceRunner } from '../../../agent/runtime/device-runner.ts';
import { createRuntimeBench, createScriptedDriver, desiredDevice } from '../../support/scripted-driver.ts';

function setUp(listen: Driver['listen'] = async ({ signal }) => await ended(signal)) {
  const bench = createRuntimeBench();
  const script = createScriptedDriver();
  let look: () => void = () => {};
  const driver: Driver = {
    ...script.driver,
    listen: async (context, given) => {
      look = given;
      await listen?.(context, given);
    },
  };
  const runner = new DeviceRunner(desiredDevice('projector-7'), driver, {}, bench.ports);
  return { ...bench, script, runner, look: () => look() };
}

function ended(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
}

describe('what a device says unasked', () => {
  it('makes the agent look at once, and lets a flood cause one look in five seconds', async () => {
    const { clock, script, runner, look } = setUp();
    runner.start();
    await clock.advance(1_000);
    expect(script.polls).toBe(1);
    look();
    await clock.advance(1);
    expect(script.polls).toBe(2);
    for (let at = 0; at < 200; at++) {
      look();
      await clock.advance(100);
    }
    // Twenty seconds of flood.
    expect(script.polls).toBeGreaterThan(4);
    expect(script.polls).toBeLessThanOrEqual(7);
    look();
    const before = script.polls;
    await clock.advance(5_000);
    expect(script.polls - before, 'the last hint of a flood is not lost').toBe(1);
    await runner.stop();
    expect(clock.pending).toBe(0);
  });

  it('brings an absent device back before its time', async () => {
    const { clock, script, runner, look, verdict } = setUp();
    const here = script.onConnect;
    script.onConnect = async () => {
      throw new Error('nobody there');
    };
    runner.start();
    await clock.advance(600_000);
    script.onConnect = here;
    const { connects } = script;
    look();
    await clock.advance(1);
    expect(script.connects).toBe(connects + 1);
    expect(verdict('projector-7')).toMatchObject({ status: 'up' });
    await runner.stop();
    expect(clock.pending).toBe(0);
  });

  it('is missed where it cannot be heard, and the device is polled', async () => {
    const { clock, script, runner } = setUp(async () => {
      throw new Error('the port is taken');
    });
    runner.start();
    await clock.advance(61_000);
    expect(script.polls).toBe(3);
    await runner.stop();
    expect([runner.state.phase, clock.pending]).toEqual(['stopped', 0]);
  });

  it('ends with the device, also a hint that still waits for its turn', async () => {
    const { clock, runner, look } = setUp();
    runner.start();
    await clock.advance(1_000);
    look();
    await clock.advance(100);
    look();
    await runner.stop();
    expect([runner.state.phase, clock.pending]).toEqual(['stopped', 0]);
  });
});
