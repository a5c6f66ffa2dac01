import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DeviceError } from '../../../agent/devices/error.ts';
import type { CommandOutput } from '../../../agent/runtime/command-queue.ts';
import {
  type CommandInbox,
  type CommandResult,
  CommandRouter,
  type JournaledCommand,
} from '../../../agent/runtime/command-router.ts';
import { RecoverableError } from '../../../protocols/errors.ts';
import type { ReportedStates } from '../../../protocols/fleet/capabilities/index.ts';
import type { Command } from '../../../protocols/fleet/messages.ts';
import type { ResultRecord } from '../../../protocols/fleet/record.ts';
import { createRuntimeBench } from '../../support/scripted-driver.ts';

interface MemoryInbox extends CommandInbox {
  readonly entries: Map<string, JournaledCommand>;
}

/** A journal that survives the router, as a file survives the agent. */
function createMemoryInbox(): MemoryInbox {
  const entries = new Map<string, JournaledCommand>();
  return {
    entries,
    seen: (id) => entries.get(id),
    begin: (id, { idempotent }) => void entries.set(id, { id, idempotent }),
    finish: (id, result: CommandResult) => {
      entries.set(id, { id, idempotent: entries.get(id)?.idempotent ?? false, result });
    },
    unfinished: () => [...entries.values()].filter(({ result }) => result === undefined),
    lately: (limit) =>
      [...entries.values()]
        .filter(({ result }) => result !== undefined)
        .slice(-limit)
        .reverse(),
  };
}

function setUp(inbox = createMemoryInbox()) {
  const bench = createRuntimeBench();
  const runs: string[] = [];
  const device = {
    probes: 0,
    turn: async (): Promise<void> => {},
    states: {} as ReportedStates,
    work: async (): Promise<CommandOutput> => ({}),
  };
  const router = new CommandRouter({
    inbox,
    target: (id) =>
      id !== 'board-7'
        ? undefined
        : {
            execute: async (command, onStart) => {
              await device.turn();
              onStart();
              runs.push(`${command.id}:${command.capability}.${command.name}`);
              return await device.work();
            },
            probe: () => {
              device.probes++;
            },
            reported: () => device.states,
          },
    sink: bench.ports.sink,
    clock: bench.clock,
    log: bench.ports.log,
  });
  const results = () =>
    bench.records.map(({ lane, body }) => {
      expect(lane).toBe('urgent');
      return body as Omit<ResultRecord, 'seq'>;
    });
  const command = (over: Partial<Command> = {}): Command => ({
    id: 'c1',
    device: 'board-7',
    capability: 'power',
    name: 'on',
    args: {},
    issuedAt: bench.clock.now(),
    notAfter: bench.clock.now() + 60_000,
    ...over,
  });
  return { ...bench, inbox, runs, device, router, results, states: () => results().map(({ state }) => state), command };
}

