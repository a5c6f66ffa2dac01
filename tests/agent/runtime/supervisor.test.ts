import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { planDevices } from '../../../agent/runtime/plan.ts';
import { Supervisor } from '../../../agent/runtime/supervisor.ts';
import { createRuntimeBench, createScriptedDriver, desiredDevice, never } from '../../support/scripted-driver.ts';

function setUp() {
  const bench = createRuntimeBench();
  const script = createScriptedDriver();
  const stuck = createScriptedDriver('stuck');
  const supervisor = new Supervisor(
    (family) => [script.driver, stuck.driver].find((driver) => driver.family === family),
    bench.ports,
  );
  return { ...bench, script, stuck, supervisor };
}

describe('plan', () => {
  it('names what to stop and what to start', () => {
    const running = new Map(['a', 'b', 'c'].map((id) => [id, desiredDevice(id)]));
    const plan = planDevices(running, [
      desiredDevice('a', { name: 'Another name' }),
      desiredDevice('b', { credentials: { password: 'new' } }),
      desiredDevice('d'),
      desiredDevice('d', { family: 'other' }),
    ]);
    expect(plan.stop).toEqual(['c']);
    expect(plan.start.map(({ id, family }) => [id, family])).toEqual([
      ['b', 'scripted'],
      ['d', 'scripted'],
    ]);
  });

  it('plans nothing once its plan has been carried out', () => {
    const device = fc.record({ id: fc.constantFrom('a', 'b', 'c', 'd'), port: fc.constantFrom(1, 2) });
    const devices = fc.array(device.map(({ id, port }) => desiredDevice(id, { address: { host: 'h', port } })));
    fc.assert(
      fc.property(devices, devices, (first, second) => {
        const running = new Map(planDevices(new Map(), first).start.map((entry) => [entry.id, entry]));
        const plan = planDevices(running, second);
        for (const id of plan.stop) running.delete(id);
        for (const entry of plan.start) running.set(entry.id, entry);
        expect(planDevices(running, second)).toEqual({ stop: [], start: [] });
        expect(new Set(running.keys())).toEqual(new Set(second.map(({ id }) => id)));
      }),
    );
  });
});

describe('supervisor', () => {
  it('runs the desired devices and no others', async () => {
    const { clock, script, supervisor, verdict } = setUp();
    supervisor.apply([desiredDevice('a'), desiredDevice('b')]);
    await clock.advance(1_000);
    expect(supervisor.count()).toEqual({ total: 2, up: 2 });
    expect(verdict('a')).toMatchObject({ status: 'up' });
    supervisor.apply([desiredDevice('b'), desiredDevice('c')]);
    await clock.advance(1_000);
    expect([script.connects, script.closes]).toEqual([3, 1]);
    expect(supervisor.target('a')).toBeUndefined();
    await supervisor[Symbol.asyncDispose]();
    expect([script.closes, clock.pending]).toEqual([3, 0]);
  });

  it('restarts a device whose settings changed, one after the other', async () => {
    const { clock, script, supervisor } = setUp();
    supervisor.apply([desiredDevice('a')]);
    await clock.advance(1_000);
    script.onClose = async () => {
      await clock.wait(2_000);
    };
    supervisor.apply([desiredDevice('a', { settings: { speed: 2 } })]);
    supervisor.apply([desiredDevice('a', { settings: { speed: 3 } })]);
    await clock.advance(1_000);
    expect(script.connects).toBe(1);
    await clock.advance(2_000);
    expect(script.contexts.map(({ settings }) => settings)).toEqual([{}, { speed: 3 }]);
    script.onClose = async () => {};
    await supervisor[Symbol.asyncDispose]();
  });

  it('lets a stuck device delay no other, and no stop for longer than 5 s', async () => {
    const { clock, script, stuck, supervisor } = setUp();
    stuck.onPoll = never;
    supervisor.apply([desiredDevice('s', { family: 'stuck' }), desiredDevice('a')]);
    await clock.advance(120_000);
    expect(script.polls).toBeGreaterThanOrEqual(4);
    supervisor.apply([desiredDevice('b')]);
    await clock.advance(1_000);
    expect(script.connects).toBe(2);
    let ended = false;
    const disposing = supervisor[Symbol.asyncDispose]().then(() => {
      ended = true;
    });
    await clock.advance(5_000);
    expect(ended).toBe(true);
    await disposing;
  });

  it('takes a device back that left a moment ago', async () => {
    const { clock, script, supervisor } = setUp();
    supervisor.apply([desiredDevice('a')]);
    await clock.advance(1_000);
    script.onClose = async () => {
      await clock.wait(1_000);
    };
    supervisor.apply([]);
    supervisor.apply([desiredDevice('a')]);
    expect(supervisor.count().total).toBe(1);
    await clock.advance(500);
    expect(script.connects).toBe(1);
    await clock.advance(2_000);
    expect(script.connects).toBe(2);
    script.onClose = async () => {};
    await supervisor[Symbol.asyncDispose]();
    expect(clock.pending).toBe(0);
  });

  it('says why a device cannot run', async () => {
    const { supervisor, verdict } = setUp();
    supervisor.apply([desiredDevice('a', { family: 'toaster' }), desiredDevice('b', { settings: { sped: 1 } })]);
    expect(verdict('a')).toMatchObject({ status: 'unreachable', problem: { code: 'unknown-family' } });
    expect(verdict('b')).toMatchObject({ problem: { code: 'invalid-settings' } });
    expect(supervisor.count()).toEqual({ total: 2, up: 0 });
    await supervisor[Symbol.asyncDispose]();
  });

  it('spreads the start of many devices', async () => {
    const { clock, script, supervisor } = setUp();
    supervisor.apply(Array.from({ length: 100 }, (_, index) => desiredDevice(`d-${index}`)));
    await clock.settle();
    expect(script.connects).toBe(0);
    await clock.advance(10_000);
    expect(script.connects).toBe(100);
    await supervisor[Symbol.asyncDispose]();
  });
});
