import { describe, expect, it } from 'vitest';
import { Supervisor } from '../../../agent/runtime/supervisor.ts';
import { createRuntimeBench, createScriptedDriver, desiredDevice, never } from '../../support/scripted-driver.ts';

const hourMs = 3_600_000;
const intervalMs = 30_000;
/** The start of fifty devices is spread over this. */
const spreadMs = 2_500;

type Step = 'connect' | 'poll' | 'close' | 'execute';

/** Fifty devices, of which every tenth is stuck in one of its steps; when each of the others was polled. */
async function runFifty(stuckIn: Step | undefined) {
  let seed = 7;
  const random = () => {
    seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0;
    return seed / 2 ** 32;
  };
  const { clock, ports } = createRuntimeBench(random);
  const sound = createScriptedDriver('sound');
  const stuck = createScriptedDriver('stuck');
  const polls = new Map<string, number[]>();
  sound.pollIntervalMs = intervalMs;
  sound.onPoll = async (_signal, { device }) => {
    polls.set(device.id, [...(polls.get(device.id) ?? []), clock.mono()]);
  };
  if (stuckIn === 'connect') stuck.onConnect = never;
  if (stuckIn === 'poll') stuck.onPoll = never;
  if (stuckIn === 'execute') stuck.onExecute = never;
  if (stuckIn === 'close') {
    stuck.onPoll = async () => {
      throw new Error('it broke');
    };
    stuck.onClose = never;
  }
  const supervisor = new Supervisor(
    (family) => [sound.driver, stuck.driver].find((driver) => driver.family === family),
    ports,
  );
  supervisor.apply(
    Array.from({ length: 50 }, (_, n) => desiredDevice(`device-${n}`, { family: n % 10 === 9 ? 'stuck' : 'sound' })),
  );
  await clock.advance(10_000);
  if (stuckIn === 'execute') {
    for (let n = 9; n < 50; n += 10) {
      const command = { id: `command-${n}`, capability: 'power', name: 'on', args: {} } as const;
      supervisor
        .target(`device-${n}`)
        ?.execute(command, () => {})
        .catch(() => {});
    }
  }
  await clock.advance(hourMs);
  const stopping = supervisor[Symbol.asyncDispose]();
  // A stuck device costs a stop 5 s; longer, and this never ends.
  await clock.advance(5_000);
  await stopping;
  return { polls, stuck, pending: clock.pending };
}

describe('fifty devices, five of them stuck', () => {
  it.each(['connect', 'poll', 'close', 'execute'] as const)(
    'delays no other while they are stuck in %s',
    async (step) => {
      const { polls, stuck, pending } = await runFifty(step);
      expect(stuck.connects, 'devices that are stuck').toBeGreaterThanOrEqual(5);
      expect(polls.size).toBe(45);
      for (const [device, times] of polls) {
        expect(times[0], `first poll of ${device}`).toBeLessThanOrEqual(spreadMs);
        const gaps = new Set(times.slice(1).map((time, at) => time - (times[at] ?? 0)));
        expect([...gaps], `times between two polls of ${device}`).toEqual([intervalMs]);
        expect(times.length).toBeGreaterThanOrEqual(hourMs / intervalMs);
      }
      expect(pending, 'timers that are left').toBe(0);
    },
  );

  it('polls the others exactly as often as beside sound ones', async () => {
    const beside = await runFifty('poll');
    const alone = await runFifty(undefined);
    const countOf = (times: ReadonlyMap<string, readonly number[]>) =>
      Object.fromEntries([...times].map(([device, { length }]) => [device, length]));
    expect(countOf(beside.polls)).toEqual(countOf(alone.polls));
  });
});
