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
type ReportedState = Extract<CommandInput, { type: 'report' }>['report']['state'];
const run = (from: CommandProgress, inputs: readonly CommandInput[]) => inputs.reduce(advance, from);
const waiting: CommandProgress = { state: 'awaiting-approval', notAfterMs };
const report = (state: ReportedState): CommandInput => ({
  type: 'report',
  report: { state },
});

const anyState = fc.constantFrom(...commandStates);
const anyReport = fc
  .constantFrom('received', 'running', 'succeeded', 'failed', 'expired', 'unknown', 'cancelled')
  .map((state) => report(state as 'received'));
const anyInput: fc.Arbitrary<CommandInput> = fc.oneof(
  fc.constant<CommandInput>({ type: 'sent' }),
  anyReport,
  fc.constantFrom<CommandInput>({ type: 'cancel' }, { type: 'reject' }, { type: 'approve', notAfterMs }),
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
          if (next.state === current.state && next.isCancelAsked === current.isCancelAsked) expect(next).toBe(current);
          current = next;
        }
      }),
    );
  });

  it('never goes back', () => {
    const rank = (state: CommandState) => commandStates.indexOf(state);
    fc.assert(
      fc.property(fc.array(anyInput), (inputs) => {
        let current = waiting;
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

  it('lets nothing of a command out before a second person agreed', () => {
    const anyOther = anyInput.filter(({ type }) => type !== 'approve');
    fc.assert(
      fc.property(fc.array(anyOther), (inputs) => {
        expect(['awaiting-approval', 'cancelled', 'expired']).toContain(run(waiting, inputs).state);
      }),
    );
    expect(run(waiting, [{ type: 'approve', notAfterMs: 9 }])).toEqual({ state: 'queued', notAfterMs: 9 });
    expect(run(waiting, [{ type: 'reject' }, { type: 'approve', notAfterMs }]).state).toBe('cancelled');
    expect(run(waiting, [{ type: 'time', nowMs: notAfterMs + 1 }]).problem?.code).toBe('approval-expired');
  });

  it('takes back at once what has not left, and of the rest believes the agent alone', () => {
    for (const from of [waiting, queued]) expect(run(from, [{ type: 'cancel' }]).state).toBe('cancelled');
    const asked = run(queued, [{ type: 'sent' }, { type: 'cancel' }]);
    expect(asked).toMatchObject({ state: 'sent', isCancelAsked: true });
    expect(run(asked, [report('cancelled')]).state).toBe('cancelled');
    expect(run(asked, [report('running'), report('succeeded'), report('cancelled')]).state).toBe('succeeded');
    expect(run(asked, [{ type: 'time', nowMs: notAfterMs + patienceMs.sent + 1 }]).state).toBe('unknown');
  });

  it('never says that a command did not run when the agent said that it began', () => {
    fc.assert(
      fc.property(fc.array(anyInput.filter((input) => input.type !== 'report')), (inputs) => {
        const ended = run(run(queued, [{ type: 'sent' }, report('running')]), inputs);
        expect(['running', 'unknown']).toContain(ended.state);
      }),
    );
  });
});
