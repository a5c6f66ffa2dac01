import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { planResidents, type Resident } from '../../../hub/organisation/split.ts';
import type { UnitChange } from '../../../protocols/api/organisation/changes.ts';
import { createFleet, everything, someone } from '../../support/fleet.ts';
import { describeStores } from '../../support/store.ts';

const school = { id: 1, path: '/1/', name: 'THPT A' };
const rooms = [2, 3, 4].map((id) => ({ id, path: `/1/${id}/`, name: `Phòng ${id}` }));
const partOf = (name: string, moved: readonly number[], agents: readonly string[]) => ({
  unit: { name },
  moved: rooms.filter(({ id }) => moved.includes(id)),
  agents,
});
const resident = (
  id: string,
  home: { readonly id: number; readonly path: string },
  at: readonly number[],
): Resident => ({
  id,
  name: id,
  home,
  devices: [school, ...rooms].filter((unit) => at.includes(unit.id)),
});

describe('which agents go with the rooms of a school that is split', () => {
  it('takes along who is named, and who stands in a room that goes', () => {
    const residents = [resident('hall', school, [1, 2, 3]), resident('lab', { id: 4, path: '/1/4/' }, [4])];
    const going = planResidents([partOf('B', [2, 3], ['hall']), partOf('C', [4], [])], residents);
    expect([...going]).toEqual([
      ['hall', 0],
      ['lab', 1],
    ]);
  });

  it('names the agent and the room where they would be torn apart', () => {
    const residents = [resident('hall', school, [1, 2, 3])];
    const torn = (parts: Parameters<typeof planResidents>[0]) => () => planResidents(parts, residents);
    expect(torn([partOf('B', [2], ['hall'])])).toThrow(/hall.*goes to B, but its devices in Phòng 3/);
    expect(torn([partOf('B', [2, 3], [])])).toThrow(/goes to the school that is split.*Phòng 2/);
    expect(torn([partOf('B', [2], []), partOf('C', [3], [])])).toThrow(/hall/);
    expect(torn([partOf('B', [], ['hall']), partOf('C', [], ['hall'])])).toThrow(/twice/);
    expect(torn([partOf('B', [], ['ghost'])])).toThrow(/no agent ghost/);
  });

  it('leaves no device of any agent in another school than the agent, whatever is chosen', () => {
    const place = fc.integer({ min: 1, max: 4 });
    const residents = fc.array(fc.record({ home: place, at: fc.uniqueArray(place) }), { maxLength: 3 });
    const target = fc.option(fc.integer({ min: 0, max: 1 }), { nil: undefined });
    fc.assert(
      fc.property(
        residents,
        fc.tuple(target, target, target),
        fc.array(target, { maxLength: 3 }),
        (drawn, to, named) => {
          const all = [school, ...rooms];
          const agents = drawn.map(({ home, at }, index) => resident(`a${index}`, all[home - 1] ?? school, at));
          const parts = [0, 1].map((part) =>
            partOf(
              `new ${part}`,
              rooms.filter((_, at) => to[at] === part).map(({ id }) => id),
              agents.filter((_, at) => named[at] === part).map(({ id }) => id),
            ),
          );
          let going: ReadonlyMap<string, number>;
          try {
            going = planResidents(parts, agents);
          } catch {
            return;
          }
          for (const { id, home, devices } of agents)
            for (const device of devices.filter((one) => one.id !== home.id))
              expect(parts.findIndex(({ moved }) => moved.some((room) => room.id === device.id))).toBe(
                going.get(id) ?? -1,
              );
        },
      ),
    );
  });
});

describeStores('a school that is split', (open) => {
  it('gives rooms, agents and devices to each new school, or nothing to anybody when it is only tried', async () => {
    const fleet = await createFleet(await open());
    const { organisation, registry, root, school: a, store } = fleet;
    const make = (parent: number, kind: 'room' | 'building' | 'office', name: string) =>
      organisation.create(everything, { parent, kind, name });
    const house = await make(a.id, 'building', 'Nhà B');
    const upstairs = await make(house.id, 'room', 'Phòng 21');
    const lab = await make(a.id, 'room', 'Phòng Tin');
    const stays = await make(a.id, 'room', 'Phòng 1');
    const office = await make(root, 'office', 'Phòng Trung học');
    const reason = 'Quyết định 12/QĐ-UBND';
    const change = (what: UnitChange, dryRun = false) =>
      organisation.change(everything, someone, a.id, { change: what, reason, dryRun });
    await change({ kind: 'line', authority: office.id });
    await fleet.addAgent('house', a.id);
    await fleet.addAgent('lab', lab.id);
    await registry.learnFamilies([{ name: 'screen', label: { vi: 'Màn hình', en: 'Screen' } }]);
    const add = (agent: string, unit: number) =>
      registry.addDevice(everything, someone, {
        agent,
        family: 'screen',
        name: `Màn hình ${unit}`,
        unit,
        settings: {},
      });
    const screen = await add('house', upstairs.id);
    await add('lab', lab.id);

    const split: UnitChange = {
      kind: 'split',
      into: [
        { name: 'THPT B', code: 'B1', units: [house.id], agents: ['house'] },
        { name: 'THPT C', units: [lab.id], agents: [] },
      ],
    };
    const tried = await change(split, true);
    expect(tried.parts).toMatchObject([
      { unit: { name: 'THPT B', kind: 'school' }, units: 2, agents: [expect.any(String)], devices: 2 },
      { unit: { name: 'THPT C' }, units: 1, devices: 2 },
    ]);
    expect(organisation.list(everything, { limit: 50, q: 'thpt b' }).rows).toEqual([]);
    expect(registry.agentOf('house')?.unitId).toBe(a.id);

    const { parts = [], about } = await change(split);
    const [b, c] = parts.map(({ unit }) => unit.id);
    expect(about).toEqual([a.id, b, c]);
    expect(registry.agentOf('house')?.unitId).toBe(b);
    expect(registry.agentOf('lab')?.unitId).toBe(lab.id);
    expect(registry.deviceOf(screen.id)).toMatchObject({
      unitId: upstairs.id,
      unitPath: organisation.pathOf(upstairs.id),
    });
    expect([upstairs.id, lab.id, stays.id].map((id) => organisation.schoolOf(id)?.id)).toEqual([b, c, a.id]);
    expect(organisation.get(everything, b ?? 0)).toMatchObject({ code: 'B1', line: { id: office.id } });
    const history = await organisation.history(everything, b ?? 0);
    expect(history.changes[0]).toMatchObject({ kind: 'split-from', reason, after: { other: { id: a.id } } });
    expect(history.lines).toMatchObject([{ authority: { id: office.id } }]);

    const row = await store.db.selectFrom('agent').select('unit_id').where('id', '=', 'house').executeTakeFirst();
    expect(row).toEqual({ unit_id: b });
    await expect(change({ kind: 'split', into: [{ name: 'THPT D', units: [lab.id], agents: [] }] })).rejects.toThrow(
      /no room or building/,
    );
    await expect(change({ kind: 'split', into: [{ name: 'THPT D', units: [], agents: [] }] })).rejects.toThrow(
      /neither/,
    );
  });
});
