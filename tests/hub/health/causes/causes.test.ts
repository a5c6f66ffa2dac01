import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type CausePlan, keyOf, type OpenCause } from '../../../../hub/health/causes/cause.ts';
import { type JudgedAgent, type JudgedDevice, planCauses } from '../../../../hub/health/causes/causes.ts';
import type { Verdict } from '../../../../hub/health/judgement/assess.ts';
import { findCode, type HealthCodeName, healthCodes, kindOf } from '../../../../hub/health/judgement/codes.ts';

const well: Verdict = { state: 'ok', code: undefined, sinceMs: 1 };
const verdictOf = (code: HealthCodeName | undefined, sinceMs = 100): Verdict => ({
  state: code ? healthCodes[code].state : 'ok',
  code,
  sinceMs,
});
const deviceOf = (id: string, code?: HealthCodeName, sinceMs?: number): JudgedDevice => ({
  id,
  unitId: 7,
  verdict: verdictOf(code, sinceMs),
});
const agentOf = (devices: readonly JudgedDevice[], code?: HealthCodeName): JudgedAgent => ({
  id: 'p7',
  unitId: 3,
  verdict: verdictOf(code),
  devices: code ? devices.map((device) => ({ ...device, verdict: { state: 'unknown', code, sinceMs: 100 } })) : devices,
});

let counter = 0;
/** What stands in the database after a plan was carried out. */
function carryOut(plan: CausePlan, open: readonly OpenCause[]): OpenCause[] {
  const gone = new Set(plan.resolve);
  const updated = new Map(plan.update.map(({ cause, wanted }) => [cause, wanted]));
  const kept = open
    .filter((cause) => !gone.has(cause))
    .map((cause) => {
      const wanted = updated.get(cause);
      const affected = wanted?.members.length ?? cause.affected;
      return {
        ...cause,
        ...(wanted
          ? {
              kind: wanted.kind,
              code: wanted.code,
              deviceId: wanted.deviceId,
              unitId: wanted.unitId,
              hint: wanted.hint,
            }
          : {}),
        affected,
        affectedPeak: Math.max(affected, cause.affectedPeak),
      };
    });
  const opened = plan.open.map(({ kind, code, deviceId, unitId, openedAtMs, hint, members }) => ({
    id: `cause-${++counter}`,
    kind,
    code,
    agentId: 'p7',
    deviceId,
    unitId,
    affected: members.length,
    affectedPeak: members.length,
    openedAtMs,
    hint,
  }));
  return [...kept, ...opened];
}
const standingAfter = (agent: JudgedAgent, open: readonly OpenCause[] = []) => carryOut(planCauses(agent, open), open);

