import { describe, expect, it } from 'vitest';
import { advance, type CommandInput, type CommandProgress, isSettled } from '../../../hub/commands/machine.ts';
import { capabilities } from '../../../protocols/fleet/capabilities/index.ts';
import type { Command } from '../../../protocols/fleet/messages.ts';
import { createFakeClock, type FakeClock } from '../../support/clock.ts';
import {
  createDice,
  type Dice,
  SimulatedAgent,
  type SimulatedHub,
  SimulatedLine,
} from '../../support/command-world.ts';
import { temporaryFolder } from '../../support/store.ts';

const seeds = process.env['EDUFLEET_CHAOS_SEEDS']?.split(',').map(Number) ?? [1, 20_261_124];
const wanted = { commands: 10_000, agents: 40, devices: 5, perSecond: 50 };

interface Row {
  readonly command: Command;
  readonly agent: string;
  progress: CommandProgress;
}

/** The real machine over rows in memory: each call is a transaction, and rows outlive every kill. */
class MachineHub implements SimulatedHub {
  readonly rows = new Map<string, Row>();
  readonly #open = new Map<string, Set<string>>();
  readonly #clock: FakeClock;

  constructor(clock: FakeClock) {
    this.#clock = clock;
  }

  add(agent: string, command: Command, state: 'queued' | 'awaiting-approval'): void {
    this.rows.set(command.id, { command, agent, progress: { state, notAfterMs: command.notAfter } });
    this.#open.set(agent, (this.#open.get(agent) ?? new Set()).add(command.id));
  }

  input(id: string, input: CommandInput): void {
    const row = this.rows.get(id);
    if (!row) return;
    const after = advance(row.progress, input);
    if (isSettled(row.progress.state)) expect(after).toBe(row.progress);
    row.progress = after;
    if (isSettled(after.state)) this.#open.get(row.agent)?.delete(id);
  }

  #of(agent: string): readonly Row[] {
    return [...(this.#open.get(agent) ?? [])].flatMap((id) => this.rows.get(id) ?? []);
  }

  async take(agent: string, again: boolean) {
    const isDue = ({ progress: { state, isCancelAsked, notAfterMs, problem } }: Row) => {
      if (state === 'queued') return notAfterMs > this.#clock.now();
      return again && !isCancelAsked && (state === 'sent' || problem?.code === 'no-answer');
    };
    const due = this.#of(agent).filter(isDue);
    for (const { command } of due) this.input(command.id, { type: 'sent' });
    return due.map(({ command, progress }) => ({ ...command, notAfter: progress.notAfterMs }));
  }

  async cancellations(agent: string) {
    const asked = this.#of(agent).filter(
      ({ progress }) => progress.isCancelAsked && ['sent', 'received', 'running'].includes(progress.state),
    );
    return asked.map(({ command }) => command.id);
  }

  async results(_agent: string, records: Parameters<SimulatedHub['results']>[1]) {
    for (const record of records) this.input(record.command, { type: 'report', report: record });
  }

