import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { asOf } from '../../../hub/organisation/history.ts';
import { close, faultOf, merge, move, type Reshape, rename } from '../../../hub/organisation/reshape.ts';
import { factsOf, newNode } from '../../../hub/organisation/rows.ts';
import { refusalOf, type UnitNode, UnitTree } from '../../../hub/organisation/tree.ts';
import { FleetError } from '../../../protocols/errors.ts';

const day = '2026-03-02';
const kinds = ['commune', 'office', 'school', 'building', 'room'] as const;

/** A tree of the right shape: each step hangs a unit of some kind under some unit, when it fits there. */
function grow(steps: readonly { kind: number; parent: number; name: string; code: string | undefined }[]): UnitTree {
  const units: UnitNode[] = [
    newNode({ id: 1, kind: 'province', name: 'Quảng Ngãi', parent: undefined, sample: false, validFrom: '2025-07-01' }),
  ];
  const tree = new UnitTree(units);
  for (const { kind: at, parent: under, name, code } of steps) {
    const kind = kinds[at % kinds.length] ?? 'room';
    const parent = units[under % units.length];
    if (!parent || refusalOf(kind, tree.trail(parent.id))) continue;
    const id = units.length + 1;
    const unit = newNode({
      id,
      kind,
      name,
      code: code && `${code}${id}`,
      parent,
      sample: false,
      validFrom: '2025-07-01',
    });
    units.push(unit);
    tree.put(unit);
  }
  return tree;
}

const step = fc.record({
  kind: fc.nat(4),
  parent: fc.nat(40),
  name: fc.string({ minLength: 1, maxLength: 8 }),
  code: fc.option(fc.constantFrom('A', 'B'), { nil: undefined }),
});
const deed = fc.record({
  kind: fc.constantFrom('rename' as const, 'move' as const, 'merge' as const, 'close' as const),
  unit: fc.nat(60),
  others: fc.array(fc.nat(60), { minLength: 1, maxLength: 3 }),
  name: fc.string({ minLength: 1, maxLength: 8 }),
});

function pick(tree: UnitTree, index: number): UnitNode {
  const units = [...tree.all()].sort((a, b) => a.id - b.id);
  const unit = units[index % units.length];
  if (!unit) throw new Error('a tree has a root');
  return unit;
}

function attempt(
  tree: UnitTree,
  { kind, unit: at, others, name }: typeof deed extends fc.Arbitrary<infer T> ? T : never,
): Reshape {
  const unit = pick(tree, at);
  const rest = others.map((other) => pick(tree, other));
  const [first = unit] = rest;
  if (kind === 'rename') return rename(tree, unit, { name });
  if (kind === 'move') return move(tree, unit, first);
  if (kind === 'merge') return merge(tree, unit, [...new Set(rest)], day);
  return close(tree, unit, day);
}

describe('the past of a unit', () => {
  it('is told for any day out of its changes', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.integer({ min: 1, max: 28 }), { minLength: 1, maxLength: 8 }), (days) => {
        const dates = days.sort((a, b) => a - b).map((one) => `2026-01-${String(one).padStart(2, '0')}`);
        const named = (index: number) =>
          newNode({
            id: 2,
            kind: 'school',
            name: `Trường ${index}`,
            parent: undefined,
            sample: false,
            validFrom: '2025-07-01',
          });
        const changes = dates
          .map((effective, index) => ({ kind: 'renamed' as const, effective, before: factsOf(named(index)) }))
          .reverse();
        const now = named(dates.length);
        for (let day = 1; day <= 28; day++) {
          const date = `2026-01-${String(day).padStart(2, '0')}`;
          const passed = dates.filter((one) => one <= date).length;
          expect(asOf(now, changes, date)?.name).toBe(`Trường ${passed}`);
        }
        expect(asOf(now, changes, '2025-06-30')).toBeUndefined();
        expect(asOf({ ...now, validTo: '2026-02-01' }, changes, '2026-02-01')).toBeUndefined();
      }),
    );
  });
});

