import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  advance,
  type DeviceEffect,
  type DeviceInput,
  type DeviceState,
  initialDeviceState,
  type Surroundings,
} from '../../../agent/runtime/machine.ts';
import type { Problem } from '../../../protocols/fleet/problem.ts';

const around: Surroundings = { nowMs: 1_000, random: 0.5, pollIntervalMs: 20_000, hasCommands: false };
const problem = (code: string): Problem => ({ code, message: code, retryable: true });
const codes = [
  'unreachable',
  'refused',
  'timeout',
  'connection-lost',
  'protocol',
  'authentication',
  'busy',
  'unavailable',
  'address-not-allowed',
];

/** Feeds inputs; gives the last state and all effects. */
function feed(inputs: readonly DeviceInput[], over: Partial<Surroundings> = {}, from = initialDeviceState) {
  let state: DeviceState = from;
  const effects: DeviceEffect[] = [];
  for (const input of inputs) {
    const transition = advance(state, input, { ...around, ...over });
    state = transition.state;
    effects.push(...transition.effects);
  }
  return { state, effects, verdicts: effects.flatMap((effect) => (effect.kind === 'verdict' ? [effect.verdict] : [])) };
}

const up: readonly DeviceInput[] = [{ kind: 'start', delayMs: 0 }, { kind: 'connected' }, { kind: 'polled' }];