describe('command router', () => {
  it('tells each step of a command', async () => {
    const { router, results, states, command, device } = setUp();
    device.work = async () => ({ state: 'on' });
    router.accept([command()]);
    await router[Symbol.asyncDispose]();
    expect(states()).toEqual(['received', 'running', 'succeeded']);
    expect(results().at(-1)).toMatchObject({ command: 'c1', output: { state: 'on' } });
  });

  it('journals before the action starts', async () => {
    const { router, command, device, inbox } = setUp();
    device.work = async () => {
      expect(inbox.entries.get('c1')).toEqual({ id: 'c1', idempotent: false });
      return {};
    };
    router.accept([command()]);
    await router[Symbol.asyncDispose]();
    expect(inbox.entries.get('c1')?.result).toMatchObject({ state: 'succeeded' });
  });

  it.each([
    [{ device: 'nobody' }, 'unknown-device'],
    [{ capability: 'magic' }, 'unknown-command'],
    [{ name: 'toString' }, 'unknown-command'],
    [{ capability: 'volume', name: 'set', args: { level: 200 } }, 'invalid-arguments'],
  ])('refuses %j', async (over, code) => {
    const { router, results, command, runs } = setUp();
    router.accept([command(over)]);
    await router[Symbol.asyncDispose]();
    expect(results()).toMatchObject([{ state: 'failed', problem: { code } }]);
    expect(runs).toEqual([]);
  });

  it('answers a late command with expired, also when it became late while it waited', async () => {
    const { router, clock, states, command, runs } = setUp();
    router.accept([command({ notAfter: clock.now() - 1 })]);
    await router[Symbol.asyncDispose]();
    expect(states()).toEqual(['expired']);
    expect(runs).toEqual([]);
    const waiting = setUp();
    waiting.device.turn = () => waiting.clock.wait(60_001);
    waiting.router.accept([waiting.command()]);
    await waiting.clock.advance(61_000);
    expect(waiting.states()).toEqual(['received', 'expired']);
    expect(waiting.runs).toEqual([]);
  });

  it('tells what happened even when the journal is full', async () => {
    const inbox = createMemoryInbox();
    const { router, states, command } = setUp({
      ...inbox,
      finish: () => {
        throw new RecoverableError('disk-full', 'no space left');
      },
    });
    router.accept([command()]);
    await router[Symbol.asyncDispose]();
    expect(states()).toEqual(['received', 'running', 'succeeded']);
  });

  it('passes on why a device did not do it', async () => {
    const { router, results, command, device } = setUp();
    device.work = async () => {
      throw new DeviceError('no-effect', 'nothing changed');
    };
    router.accept([command()]);
    await router[Symbol.asyncDispose]();
    expect(results().at(-1)).toMatchObject({ state: 'failed', problem: { code: 'no-effect', retryable: true } });
  });

  it('runs a repeated command once, and answers the repetition', async () => {
    const { router, runs, states, command } = setUp();
    router.accept([command(), command()]);
    await router[Symbol.asyncDispose]();
    router.accept([command()]);
    await router[Symbol.asyncDispose]();
    expect(runs).toHaveLength(1);
    expect(states()).toEqual(['received', 'running', 'succeeded', 'succeeded']);
  });

  it('answers unknown after a crash, and never runs what is not idempotent again', async () => {
    const inbox = createMemoryInbox();
    inbox.begin('c1', { idempotent: false, atMs: 0 });
    const { router, runs, results, command } = setUp(inbox);
    router.recover();
    router.accept([command()]);
    await router[Symbol.asyncDispose]();
    expect(results()).toMatchObject([
      { state: 'unknown', problem: { code: 'interrupted' } },
      { state: 'unknown', problem: { code: 'interrupted' } },
    ]);
    expect(runs).toEqual([]);
  });

  it('runs an idempotent command again after a crash when the hub repeats it', async () => {
    const inbox = createMemoryInbox();
    inbox.begin('c1', { idempotent: true, atMs: 0 });
    const { router, states, command } = setUp(inbox);
    router.recover();
    router.accept([command({ capability: 'input', name: 'select', args: { id: '31' } })]);
    await router[Symbol.asyncDispose]();
    expect(states()).toEqual(['unknown', 'received', 'running', 'succeeded']);
  });

  it('answers unknown when the agent stops in the middle', async () => {
    const { router, states, command, device } = setUp();
    device.work = async () => {
      throw new RecoverableError('device-removed', 'stopping');
    };
    router.accept([command()]);
    await router[Symbol.asyncDispose]();
    expect(states().at(-1)).toBe('unknown');
  });

  it('looks at the device again on request, of any family', async () => {
    const { router, states, command, device, runs } = setUp();
    router.accept([command({ capability: 'reachability', name: 'probe' })]);
    await router[Symbol.asyncDispose]();
    expect([device.probes, runs, states()]).toEqual([1, [], ['received', 'succeeded']]);
  });

  it('drops an output that is too long for the lane that is never shed', async () => {
    const { router, results, command, device } = setUp();
    device.work = async () => ({ text: 'x'.repeat(30_000) });
    router.accept([command()]);
    await router[Symbol.asyncDispose]();
    expect(results().at(-1)).toMatchObject({ state: 'succeeded', output: { truncated: true } });
  });

  it('runs no command twice, over any repetitions and crashes, unless it is idempotent', async () => {
    const step = fc.record({ id: fc.constantFrom('a', 'b', 'c'), crash: fc.boolean() });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 12 }), async (steps) => {
        const inbox = createMemoryInbox();
        const ran: string[] = [];
        let life = setUp(inbox);
        for (const { id, crash } of steps) {
          life.device.work = async () => {
            ran.push(id);
            // A dead agent writes nothing any more: neither result nor journal.
            if (crash) await new Promise(() => {});
            return {};
          };
          life.router.accept([life.command({ id })]);
          await life.clock.settle();
          if (!crash) continue;
          life = setUp(inbox);
          life.router.recover();
        }
        expect(ran.length).toBe(new Set(ran).size);
      }),
      { numRuns: 60 },
    );
  });

  it('refuses what the device must not do now, and does it when a person overrules what may be overruled', async () => {
    const { router, results, runs, device, command } = setUp();
    device.states = { power: { state: 'cooling' } };
    router.accept([command({ name: 'off' }), command({ id: 'c2', name: 'off', forced: ['precondition-cooling'] })]);
    await router[Symbol.asyncDispose]();
    const ends = () => results().filter(({ state }) => state === 'failed' || state === 'succeeded');
    expect(ends().map(({ state, problem }) => [state, problem?.code])).toEqual([
      ['failed', 'precondition-cooling'],
      ['failed', 'precondition-cooling'],
    ]);
    device.states = { studio: { mode: 'recording' } };
    router.accept([command({ id: 'c3', name: 'reboot' })]);
    router.accept([command({ id: 'c4', name: 'reboot', forced: ['precondition-recording'] })]);
    await router[Symbol.asyncDispose]();
    expect(
      ends()
        .slice(2)
        .map(({ command: id, state }) => [id, state]),
    ).toEqual([
      ['c3', 'failed'],
      ['c4', 'succeeded'],
    ]);
    expect(runs).toEqual(['c4:power.reboot']);
  });

  it('takes back what waits, at once and for good', async () => {
    const { router, results, runs, device, command } = setUp();
    const { promise: turn, resolve } = Promise.withResolvers<void>();
    device.turn = () => turn;
    router.accept([command()]);
    router.cancel(['c1', 'never-came']);
    expect(results().at(-2)).toMatchObject({ command: 'c1', state: 'cancelled' });
    resolve();
    await router[Symbol.asyncDispose]();
    router.accept([command(), command({ id: 'never-came' })]);
    await router[Symbol.asyncDispose]();
    expect(runs).toEqual([]);
    expect(results().map(({ command: id, state }) => `${id} ${state}`)).toEqual([
      'c1 received',
      'c1 cancelled',
      'never-came cancelled',
      'c1 cancelled',
      'never-came cancelled',
    ]);
  });

  it('says truly that it is too late to take back what runs or has ended', async () => {
    const { router, states, runs, device, command } = setUp();
    const { promise: end, resolve } = Promise.withResolvers<CommandOutput>();
    device.work = () => end;
    router.accept([command()]);
    await expect.poll(() => runs.length).toBe(1);
    router.cancel(['c1']);
    expect(states().at(-1)).toBe('running');
    resolve({});
    await router[Symbol.asyncDispose]();
    router.cancel(['c1']);
    expect(states().slice(-2)).toEqual(['succeeded', 'succeeded']);
  });

  it('does not call expired what began in an earlier life', async () => {
    const { router, inbox, results, clock, command } = setUp();
    inbox.begin('c1', { idempotent: true, atMs: 1 });
    const late = command({ capability: 'volume', name: 'set', args: { level: 3 }, notAfter: clock.now() - 1 });
    router.accept([late]);
    await router[Symbol.asyncDispose]();
    expect(results().at(-1)).toMatchObject({ command: 'c1', state: 'unknown', problem: { code: 'interrupted' } });
  });

  it('says again after a start how the last ones ended', async () => {
    const { router, inbox, results } = setUp();
    inbox.begin('c1', { idempotent: false, atMs: 1 });
    inbox.finish('c1', { state: 'succeeded' });
    router.recover();
    expect(results()).toMatchObject([{ command: 'c1', state: 'succeeded' }]);
  });
});
