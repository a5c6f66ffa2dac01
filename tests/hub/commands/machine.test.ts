import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  advance,
  type CommandInput,
  type CommandProgress,
  isSettled,
  patienceMs,
} from '../../../hub/commands/machine.ts';
import { type CommandState, commandStates } from '../../../protocols/fleet/record.ts';

const notAfterMs = 1_000_000;
const queued: CommandProgress = { state: 'queued', notAfterMs };
const run = (from: CommandProgress, inputs: readonly CommandInput[]) => inputs.reduce(advance, from);
const report = (state: 'received' | 'running' | 'succeeded' | 'failed' | 'expired' | 'unknown'): CommandInput => ({
  type: 'report',
  report: { state },
});

const anyState = fc.constantFrom(...commandStates);
const anyReport = fc
  .constantFrom('received', 'running', 'succeeded', 'failed', 'expired', 'unknown')
  .map((state) => report(state as 'received'));
const anyInput: fc.Arbitrary<CommandInput> = fc.oneof(
  fc.constant<CommandInput>({ type: 'sent' }),
  anyReport,
  fc.integer({ min: 0, max: 3_000_000 }).map((nowMs): CommandInput => ({ type: 'time', nowMs })),
);

describe('command machine', () => {
  it('walks the whole way', () => {
    const inputs: CommandInput[] = [{ type: 'sent' }, report('received'), report('running'), report('succeeded')];
    const states = inputs.map((_input, index) => run(queued, inputs.slice(0, index + 1)));
    expect(states.map(({ state }) => state)).toEqual(['sent', 'received', 'running', 'succeeded']);
  });

  it('never changes what is settled, and hands back the same object when nothing changes', () => {
    fc.assert(
      fc.property(anyState, fc.array(anyInput), (state, inputs) => {
        let current: CommandProgress = { state, notAfterMs };
        for (const input of inputs) {
          const next = advance(current, input);
          if (isSettled(current.state)) expect(next).toBe(current);
          if (next.state === current.state) expect(next).toBe(current);
          current = next;
        }
      }),
    );
  });

  it('never goes back', () => {
    const rank = (state: CommandState) => commandStates.indexOf(state);
    fc.assert(
      fc.property(fc.array(anyInput), (inputs) => {
        let current = queued;
        for (const input of inputs) {
          const next = advance(current, input);
          if (current.state !== 'unknown') expect(rank(next.state)).toBeGreaterThanOrEqual(rank(current.state));
          else expect(next.state === 'unknown' || isSettled(next.state)).toBe(true);
          current = next;
        }
      }),
    );
  });

  it('ends the same whatever the order and however often reports come', () => {
    const final = fc.constantFrom('succeeded', 'failed', 'expired').map((state) => report(state as 'failed'));
    const early = fc.constantFrom('received', 'running', 'unknown').map((state) => report(state as 'received'));
    fc.assert(
      fc.property(
        final.chain((last) =>
          fc.tuple(
            fc.constant(last),
            fc.shuffledSubarray([last, last, report('received'), report('running')], { minLength: 1 }),
            fc.array(early),
          ),
        ),
        ([last, shuffled, noise]) => {
          const ended = run(queued, [...noise, ...shuffled, last, ...noise, ...shuffled]);
          expect(ended.state).toBe(last.type === 'report' ? last.report.state : '');
        },
      ),
    );
  });

  it('calls expired only what no agent can have', () => {
    const late: CommandInput = { type: 'time', nowMs: notAfterMs + patienceMs.begun + 1 };
    expect(advance(queued, late).state).toBe('expired');
    expect(run(queued, [{ type: 'sent' }, late]).state).toBe('unknown');
    expect(run(queued, [{ type: 'sent' }, report('running'), late]).state).toBe('unknown');
  });

  it('waits its patience before it gives up', () => {
    const sent = advance(queued, { type: 'sent' });
    expect(advance(queued, { type: 'time', nowMs: notAfterMs }).state).toBe('queued');
    expect(advance(sent, { type: 'time', nowMs: notAfterMs + patienceMs.sent }).state).toBe('sent');
    expect(advance(sent, { type: 'time', nowMs: notAfterMs + patienceMs.sent + 1 }).problem?.code).toBe('no-answer');
  });

  it('lets a late result settle what was unknown, and drops the problem with it', () => {
    const unknown = run(queued, [{ type: 'sent' }, { type: 'time', nowMs: notAfterMs + patienceMs.begun }]);
    const settled = advance(unknown, { type: 'report', report: { state: 'succeeded', output: { sizeBytes: 3 } } });
    expect(settled).toEqual({ state: 'succeeded', notAfterMs, output: { sizeBytes: 3 } });
  });
});