describe('causes', () => {
  it('puts a silent agent and its 43 devices under one', () => {
    const devices = Array.from({ length: 43 }, (_, index) => deviceOf(`d${index}`, index % 3 ? undefined : 'EF-2201'));
    const before = standingAfter(agentOf(devices));
    expect(before).toHaveLength(15);
    const plan = planCauses(agentOf(devices, 'EF-1001'), before);
    expect(plan.resolve).toHaveLength(15);
    const now = carryOut(plan, before);
    expect(now).toMatchObject([
      { kind: 'agent-silent', code: 'EF-1001', affected: 43, deviceId: undefined, unitId: 3 },
    ]);
    expect(planCauses(agentOf(devices), now)).toMatchObject({ resolve: now, open: { length: 15 } });
  });

  it('opens, keeps and resolves one for a device', () => {
    const wrong = agentOf([deviceOf('a', 'EF-2301', 55), deviceOf('b')]);
    const open = standingAfter(wrong);
    expect(open).toMatchObject([{ kind: 'device-fault', deviceId: 'a', affected: 1, unitId: 7, openedAtMs: 55 }]);
    const again = planCauses(wrong, open);
    expect([again.open, again.update, again.resolve]).toEqual([[], [], []]);
    expect(planCauses(agentOf([deviceOf('a'), deviceOf('b')]), open).resolve).toEqual(open);
  });

  it('changes the code of a cause whose kind stays', () => {
    const open = standingAfter(agentOf([deviceOf('a', 'EF-2301')]));
    const plan = planCauses(agentOf([deviceOf('a', 'EF-2303')]), open);
    expect(plan).toMatchObject({ open: [], resolve: [], update: [{ wanted: { code: 'EF-2303' } }] });
  });

  it('sees many devices that fell silent together as one, grows, shrinks, and parts late', () => {
    const some = (count: number) =>
      Array.from({ length: 8 }, (_, index) => deviceOf(`d${index}`, index < count ? 'EF-2101' : undefined));
    expect(standingAfter(agentOf(some(3)))).toHaveLength(3);
    let open = standingAfter(agentOf(some(4)), standingAfter(agentOf(some(3))));
    expect(open).toMatchObject([{ code: 'EF-2102', affected: 4, deviceId: undefined }]);
    open = standingAfter(agentOf(some(7)), open);
    open = standingAfter(agentOf(some(2)), open);
    expect(open).toMatchObject([{ code: 'EF-2102', affected: 2, affectedPeak: 7 }]);
    open = standingAfter(agentOf(some(1)), open);
    expect(open).toMatchObject([{ code: 'EF-2101', deviceId: 'd0', affected: 1 }]);
  });

  it('sees a dead switch, and all that hangs behind it, as one; what is reached another way stays alone', () => {
    const behind = (id: string, via: string | undefined, code?: HealthCodeName) => ({ ...deviceOf(id, code), via });
    const devices = (code: HealthCodeName | undefined) => [
      behind('core', undefined),
      behind('switch', 'core', code),
      behind('inner', 'switch', code),
      behind('board', 'inner', code),
      behind('camera', 'switch', code),
      behind('projector', 'core', 'EF-2101'),
      ...Array.from({ length: 6 }, (_, index) => behind(`well${index}`, 'core')),
    ];
    // The camera is seen first, then the rest: its row becomes that of the switch.
    const first = standingAfter(
      agentOf(devices(undefined).map((one) => (one.id === 'camera' ? { ...one, verdict: verdictOf('EF-2101') } : one))),
    );
    const open = standingAfter(agentOf(devices('EF-2101')), first);
    const camera = first.find(({ deviceId }) => deviceId === 'camera');
    expect(open).toHaveLength(2);
    expect(open.find(({ id }) => id === camera?.id)).toMatchObject({
      kind: 'switch-down',
      code: 'EF-2105',
      deviceId: 'switch',
      affected: 4,
      hint: 'switch-dead',
    });
    expect(open.find(({ deviceId }) => deviceId === 'projector')).toMatchObject({
      kind: 'device-unreachable',
      affected: 1,
    });
    expect(standingAfter(agentOf(devices(undefined)), open)).toMatchObject([{ deviceId: 'projector' }]);
  });

  it('leaves a switch that carries nobody silent to itself, and does not run in circles', () => {
    const lone = [{ ...deviceOf('switch', 'EF-2101') }, { ...deviceOf('a'), via: 'switch' }];
    expect(standingAfter(agentOf(lone))).toMatchObject([{ kind: 'device-unreachable', deviceId: 'switch' }]);
    const circle = ['b', 'c', 'a'].map((id, index, all) => ({
      ...deviceOf(id, 'EF-2101'),
      via: all[(index + 1) % all.length],
    }));
    const rest = Array.from({ length: 4 }, (_, index) => deviceOf(`well${index}`));
    const tail = { ...deviceOf('0', 'EF-2101'), via: 'b' };
    expect(standingAfter(agentOf([...circle, tail, ...rest]))).toMatchObject([
      { kind: 'switch-down', deviceId: 'a', affected: 4 },
    ]);
  });

  it('does not count what is off as planned among those that could answer', () => {
    const off = Array.from({ length: 20 }, (_, index) => deviceOf(`off${index}`, 'EF-2104'));
    const silent = ['a', 'b', 'c'].map((id) => deviceOf(id, 'EF-2101'));
    expect(standingAfter(agentOf([...off, ...silent, deviceOf('well')]))).toMatchObject([
      { code: 'EF-2102', affected: 3, hint: 'all-behind-agent' },
    ]);
  });

  it('guesses where to look by what is known', () => {
    const facts = { upsOnBattery: false, sessionEnded: false, clockWrong: false };
    const hintOf = (agent: JudgedAgent) => standingAfter(agent)[0]?.hint;
    const silent = { ...agentOf([deviceOf('a')], 'EF-1001'), facts };
    expect(hintOf(silent)).toBe('line-cut');
    expect(hintOf({ ...silent, othersLive: true })).toBe('agent-alone');
    expect(hintOf({ ...silent, facts: { ...facts, sessionEnded: true } })).toBe('agent-stopped');
    expect(hintOf({ ...silent, facts: { ...facts, sessionEnded: true, upsOnBattery: true } })).toBe('school-mains');
    const refused = agentOf([deviceOf('a', 'EF-2201')]);
    expect(hintOf(refused)).toBe('wrong-password');
    expect(hintOf({ ...refused, facts: { ...facts, clockWrong: true } })).toBe('wrong-clock');
    expect(hintOf(agentOf([deviceOf('a', 'EF-2101'), deviceOf('b'), deviceOf('c')]))).toBe('device-alone');
    expect(hintOf(agentOf([deviceOf('a', 'EF-2301')]))).toBeUndefined();
  });

  it('has none of its own for an agent whose silence its school tells', () => {
    const silent = agentOf([deviceOf('a')], 'EF-1001');
    expect(planCauses({ ...silent, isCovered: true }, standingAfter(silent)).open).toEqual([]);
  });

  it('resolves a double and keeps the older one', () => {
    const wrong = agentOf([deviceOf('a', 'EF-2301')]);
    const [cause] = standingAfter(wrong);
    if (!cause) throw new Error('no cause');
    const double = { ...cause, id: 'other', openedAtMs: cause.openedAtMs + 1 };
    expect(planCauses(wrong, [double, cause])).toMatchObject({ open: [], resolve: [double] });
  });
});