describe('reshaping the organisation', () => {
  it('keeps it one tree whatever is done to it, and loses nothing', () => {
    let done = 0;
    fc.assert(
      fc.property(
        fc.array(step, { minLength: 3, maxLength: 40 }),
        fc.array(deed, { maxLength: 25 }),
        (steps, deeds) => {
          const tree = grow(steps);
          expect(faultOf(tree)).toBeUndefined();
          for (const one of deeds) {
            const ids = new Set([...tree.all()].map(({ id }) => id));
            const open = new Set([...tree.all()].filter(({ validTo }) => !validTo).map(({ id }) => id));
            const frozen = JSON.stringify([...tree.all()]);
            let reshape: Reshape;
            try {
              reshape = attempt(tree, one);
            } catch (thrown) {
              if (!(thrown instanceof FleetError)) throw thrown;
              expect(JSON.stringify([...tree.all()])).toBe(frozen);
              continue;
            }
            done++;
            expect(JSON.stringify([...tree.all()]), 'planning changes nothing').toBe(frozen);
            for (const unit of reshape.units) tree.put(unit);
            expect(faultOf(tree)).toBeUndefined();
            expect(new Set([...tree.all()].map(({ id }) => id))).toEqual(ids);
            // Only what merged or was closed stopped standing, and whatever merged has an heir that stands.
            const gone = [...open].filter((id) => tree.get(id)?.validTo !== undefined);
            if (one.kind === 'rename' || one.kind === 'move') expect(gone).toEqual([]);
            if (one.kind === 'merge') expect(new Set(gone)).toEqual(new Set(reshape.rehomed.map(([from]) => from)));
            for (const [, to] of reshape.rehomed) expect(tree.get(to)?.validTo).toBeUndefined();
          }
        },
      ),
      { numRuns: 400 },
    );
    expect(done).toBeGreaterThan(400);
  });

  it('finds a unit by what it was called, and by what it took over', () => {
    const tree = grow([
      { kind: 0, parent: 0, name: 'Cẩm Thành', code: undefined },
      { kind: 2, parent: 1, name: 'Trường A', code: undefined },
      { kind: 2, parent: 1, name: 'Trường B', code: undefined },
      { kind: 4, parent: 3, name: 'Phòng 7', code: undefined },
    ]);
    const [a, b] = [tree.get(3), tree.get(4)];
    if (!a || !b) throw new Error('both schools fit');
    for (const unit of rename(tree, a, { name: 'Trường A1' }).units) tree.put(unit);
    const again = tree.get(3);
    if (!again) throw new Error('it is still there');
    expect(again.aliases).toEqual(['Trường A']);
    for (const unit of merge(tree, b, [again], day).units) tree.put(unit);
    expect(tree.get(4)?.aliases).toEqual(['Trường A1', 'Trường A']);
    expect(tree.get(3)).toMatchObject({ validTo: day, successor: 4 });
    expect(tree.get(5)).toMatchObject({ parent: 4, path: '/1/2/4/5/', place: 'cam thanh truong b phong 7' });
  });

  it('refuses two rooms of one code in one school, and names both', () => {
    const rooms = (id: number, parent: UnitNode) =>
      newNode({ id, kind: 'room', name: `Phòng ${id}`, code: 'A1', parent, sample: false, validFrom: day });
    const tree = grow([
      { kind: 2, parent: 0, name: 'Trường A', code: undefined },
      { kind: 2, parent: 0, name: 'Trường B', code: undefined },
    ]);
    const [a, b] = [tree.get(2), tree.get(3)];
    if (!a || !b) throw new Error('both schools fit');
    tree.put(rooms(4, a));
    tree.put(rooms(5, b));
    expect(() => merge(tree, a, [b], day)).toThrow(/A1 of Phòng 5 is taken by Phòng 4/);
  });
});
