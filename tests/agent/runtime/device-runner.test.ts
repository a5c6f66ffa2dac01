import { describe, expect, it } from 'vitest';
import { DeviceError } from '../../../agent/devices/error.ts';
import { DeviceRunner } from '../../../agent/runtime/device-runner.ts';
import { RecoverableError } from '../../../protocols/errors.ts';
import { createRuntimeBench, createScriptedDriver, desiredDevice, never } from '../../support/scripted-driver.ts';

function setUp(random?: () => number) {
  const bench = createRuntimeBench(random);
  const script = createScriptedDriver();
  const runner = new DeviceRunner(desiredDevice('board-7'), script.driver, {}, bench.ports);
  return { ...bench, script, runner };
}

const command = { id: 'c1', capability: 'power', name: 'on', args: {} } as const;

describe('device runner', () => {
  it('polls by its interval and leaves nothing behind', async () => {
    const { clock, script, runner, verdict } = setUp();
    runner.start();
    await clock.advance(61_000);
    expect([script.connects, script.polls]).toEqual([1, 3]);
    expect(verdict('board-7')).toMatchObject({ status: 'up' });
    expect(runner.isUp).toBe(true);
    await runner.stop();
    expect([runner.state.phase, script.closes, clock.pending]).toEqual(['stopped', 1, 0]);
  });

  it('shows a pulled cable within 60 s, whatever the dice say', async () => {
    for (const dice of [0, 0.999]) {
      const { clock, script, runner, verdict } = setUp(() => dice);
      runner.start();
      await clock.advance(1_000);
      // The cable goes right after a poll: the next one hears nothing for 5 s, then nobody takes the connection for 4 s.
      script.onPoll = async (signal) => {
        await clock.wait(5_000, signal);
        throw new DeviceError('timeout', 'silent');
      };
      script.onConnect = async ({ signal }) => {
        await clock.wait(4_000, signal);
        throw new DeviceError('unreachable', 'nobody there');
      };
      await clock.advance(60_000);
      expect(verdict('board-7')).toMatchObject({ status: 'unreachable', problem: { code: 'unreachable' } });
      await runner.stop();
      expect(clock.pending).toBe(0);
    }
  });

  it('says nothing of one lost poll', async () => {
    const { clock, script, runner, records } = setUp();
    runner.start();
    await clock.advance(1_000);
    script.onPoll = async () => {
      script.onPoll = async () => {};
      throw new DeviceError('connection-lost', 'closed');
    };
    await clock.advance(60_000);
    expect(script.connects).toBe(2);
    expect(records.filter(({ body }) => body.kind === 'state')).toHaveLength(1);
    await runner.stop();
  });

  it('backs off from a device that stays away', async () => {
    const { clock, script, runner } = setUp(() => 0.999);
    script.onConnect = async () => {
      throw new DeviceError('refused', 'closed port');
    };
    runner.start();
    await clock.advance(3_600_000);
    expect(script.connects).toBeGreaterThan(12);
    expect(script.connects).toBeLessThan(25);
    await runner.stop();
    expect([runner.state.phase, clock.pending]).toEqual(['stopped', 0]);
  });

  it('carries out a command between polls and looks at the device afterwards', async () => {
    const { clock, script, runner } = setUp();
    runner.start();
    await clock.advance(1_000);
    const started: string[] = [];
    script.onExecute = async () => {
      await clock.wait(40_000);
      return { state: 'on' };
    };
    const outcome = runner.execute(command, () => started.push('now'));
    await clock.advance(20_000);
    expect([started, script.polls]).toEqual([['now'], 1]);
    await clock.advance(20_000);
    await expect(outcome).resolves.toEqual({ state: 'on' });
    expect(script.polls).toBe(2);
    await runner.stop();
  });

  it('connects at once for a command, and refuses it when the device is away', async () => {
    const { clock, script, runner } = setUp(() => 0.999);
    script.onConnect = async () => {
      throw new DeviceError('unreachable', 'nobody there');
    };
    runner.start();
    await clock.advance(600_000);
    const before = script.connects;
    const refused = expect(runner.execute(command, () => {})).rejects.toMatchObject({ code: 'unavailable' });
    await clock.settle();
    await refused;
    expect(script.connects).toBe(before + 1);
    script.onConnect = async () => {};
    const done = expect(runner.execute(command, () => {})).resolves.toEqual({});
    await clock.settle();
    await done;
    await runner.stop();
  });

  it('does not run a command whose turn is refused', async () => {
    const { clock, script, runner } = setUp();
    runner.start();
    await clock.advance(1_000);
    const outcome = runner.execute(command, () => {
      throw new RecoverableError('command-expired', 'too late');
    });
    await expect(outcome).rejects.toMatchObject({ code: 'command-expired' });
    expect(script.executed).toEqual([]);
    await runner.stop();
  });

  it('takes sixteen waiting commands and not one more', async () => {
    const { runner } = setUp();
    const outcomes = Array.from({ length: 17 }, () => runner.execute(command, () => {}).catch((error: Error) => error));
    expect(await outcomes[16]).toMatchObject({ code: 'busy' });
    await runner.stop();
    expect(await outcomes[0]).toMatchObject({ code: 'unavailable' });
  });

  it('gives up a driver that hangs, and closes a session that comes too late', async () => {
    const { clock, script, runner } = setUp();
    let free: () => void = () => {};
    script.onConnect = () => new Promise((resolve) => (free = resolve));
    runner.start();
    await clock.advance(89_000);
    expect(runner.state.phase).toBe('connecting');
    await clock.advance(1_000);
    expect(runner.state).toMatchObject({ phase: 'backing-off', failures: 1 });
    free();
    await clock.settle();
    expect(script.closes).toBe(1);
    script.onConnect = async () => {};
    script.onPoll = never;
    await clock.advance(95_000);
    expect(runner.state.failures).toBe(2);
    const stopping = runner.stop();
    await clock.advance(5_000);
    await stopping;
  });

  it('abandons a driver that does not stop within 5 s', async () => {
    const { clock, script, runner } = setUp();
    runner.start();
    await clock.settle();
    script.onExecute = never;
    const outcome = runner.execute(command, () => {}).catch((error: Error) => error);
    await clock.settle();
    let stopped = false;
    const stopping = runner.stop().then(() => {
      stopped = true;
    });
    await clock.advance(4_999);
    expect(stopped).toBe(false);
    await clock.advance(1);
    await stopping;
    expect(await outcome).toMatchObject({ code: 'device-removed' });
  });

  it('stops in the middle of a connect, a poll and a command', async () => {
    for (const step of ['onConnect', 'onPoll', 'onExecute'] as const) {
      const { clock, script, runner } = setUp();
      const obedient = async () => {
        await clock.wait(50_000, script.contexts[0]?.signal);
        return {};
      };
      Object.assign(script, { [step]: obedient });
      runner.start();
      const outcome = runner.execute(command, () => {}).catch((error: Error) => error);
      await clock.advance(1_000);
      const stopping = runner.stop();
      await clock.settle();
      await stopping;
      expect(runner.state.phase, step).toBe('stopped');
      expect(clock.pending, step).toBe(0);
      expect(script.closes, step).toBe(step === 'onConnect' ? 0 : 1);
      await outcome;
    }
  });

  it('tells a bug of a driver as a problem and goes on', async () => {
    const { clock, script, runner, verdict } = setUp();
    script.onPoll = async () => {
      throw new TypeError('undefined is not a function');
    };
    runner.start();
    await clock.advance(10_000);
    expect(verdict('board-7')).toMatchObject({ problem: { code: 'internal' } });
    await runner.stop();
  });

  it('asks for a fresh state before a command that is judged by it, and not twice within seconds', async () => {
    const { clock, script, runner } = setUp();
    let state: 'on' | 'cooling' = 'on';
    script.onPoll = async (_signal, { reporter }) => reporter.report('power', { state });
    runner.start();
    await clock.advance(20_000);
    expect(script.polls).toBe(1);
    state = 'cooling';
    const seen: unknown[] = [];
    const judge = () => void seen.push(runner.reported()['power']?.['state']);
    void runner.execute({ ...command, id: 'plain' }, judge);
    await clock.settle();
    void runner.execute({ ...command, id: 'guarded' }, judge, true);
    await clock.settle();
    void runner.execute({ ...command, id: 'again' }, judge, true);
    await clock.settle();
    // A device that does not tell is judged by what it said last; the command itself finds out.
    await clock.advance(6_000);
    script.onPoll = async () => {
      throw new DeviceError('timeout', 'silent');
    };
    void runner.execute({ ...command, id: 'silent' }, judge, true).catch(() => undefined);
    await clock.settle();
    expect(seen).toEqual(['on', 'cooling', 'cooling', 'cooling']);
    await runner.stop();
  });
});