const deviceCodes = Object.keys(healthCodes).filter(
  (code) => code.startsWith('EF-2') && !['EF-2102', 'EF-2105'].includes(code),
);
const anyDevice = fc.constantFrom(undefined, 'EF-2101', 'EF-2101', ...deviceCodes).map((code) => findCode(code));
const anyFleet = fc.record({
  codes: fc.array(anyDevice, { maxLength: 12 }),
  /** On which device each hangs, by number; beyond the last one on none. */
  vias: fc.array(fc.nat(20), { minLength: 12, maxLength: 12 }),
  agent: fc.constantFrom<HealthCodeName | undefined>(undefined, undefined, 'EF-1001', 'EF-1002', 'EF-1004'),
});
const fleetOf = ({
  codes,
  vias = [],
  agent,
}: {
  codes: (HealthCodeName | undefined)[];
  vias?: number[];
  agent: HealthCodeName | undefined;
}): JudgedAgent => {
  const devices = codes.map((code, index) => {
    const via = vias[index] ?? codes.length;
    return { ...deviceOf(`d${index}`, code, 100 + index), ...(via < codes.length ? { via: `d${via}` } : {}) };
  });
  const hides = agent !== undefined && agent !== 'EF-1002';
  return hides ? agentOf(devices, agent) : { ...agentOf(devices), verdict: verdictOf(agent) };
};

describe('causes, whatever happens', () => {
  it('puts every wrong device under exactly one open cause, without doubles, and settles', () => {
    fc.assert(
      fc.property(fc.array(anyFleet, { minLength: 1, maxLength: 8 }), (walk) => {
        let open: OpenCause[] = [];
        for (const step of walk) {
          const agent = fleetOf(step);
          const plan = planCauses(agent, open);
          open = carryOut(plan, open);
          const keys = open.map(keyOf);
          expect(new Set(keys).size).toBe(keys.length);
          expect(new Set(plan.standing.keys())).toEqual(new Set(keys));
          const under = [...plan.standing.values()].flatMap(({ members }) => members);
          const wrong = agent.devices.filter(({ verdict }) => kindOf(verdict.code) !== undefined).map(({ id }) => id);
          expect(under.sort()).toEqual(wrong.sort());
          for (const cause of open) {
            expect(cause.affected).toBe(plan.standing.get(keyOf(cause))?.members.length);
            expect(cause.affectedPeak).toBeGreaterThanOrEqual(cause.affected);
          }
          const settled = planCauses(agent, open);
          expect([settled.open, settled.update, settled.resolve]).toEqual([[], [], []]);
        }
        expect(planCauses({ ...fleetOf({ codes: [], agent: undefined }), verdict: well }, open).resolve).toHaveLength(
          open.length,
        );
      }),
    );
  });

  it('does not depend on any order', () => {
    fc.assert(
      fc.property(
        anyFleet.chain((fleet) =>
          fc.tuple(
            fc.constant(fleetOf(fleet)),
            fc.shuffledSubarray(
              fleetOf(fleet).devices.map((_d, index) => index),
              { minLength: fleet.codes.length },
            ),
          ),
        ),
        anyFleet,
        ([agent, order], earlier) => {
          const open = standingAfter(fleetOf(earlier));
          const shuffled = { ...agent, devices: order.map((index) => agent.devices[index] as JudgedDevice) };
          expect(planCauses(shuffled, [...open].reverse())).toEqual(planCauses(agent, open));
        },
      ),
    );
  });
});