describe('machine of a device', () => {
  it('connects, polls, and waits for the next poll', () => {
    const { state, effects } = feed(up);
    expect(effects.map(({ kind }) => kind)).toEqual(['connect', 'poll', 'verdict', 'wait']);
    expect(effects.at(-1)).toEqual({ kind: 'wait', delayMs: 20_000 });
    expect(state).toMatchObject({ phase: 'waiting', hasSession: true, failures: 0, verdict: { status: 'up' } });
  });

  it('tries a lost poll again before it calls the device unreachable', () => {
    const lost: DeviceInput = { kind: 'poll-failed', problem: problem('timeout') };
    const first = feed([...up, { kind: 'wake' }, lost]);
    expect(first.state).toMatchObject({ phase: 'backing-off', hasSession: false, verdict: { status: 'up' } });
    expect(first.verdicts).toHaveLength(1);
    expect(first.effects.slice(-2)).toEqual([{ kind: 'close' }, { kind: 'wait', delayMs: 1_500 }]);
    const again: DeviceInput[] = [{ kind: 'wake' }, { kind: 'connect-failed', problem: problem('unreachable') }];
    const second = feed(again, { nowMs: 9_000 }, first.state);
    expect(second.state.verdict).toEqual({ status: 'unreachable', since: 9_000, problem: problem('unreachable') });
  });

  it.each([
    ['authentication', 'up-without-authentication'],
    ['unavailable', 'up'],
    ['busy', 'up'],
  ])('believes an answer at once: %s', (code, status) => {
    const { state } = feed([
      { kind: 'start', delayMs: 0 },
      { kind: 'connect-failed', problem: problem(code) },
    ]);
    expect(state.verdict).toMatchObject({ status, problem: { code } });
  });

  it('waits long before it shows a refused password again', () => {
    const { effects } = feed([
      { kind: 'start', delayMs: 0 },
      { kind: 'connect-failed', problem: problem('authentication') },
    ]);
    expect(effects.at(-1)).toEqual({ kind: 'wait', delayMs: 1_000 + 0.5 * 63_000 });
  });

  it('keeps the session of a device that says "not now"', () => {
    const { state } = feed([...up, { kind: 'wake' }, { kind: 'poll-failed', problem: problem('unavailable') }]);
    expect(state).toMatchObject({ phase: 'waiting', hasSession: true, verdict: { status: 'up' } });
  });

  it('keeps the time since when a status holds, while its problem may change', () => {
    const fail = (code: string): DeviceInput[] => [
      { kind: 'wake' },
      { kind: 'connect-failed', problem: problem(code) },
    ];
    const start = feed([
      { kind: 'start', delayMs: 0 },
      { kind: 'connect-failed', problem: problem('refused') },
      ...fail('refused'),
    ]);
    const later = feed(fail('unreachable'), { nowMs: 99_000 }, start.state);
    expect(later.state.verdict).toEqual({ status: 'unreachable', since: 1_000, problem: problem('unreachable') });
    const back = feed([{ kind: 'wake' }, { kind: 'connected' }, { kind: 'polled' }], { nowMs: 120_000 }, later.state);
    expect(back.state.verdict).toEqual({ status: 'up', since: 120_000 });
  });

  it('puts commands before polls, and looks at the device after them', () => {
    const waiting = feed(up).state;
    const command = feed([{ kind: 'wake' }], { hasCommands: true }, waiting);
    expect(command.effects).toEqual([{ kind: 'command' }]);
    const after = feed([{ kind: 'commanded' }], {}, command.state);
    expect(after.effects).toEqual([{ kind: 'poll' }]);
  });

  it('refuses commands of a device that is proven away, not after one lost attempt', () => {
    const lost: DeviceInput = { kind: 'connect-failed', problem: problem('unreachable') };
    const first = feed([{ kind: 'start', delayMs: 0 }, lost], { hasCommands: true });
    expect(first.effects.map(({ kind }) => kind)).toEqual(['connect', 'wait']);
    const second = feed([{ kind: 'wake' }, lost], { hasCommands: true }, first.state);
    expect(second.effects.map(({ kind }) => kind)).toEqual(['connect', 'verdict', 'refuse-commands', 'wait']);
  });

  it('closes what a stop found under way', () => {
    const connecting = feed([{ kind: 'start', delayMs: 0 }, { kind: 'stop' }]).state;
    expect(connecting.phase).toBe('stopping');
    expect(feed([{ kind: 'connected' }], {}, connecting).effects).toEqual([{ kind: 'close' }]);
    expect(feed([{ kind: 'connected' }, { kind: 'closed' }], {}, connecting).state.phase).toBe('stopped');
    expect(feed([{ kind: 'connect-failed', problem: problem('refused') }], {}, connecting).state.phase).toBe('stopped');
  });

  const inputs: fc.Arbitrary<DeviceInput> = fc.oneof(
    fc.record({ kind: fc.constant('start' as const), delayMs: fc.constantFrom(0, 500) }),
    fc.constantFrom<DeviceInput>(
      { kind: 'connected' },
      { kind: 'polled' },
      { kind: 'commanded' },
      { kind: 'wake' },
      { kind: 'stop' },
      { kind: 'closed' },
    ),
    fc.record({
      kind: fc.constantFrom('connect-failed' as const, 'poll-failed' as const),
      problem: fc.constantFrom(...codes.map(problem)),
    }),
  );
  const steps = fc.array(fc.tuple(inputs, fc.boolean(), fc.double({ min: 0, max: 0.999, noNaN: true })), {
    maxLength: 60,
  });

  it('keeps its promises in any order of inputs', () => {
    fc.assert(
      fc.property(steps, (script) => {
        let state = initialDeviceState;
        for (const [input, hasCommands, random] of script) {
          const before = state;
          const { state: next, effects } = advance(before, input, {
            nowMs: 1_000,
            random,
            pollIntervalMs: 20_000,
            hasCommands,
          });
          state = next;
          const timed = effects.filter(({ kind }) => !['verdict', 'refuse-commands'].includes(kind));
          if (before.phase === 'stopped') expect([state.phase, effects]).toEqual(['stopped', []]);
          if (before.phase === 'stopping') expect(['stopping', 'stopped']).toContain(state.phase);
          for (const effect of effects) {
            if (effect.kind === 'wait' && input.kind !== 'start') expect(effect.delayMs).toBeGreaterThanOrEqual(1_000);
            if (effect.kind === 'poll' || effect.kind === 'command') expect(state.hasSession).toBe(true);
            if (effect.kind === 'connect') expect(before.hasSession).toBe(false);
          }
          // A session that is given up is closed, so that none leaks.
          if (before.hasSession && !state.hasSession && before.phase !== 'stopping') {
            expect(timed.map(({ kind }) => kind)).toContain('close');
          }
          // A living device always has something under way; nothing sleeps for ever.
          const changed = state !== before && state.phase !== before.phase;
          if (changed && !['stopping', 'stopped'].includes(state.phase)) expect(timed.length).toBeGreaterThan(0);
        }
      }),
      { numRuns: 500 },
    );
  });
});
