import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isPartOfArea, type PlacedAgent, planAreas } from '../../../../hub/health/causes/areas.ts';
import { keyOf, type OpenCause } from '../../../../hub/health/causes/cause.ts';
import { noFacts } from '../../../../hub/health/causes/hints.ts';
import { reconcile } from '../../../../hub/health/causes/reconcile.ts';

const province = 1;
const communes = [11, 12, 13, 14, 15];
/** Schools 100 to 149: ten in each commune, with two agents in every fifth one. */
const schools = Array.from({ length: 50 }, (_, index) => ({
  id: 100 + index,
  commune: communes[index % communes.length] ?? 0,
  agents: index % 5 === 0 ? [`a${index}`, `b${index}`] : [`a${index}`],
}));
const agentIds = schools.flatMap(({ agents }) => agents);
const pathOf = (unitId: number) => {
  const school = schools.find(({ id }) => id === unitId);
  if (school) return `/1/${school.commune}/${unitId}/`;
  return unitId === province ? '/1/' : `/1/${unitId}/`;
};
const fleet = (silent: ReadonlyMap<string, number>, facts = noFacts): PlacedAgent[] =>
  schools.flatMap((school) =>
    school.agents.map((id) => ({
      id,
      schoolId: school.id,
      areas: [province, school.commune],
      silentSinceMs: silent.get(id),
      facts,
      devices: [`${id}-x`, `${id}-y`],
    })),
  );
const silentAt = (sinceMs: number, ...indexes: number[]) =>
  new Map(indexes.flatMap((index) => (schools[index]?.agents ?? []).map((id) => [id, sinceMs] as const)));

const becomes = (cause: OpenCause, wanted: Parameters<typeof isPartOfArea>[1]) => isPartOfArea(cause, wanted, pathOf);
let counter = 0;
function step(silent: ReadonlyMap<string, number>, open: readonly OpenCause[]): OpenCause[] {
  const { wanted } = planAreas(fleet(silent), open);
  const plan = reconcile(wanted, open, becomes);
  const gone = new Set(plan.resolve);
  const updated = new Map(plan.update.map(({ cause, wanted: next }) => [cause, next]));
  const kept = open
    .filter((cause) => !gone.has(cause))
    .map((cause) => {
      const { members, ...next } = updated.get(cause) ?? { members: undefined };
      const affected = members?.length ?? cause.affected;
      return {
        ...cause,
        ...next,
        openedAtMs: cause.openedAtMs,
        affected,
        affectedPeak: Math.max(affected, cause.affectedPeak),
      };
    });
  const opened = plan.open.map(({ members, ...cause }) => ({
    ...cause,
    id: `cause-${++counter}`,
    affected: members.length,
    affectedPeak: members.length,
  }));
  return [...kept, ...opened];
}

describe('causes beyond one agent', () => {
  it('leave one silent agent of a school to itself', () => {
    expect(planAreas(fleet(silentAt(5, 1)), []).wanted).toEqual([]);
  });

  it('see all agents of a school as its line, and name what hangs on them', () => {
    const { wanted, covered } = planAreas(fleet(silentAt(5, 0)), []);
    expect(wanted).toMatchObject([
      { kind: 'school-uplink', code: 'EF-1011', unitId: 100, hint: 'school-line', openedAtMs: 5 },
    ]);
    expect(wanted[0]?.members).toEqual(['a0-x', 'a0-y', 'b0-x', 'b0-y']);
    expect([...covered.keys()]).toEqual(['a0', 'b0']);
    expect(planAreas(fleet(silentAt(5, 0), { ...noFacts, upsOnBattery: true }), []).wanted[0]?.hint).toBe(
      'school-mains',
    );
  });

  it('see most schools of a commune as an outage of it, schools of many communes as one of the province', () => {
    const commune = planAreas(fleet(silentAt(5, 0, 5, 10, 15, 20)), []);
    expect(commune.wanted).toMatchObject([{ kind: 'area-silent', unitId: 11, hint: 'area-line' }]);
    expect(commune.wanted[0]?.members).toHaveLength(20);
    const wide = planAreas(fleet(silentAt(5, 0, 1, 2, 3, 4, 6, 7, 8, 9, 11)), []);
    expect(wide.wanted).toMatchObject([{ kind: 'area-silent', unitId: province }]);
    expect(wide.covered.size).toBe(11);
  });

  it('do not join what fell silent at another time', () => {
    const silent = new Map([...silentAt(0, 1), ...silentAt(3_600_000, 6), ...silentAt(7_200_000, 11, 16, 21)]);
    expect(planAreas(fleet(silent), []).wanted).toEqual([]);
  });

  it('make the row of the first agent that of the school, and then of the area; it parts late', () => {
    const first: OpenCause = {
      id: 'first',
      kind: 'agent-silent',
      code: 'EF-1001',
      agentId: 'a0',
      deviceId: undefined,
      unitId: 100,
      affected: 2,
      affectedPeak: 2,
      openedAtMs: 5,
    };
    let open = step(silentAt(5, 0), [first]);
    expect(open).toMatchObject([{ id: 'first', kind: 'school-uplink', agentId: undefined, affected: 4 }]);
    open = step(silentAt(5, 0, 5, 10, 15, 20), open);
    expect(open).toMatchObject([{ id: 'first', kind: 'area-silent', unitId: 11, affected: 20, openedAtMs: 5 }]);
    open = step(silentAt(5, 0, 5, 10), open);
    expect(open).toMatchObject([{ id: 'first', kind: 'area-silent', affected: 12, affectedPeak: 20 }]);
    open = step(silentAt(5, 0), open);
    expect(open).toMatchObject([{ kind: 'school-uplink', unitId: 100 }]);
    expect(step(new Map(), open)).toEqual([]);
  });

  it('tell every silence once, whatever happens, and settle; the order does not matter', () => {
    const anySilence = fc.uniqueArray(fc.tuple(fc.constantFrom(...agentIds), fc.integer({ min: 0, max: 900_000 })), {
      selector: ([id]) => id,
      maxLength: 60,
    });
    fc.assert(
      fc.property(fc.array(anySilence, { minLength: 1, maxLength: 5 }), fc.gen(), (walk, gen) => {
        let open: OpenCause[] = [];
        for (const pairs of walk) {
          const silent = new Map(pairs);
          const agents = fleet(silent);
          const before = open;
          const plan = planAreas(agents, before);
          const told = plan.wanted.flatMap(({ members }) => members);
          expect(new Set(told).size).toBe(told.length);
          const under = [...plan.covered.keys()].flatMap((id) => [`${id}-x`, `${id}-y`]);
          expect(told.toSorted()).toEqual(under.toSorted());
          expect([...plan.covered.keys()].every((id) => silent.has(id))).toBe(true);
          const shuffled = gen(fc.shuffledSubarray, agents, { minLength: agents.length });
          expect(planAreas(shuffled, before.toReversed())).toEqual(plan);
          open = step(silent, before);
          expect(new Set(open.map(keyOf)).size).toBe(open.length);
          // A cause that stands holds on to less: it may take in more schools, and then it rests.
          const settled = step(silent, open);
          const rest = reconcile(planAreas(agents, settled).wanted, settled, becomes);
          expect([rest.open, rest.update, rest.resolve]).toEqual([[], [], []]);
        }
        expect(step(new Map(), open)).toEqual([]);
      }),
    );
  });
});