  async tick() {
    for (const ids of this.#open.values())
      for (const id of [...ids]) this.input(id, { type: 'time', nowMs: this.#clock.now() });
  }
}

/** Half of what is asked may be repeated, half may not. */
const kinds = [
  { capability: 'power', name: 'reboot', args: {} },
  { capability: 'recording', name: 'stop', args: {} },
  { capability: 'volume', name: 'set', args: { level: 30 } },
  { capability: 'volume', name: 'mute', args: { muted: true } },
] as const;

async function runWorld(seed: number) {
  const clock = createFakeClock();
  const dice: Dice = createDice(seed);
  using folder = temporaryFolder();
  const executed: string[] = [];
  using stack = new DisposableStack();
  const agents = Array.from({ length: wanted.agents }, (_, index) =>
    stack.use(new SimulatedAgent(`agent-${index}`, folder.path, clock, dice, executed)),
  );
  const hub = new MachineHub(clock);
  const line = new SimulatedLine(hub, agents, clock, dice);
  const ids: string[] = [];
  const wish = () => {
    const id = `c-${ids.length}`;
    ids.push(id);
    const agent = agents[dice(agents.length)]?.id ?? '';
    const kind = kinds[dice(kinds.length)] ?? kinds[0];
    const now = clock.now();
    const notAfter = now + [5_000, 30_000, 300_000][dice(3)]!;
    const command = { id, ...kind, device: `${agent}-${dice(wanted.devices)}`, notAfter, issuedAt: now };
    hub.add(agent, command, dice(10) === 0 ? 'awaiting-approval' : 'queued');
  };
  const people = () => {
    for (let n = 0; n < wanted.perSecond && ids.length < wanted.commands; n++) wish();
    for (let n = 0; n < 8; n++) {
      const id = ids[Math.max(0, ids.length - 1 - dice(400))] ?? '';
      const inputs: CommandInput[] = [
        { type: 'cancel' },
        { type: 'reject' },
        { type: 'approve', notAfterMs: clock.now() + 60_000 },
        { type: 'approve', notAfterMs: clock.now() + 60_000 },
      ];
      hub.input(id, inputs[dice(inputs.length)] ?? { type: 'cancel' });
    }
  };
  while (ids.length < wanted.commands) {
    people();
    await line.second(false);
  }
  // Past every expiry and every patience: whatever can be known is known by then.
  for (let second = 0; second < 1_000; second++) await line.second(true);
  line.reconnect();
  for (let second = 0; second < 30; second++) await line.second(true);
  const kills = { hub: line.hubKills, agent: agents.reduce((sum, agent) => sum + agent.kills, 0) };
  return { hub, executed, kills };
}

describe('10,000 commands while everything breaks', () => {
  it.each(seeds)(
    'all end in a true state, and none that is not idempotent runs twice (seed %i)',
    { timeout: 120_000 },
    async (seed) => {
      const { hub, executed, kills } = await runWorld(seed);
      const times = new Map<string, number>();
      for (const id of executed) times.set(id, (times.get(id) ?? 0) + 1);
      const ends: Record<string, number> = {};
      const lies: string[] = [];
      const twice: string[] = [];
      for (const [id, { command, progress }] of hub.rows) {
        const { state, problem } = progress;
        ends[state] = (ends[state] ?? 0) + 1;
        const ran = times.get(id) ?? 0;
        if (state === 'succeeded' && ran === 0) lies.push(`${id} succeeded and never ran`);
        if ((state === 'expired' || state === 'cancelled') && ran > 0) lies.push(`${id} ${state} and ran`);
        // What nobody can know is only what a kill cut in two.
        if (state === 'unknown' && problem?.code !== 'interrupted') lies.push(`${id} is unknown: ${problem?.code}`);
        if (!isSettled(state) && state !== 'unknown') lies.push(`${id} is still ${state}`);
        const facts = (capabilities as Record<string, { commands: Record<string, { idempotent: boolean }> }>)[
          command.capability
        ]?.commands[command.name];
        if (!facts?.idempotent && ran > 1) twice.push(id);
      }
      console.log(
        `seed ${seed}: ${JSON.stringify({ ends, kills, executed: executed.length, repeated: executed.length - times.size })}`,
      );
      expect(hub.rows.size).toBe(wanted.commands);
      expect(lies).toEqual([]);
      expect(twice).toEqual([]);
      for (const state of ['succeeded', 'failed', 'expired', 'cancelled', 'unknown'])
        expect(ends[state]).toBeGreaterThan(10);
      expect(kills.hub).toBeGreaterThan(5);
      expect(kills.agent).toBeGreaterThan(100);
      // The world really repeats where it may: an idempotent command runs again after a kill.
      expect(executed.length).toBeGreaterThan(times.size);
    },
  );
});
