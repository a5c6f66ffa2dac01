import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { findLoop, freshRule, type Happening, stepRule } from '../../../../protocols/fleet/policy/rule.ts';
import { rule, vn } from './sample.ts';

const alarm: Happening = {
  kind: 'event',
  device: 'gate-1',
  capability: 'gate',
  name: 'alarm',
  document: { reason: 'external' },
};
const nowMs = vn('2026-11-18T09:00');

describe('a rule', () => {
  it('fires on its event, then waits out its cooldown and its hour', () => {
    let memory = freshRule;
    const outcomes = [0, 30, 61, 125, 190, 255, 320, 3_700].map((second) => {
      const step = stepRule(rule(), memory, alarm, nowMs + second * 1_000, false);
      memory = step.memory;
      return step.outcome;
    });
    expect(outcomes).toEqual(['fired', 'cooldown', 'fired', 'fired', 'fired', 'fired', 'too-often', 'fired']);
  });

  it('looks at the fields it names, and at nothing else', () => {
    const external = rule({ watch: { ...rule().watch, where: [{ field: 'reason', is: 'equal', value: 'external' }] } });
    const outcome = (happening: Happening) => stepRule(external, freshRule, happening, nowMs, false).outcome;
    expect(outcome(alarm)).toBe('fired');
    expect(outcome({ ...alarm, document: { reason: 'lost' } })).toBe('none');
    expect(outcome({ ...alarm, document: {} })).toBe('none');
    expect(outcome({ ...alarm, device: 'gate-2' })).toBe('none');
    expect(outcome({ ...alarm, name: 'unknownItem' })).toBe('none');
    expect(stepRule(external, freshRule, alarm, nowMs, true).outcome).toBe('frozen');
  });

  it('fires when a state begins to fit, not while it fits, nor again after a restart', () => {
    const hot = rule({
      cooldownSeconds: 1,
      watch: {
        kind: 'state',
        capability: 'power',
        where: [{ field: 'state', is: 'equal', value: 'off' }],
        devices: ['ups-1'],
      },
    });
    const told = (state: string): Happening => ({
      kind: 'state',
      device: 'ups-1',
      capability: 'power',
      document: { state },
    });
    let memory = freshRule;
    const outcomes = ['on', 'off', 'off', 'on', 'off'].map((state, index) => {
      const step = stepRule(hot, memory, told(state), nowMs + index * 10_000, false);
      memory = JSON.parse(JSON.stringify(step.memory));
      return step.outcome;
    });
    expect(outcomes).toEqual(['none', 'fired', 'none', 'none', 'fired']);
  });

  it('never fires more often than its bound, whatever the clock does', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: -600, max: 600 }), { maxLength: 300 }), (steps) => {
        let memory = freshRule;
        let at = nowMs;
        const fired: number[] = [];
        for (const seconds of steps) {
          at += seconds * 1_000;
          const step = stepRule(rule(), memory, alarm, at, false);
          memory = step.memory;
          if (step.outcome === 'fired') fired.push(at);
        }
        for (const one of fired)
          expect(fired.filter((other) => Math.abs(other - one) < 1_800_000).length).toBeLessThanOrEqual(5);
      }),
    );
  });

  it('is found when it could set itself off through others', () => {
    const a = rule({ id: 'a' });
    const back = rule({
      id: 'b',
      watch: { kind: 'state', capability: 'relay', where: [], devices: ['lamp-1'] },
      commands: [{ capability: 'gate', name: 'silence', args: {}, devices: ['gate-1'] }],
    });
    expect(findLoop([a])).toBeUndefined();
    expect(findLoop([a, back])).toEqual(['a', 'b', 'a']);
    expect(findLoop([rule({ id: 'c', watch: { ...a.watch, devices: ['gate-9'] } }), a])).toBeUndefined();
  });
});
