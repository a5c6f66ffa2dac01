import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { afterTry, type KeepingState, planKeeping, rowsOf } from '../../../agent/configuration/plan.ts';
import type { ReportedStates } from '../../../protocols/fleet/capabilities/index.ts';
import type { Configuration } from '../../../protocols/fleet/configuration/configuration.ts';
import type { Keeping } from '../../../protocols/fleet/configuration/setting.ts';

const minute = 60_000;

/** A device that somebody turns the volume of, its wishes, and the agent that keeps them. */
function bench(keeping: Keeping, level = 40) {
  let nowMs = 1_000;
  let state: KeepingState = new Map();
  let configuration: Configuration = { 'volume.level': { value: level, keeping } };
  const device = { power: 'on', volume: level as number | undefined, isUp: true };
  const acts: number[] = [];
  const plan = (cameOn = false) => {
    const states: ReportedStates = {
      power: { state: device.power },
      ...(device.volume === undefined ? {} : { volume: { level: device.volume } }),
    };
    const planned = planKeeping(state, { configuration, states, isUp: device.isUp, cameOn, nowMs });
    state = planned.state;
    if (planned.act) {
      acts.push(nowMs);
      const kept = state.get(planned.act.key);
      if (kept) state = new Map(state).set(planned.act.key, afterTry(kept, nowMs));
    }
    return planned;
  };
  return {
    device,
    acts,
    plan,
    pass: (ms: number) => {
      nowMs += ms;
    },
    wish: (next: Configuration) => {
      configuration = next;
    },
    row: () => rowsOf(state)[0],
  };
}

describe('what a device is made to keep', () => {
  it('is set at once when it differs and shall be healed', () => {
    const { device, plan, row } = bench('heal');
    expect(plan().act).toBeUndefined();
    expect(row()).toMatchObject({ key: 'volume.level', standing: 'same', tries: 0 });
    device.volume = 90;
    expect(plan().act).toEqual({ key: 'volume.level', command: { name: 'set', args: { level: 40 } } });
    device.volume = 40;
    plan();
    expect(row()).toMatchObject({ standing: 'same', tries: 0 });
  });

  it('is only shown when that is all that is wished', () => {
    const { device, plan, row } = bench('report');
    device.volume = 90;
    expect(plan(true).act).toBeUndefined();
    expect(row()).toMatchObject({ standing: 'differs' });
  });

  it('is set once in a life at power-on, and left to the teacher afterwards', () => {
    const { device, plan, acts, pass } = bench('power-on');
    plan();
    device.volume = 90;
    expect(plan().act).toBeUndefined();
    // It goes off and comes on with what it had.
    device.power = 'off';
    plan();
    device.power = 'on';
    expect(plan(true).act).toBeDefined();
    device.volume = 40;
    plan();
    device.volume = 75;
    pass(10 * minute);
    expect(plan().act).toBeUndefined();
    expect(acts).toHaveLength(1);
  });

  it('waits for a device that is off, away, or tells no value', () => {
    const { device, plan, row } = bench('heal');
    device.volume = undefined;
    expect(plan().act).toBeUndefined();
    expect(row()).toMatchObject({ standing: 'silent' });
    Object.assign(device, { volume: 90, power: 'off' });
    expect(plan().act).toBeUndefined();
    Object.assign(device, { power: 'on', isUp: false });
    expect(plan().act).toBeUndefined();
    device.isUp = true;
    expect(plan().act).toBeDefined();
  });

  it('is tried ever less often while it has no effect', () => {
    const { device, plan, acts, pass, row } = bench('heal');
    device.volume = 90;
    for (let i = 0; i < 24 * 60; i++) {
      plan();
      pass(minute);
    }
    const pauses = acts.slice(1).map((at, index) => (at - (acts[index] ?? 0)) / minute);
    expect(pauses).toEqual([1, 5, 30, 360, 360, 360]);
    expect(row()).toMatchObject({ standing: 'failed' });
  });

  it('is given up for hours where somebody sets it otherwise again and again', () => {
    const { device, plan, acts, pass, row } = bench('heal');
    for (let i = 0; i < 60; i++) {
      device.volume = 90;
      if (plan().act) device.volume = 40;
      plan();
      pass(5 * minute);
    }
    expect(acts).toHaveLength(5);
    expect(row()).toMatchObject({ standing: 'contested' });
    pass(2 * 60 * minute);
    expect(plan().act).toBeDefined();
  });

  it('takes a step of the device for the value, and says what it cannot take', () => {
    const { device, plan, row, wish } = bench('heal');
    device.volume = 39.2;
    expect(plan().act).toBeUndefined();
    expect(row()).toMatchObject({ standing: 'same' });
    wish({ 'volume.level': { value: 140, keeping: 'heal' } });
    expect(plan().act).toBeUndefined();
    expect(row()).toMatchObject({ standing: 'impossible' });
    wish({ 'quantum.flux': { value: 1, keeping: 'heal' } });
    expect(plan().act).toBeUndefined();
    expect(row()).toMatchObject({ key: 'quantum.flux', standing: 'unknown-setting' });
  });

  it('never sets what it must not, whatever happens', () => {
    const step = fc.oneof(
      fc.record({
        kind: fc.constant('volume' as const),
        to: fc.option(fc.integer({ min: 0, max: 100 }), { nil: undefined }),
      }),
      fc.record({ kind: fc.constant('power' as const), to: fc.constantFrom('on', 'off', 'cooling') }),
      fc.record({ kind: fc.constant('up' as const), to: fc.boolean() }),
      fc.record({ kind: fc.constant('pass' as const), to: fc.integer({ min: 1, max: 120 }) }),
    );
    fc.assert(
      fc.property(
        fc.constantFrom<Keeping>('heal', 'power-on', 'report'),
        fc.array(step, { maxLength: 60 }),
        (keeping, steps) => {
          const { device, plan, acts, pass, row } = bench(keeping);
          plan();
          let isArmed = false;
          for (const { kind, to } of steps) {
            const before = device.power;
            if (kind === 'volume') device.volume = to;
            if (kind === 'power') device.power = to;
            if (kind === 'up') device.isUp = to;
            if (kind === 'pass') pass(to * minute);
            const cameOn = before !== 'on' && device.power === 'on';
            isArmed = (isArmed || cameOn) && (device.volume === undefined || Math.abs(device.volume - 40) > 1);
            const count = acts.length;
            const { act, wakeAtMs } = plan(cameOn);
            const differs = device.volume !== undefined && Math.abs(device.volume - 40) > 1;
            if (act) {
              expect(differs && device.isUp && device.power === 'on' && keeping !== 'report').toBe(true);
              if (keeping === 'power-on') expect(isArmed).toBe(true);
              expect(wakeAtMs).toBeUndefined();
            }
            expect(acts.length - count).toBeLessThanOrEqual(1);
            // What differs and is not set now is set later, or is left alone for a reason that its row tells.
            if (keeping === 'heal' && differs && device.isUp && device.power === 'on' && !act)
              expect(wakeAtMs).toBeDefined();
            expect(row()?.standing === 'same').toBe(device.volume !== undefined && !differs);
          }
        },
      ),
    );
  });
});
