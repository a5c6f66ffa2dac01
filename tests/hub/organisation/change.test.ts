import { expect, it } from 'vitest';
import { createBus } from '../../../hub/events/bus.ts';
import { createHealth, type Health } from '../../../hub/health/index.ts';
import { createOrganisation } from '../../../hub/organisation/index.ts';
import { createRegistry } from '../../../hub/registry/index.ts';
import { createSealer, type Store } from '../../../hub/store/index.ts';
import type { UnitChange } from '../../../protocols/api/organisation/changes.ts';
import { silentLog } from '../../../protocols/ports.ts';
import { systemClock as clock } from '../../../provisioning/platform/clock.ts';
import { createFleet, everything, someone } from '../../support/fleet.ts';
import { describeStores } from '../../support/store.ts';

const reason = 'Quyết định 12/QĐ-UBND';

/** Two communes; THPT A with agent a1 and a room in the first, THPT B with agent b1 in the second. */
async function twoSchools(store: Store) {
  const fleet = await createFleet(store);
  const { organisation, root, school: a, registry, bus } = fleet;
  const make = (parent: number, kind: 'commune' | 'school' | 'room' | 'office', name: string, code?: string) =>
    organisation.create(everything, { parent, kind, name, ...(code ? { code } : {}) });
  const first = await make(root, 'commune', 'Cẩm Thành');
  const second = await make(root, 'commune', 'Nghĩa Lộ');
  const b = await make(second.id, 'school', 'THPT B', 'B1');
  const room = await make(b.id, 'room', 'Phòng 7');
  await fleet.addAgent('b1', b.id);
  const health: Health = createHealth({ ...fleet, log: silentLog, clock });
  await health.load();
  await registry.learnFamilies([{ name: 'screen', label: { vi: 'Màn hình', en: 'Screen' } }]);
  const device = await registry.addDevice(everything, someone, {
    agent: 'b1',
    family: 'screen',
    name: 'Màn hình',
    unit: room.id,
    settings: {},
  });
  const change = (id: number, what: UnitChange, dryRun = false) =>
    organisation.change(everything, someone, id, { change: what, reason, dryRun });
  const count = (id: number) => health.countsOf(organisation.pathOf(id));
  return { ...fleet, a, b, first, second, room, device, make, change, health, count, bus };
}

describeStores('changes of the organisation', (open) => {
  it('moves a school: paths, live figures and scope follow at once, and agents notice nothing', async () => {
    const store = await open();
    const { b, first, second, change, count, registry, organisation, device, events } = await twoSchools(store);
    const generation = registry.agentOf('b1')?.desiredGeneration;
    expect([count(first.id).devices, count(second.id).devices]).toEqual([0, 2]);
    const tried = await change(b.id, { kind: 'move', parent: first.id }, true);
    expect(tried).toMatchObject({ dryRun: true, effects: { units: 2, agents: 1, devices: 2 } });
    expect(tried.unit.trail.map(({ name }) => name)).toEqual(['Tỉnh Quảng Ngãi', 'Cẩm Thành', 'THPT B']);
    expect(organisation.get(everything, b.id).parent).toBe(second.id);
    events.length = 0;
    await change(b.id, { kind: 'move', parent: first.id });
    expect([count(first.id).devices, count(second.id).devices]).toEqual([2, 0]);
    const path = organisation.pathOf(first.id);
    expect(registry.agentOf('b1')?.unitPath.startsWith(path)).toBe(true);
    expect(registry.deviceOf(device.id)?.unitPath.startsWith(path)).toBe(true);
    const listed = await registry.listDevices({ paths: [path] }, { limit: 50, sort: 'name', q: 'cam thanh' });
    expect(listed.rows.map(({ id }) => id)).toContain(device.id);
    expect(registry.agentOf('b1')?.desiredGeneration).toBe(generation);
    expect(events.map(({ event }) => event.type)).toContain('agent-changed');
  });

  it('merges schools: rooms, agents, devices, vouchers and roles go to the heir, which is found by the old name', async () => {
    const store = await open();
    const { a, b, room, device, change, count, registry, organisation } = await twoSchools(store);
    await store.db.insertInto('role_grant').values({ user_id: 'u9', role: 'school-it', unit_id: b.id }).execute();
    const expires = new Date(clock.now() + 3_600_000);
    await store.db
      .insertInto('voucher')
      .values({ id: 'v1', hash: 'h', unit_id: b.id, created_by: 'u-1', expires_at: expires })
      .execute();
    const before = { a: count(a.id), b: count(b.id) };
    const merge: UnitChange = { kind: 'merge', from: [b.id] };
    const tried = await change(a.id, merge, true);
    expect(tried.effects).toEqual({ units: 2, agents: 1, devices: 2, people: 1, vouchers: 1 });
    await change(a.id, merge);
    expect(count(a.id).devices).toBe(before.a.devices + before.b.devices);
    expect(count(a.id).agents).toBe(before.a.agents + before.b.agents);
    expect(count(b.id)).toEqual({ agents: 0, devices: 0, wrong: 0 });
    expect(registry.agentOf('b1')?.unitId).toBe(a.id);
    expect(registry.deviceOf(device.id)).toMatchObject({ unitId: room.id, unitPath: organisation.pathOf(room.id) });
    expect(organisation.schoolOf(room.id)?.id).toBe(a.id);
    const grants = await store.db.selectFrom('role_grant').select('unit_id').where('user_id', '=', 'u9').execute();
    expect(grants).toEqual([{ unit_id: a.id }]);
    const found = organisation.list(everything, { limit: 50, q: 'thpt b' });
    expect(found.rows.map(({ id, aliases }) => [id, aliases])).toEqual([[a.id, ['THPT B']]]);
    const history = await organisation.history(everything, a.id);
    expect(history.predecessors.map(({ id }) => id)).toEqual([b.id]);
    expect(history.changes[0]).toMatchObject({
      kind: 'absorbed',
      reason,
      actor: someone.name,
      after: { other: { id: b.id } },
    });
    // What is placed at the closed school meanwhile, by whoever has not heard of it, ends up at its heir.
    await store.db
      .insertInto('voucher')
      .values({ id: 'v2', hash: 'h2', unit_id: b.id, created_by: 'u-1', expires_at: expires })
      .execute();
    const vouchers = await store.db.selectFrom('voucher').select(['id', 'unit_id']).orderBy('id').execute();
    expect(vouchers).toEqual([
      { id: 'v1', unit_id: a.id },
      { id: 'v2', unit_id: a.id },
    ]);
    // Its code is free again.
    await expect(
      organisation.create(everything, { parent: a.trail[0]?.id ?? 0, kind: 'school', name: 'X', code: 'B1' }),
    ).resolves.toBeDefined();
  });

  it('is the same to another hub that hears of it', async () => {
    const store = await open();
    const { a, b, room, device, change } = await twoSchools(store);
    await using other = createOrganisation({ store });
    await other.load();
    const bus = createBus(silentLog);
    const shared = {
      store,
      organisation: other,
      bus,
      clock,
      log: silentLog,
      sealer: createSealer(Buffer.alloc(32, 9)),
    };
    await using registry = createRegistry(shared);
    await registry.load();
    const told = Promise.withResolvers<void>();
    using _listening = other.onStructure(() => told.resolve());
    await change(a.id, { kind: 'merge', from: [b.id] });
    await told.promise;
    expect(other.schoolOf(room.id)?.id).toBe(a.id);
    expect(registry.agentOf('b1')).toMatchObject({ unitId: a.id, unitPath: other.pathOf(a.id) });
    expect(registry.deviceOf(device.id)?.unitPath).toBe(other.pathOf(room.id));
    expect(registry.deviceOf(device.id)?.unitPath.startsWith(other.pathOf(a.id))).toBe(true);
  });

  it('renames on a day, and tells what a unit was before it', async () => {
    const store = await open();
    const { organisation, root, change } = await twoSchools(store);
    const school = await organisation.create(everything, {
      parent: root,
      kind: 'school',
      name: 'THCS Cũ',
      validFrom: '2024-09-01',
    });
    const rename = (name: string, effective: string) =>
      organisation.change(everything, someone, school.id, {
        change: { kind: 'rename', name },
        effective,
        reason,
        dryRun: false,
      });
    await rename('THCS Mới', '2025-07-01');
    const asOf = async (day: string) => (await organisation.history(everything, school.id, day)).asOf?.name;
    expect(await asOf('2025-06-30')).toBe('THCS Cũ');
    expect(await asOf('2025-07-01')).toBe('THCS Mới');
    expect(await asOf('2024-08-31')).toBeUndefined();
    expect(organisation.list(everything, { limit: 5, q: 'thcs cu' }).rows[0]?.id).toBe(school.id);
    await expect(rename('THCS Khác', '2025-06-01')).rejects.toMatchObject({ code: 'conflict' });
    await expect(rename('THCS Khác', '2999-01-01')).rejects.toMatchObject({
      code: 'invalid-input',
      field: 'effective',
    });
    await expect(change(school.id, { kind: 'rename', name: 'THCS Mới' })).rejects.toMatchObject({ code: 'conflict' });
  });

  it('closes what nobody works with any more, and nothing else', async () => {
    const store = await open();
    const { b, change, organisation, registry, device, root } = await twoSchools(store);
    await expect(change(b.id, { kind: 'close' })).rejects.toThrow(/1 agents and 2 devices are still there/);
    await expect(change(root, { kind: 'close' })).rejects.toMatchObject({ code: 'conflict' });
    for (const { id } of registry.devicesOfAgent('b1'))
      await registry.updateDevice(everything, someone, id, { lifecycle: 'retired' });
    await store.db.updateTable('agent').set({ status: 'revoked' }).where('id', '=', 'b1').execute();
    await change(b.id, { kind: 'close' });
    expect(organisation.isClosed(b.id)).toBe(true);
    expect(organisation.list(everything, { limit: 50, q: 'thpt b' }).rows).toEqual([]);
    expect(organisation.list(everything, { limit: 50, q: 'thpt b', closed: 'yes' }).rows.map(({ id }) => id)).toEqual([
      b.id,
    ]);
    await expect(change(b.id, { kind: 'rename', name: 'X' })).rejects.toMatchObject({ code: 'conflict' });
    await expect(organisation.create(everything, { parent: b.id, kind: 'room', name: 'X' })).rejects.toMatchObject({
      code: 'conflict',
    });
    expect(await registry.getDevice(everything, device.id)).toMatchObject({ lifecycle: 'retired' });
    await expect(
      registry.updateDevice(everything, someone, device.id, { unit: b.id }),
      'nothing is placed at what is closed',
    ).rejects.toMatchObject({ field: 'unit' });
  });

  it('splits: a new school takes rooms, and the agent that is named goes along with them', async () => {
    const store = await open();
    const { b, room, second, device, change, organisation, registry } = await twoSchools(store);
    const cut = await organisation.create(
      everything,
      { parent: second.id, kind: 'school', name: 'THPT B2', splitFrom: b.id },
      { actor: someone },
    );
    const move = (agents?: string[]): UnitChange => ({ kind: 'move', parent: cut.id, ...(agents ? { agents } : {}) });
    await expect(change(room.id, move())).rejects.toThrow(/name it, so that it goes along/);
    await change(room.id, move(['b1']));
    expect(registry.agentOf('b1')?.unitId).toBe(cut.id);
    expect(organisation.schoolOf(registry.deviceOf(device.id)?.unitId ?? 0)?.id).toBe(cut.id);
    const history = await organisation.history(everything, b.id);
    expect(history.changes.map(({ kind }) => kind)).toEqual(['split-into']);
  });

  it('gives a school a second, dated parent', async () => {
    const store = await open();
    const { b, root, make, change, organisation } = await twoSchools(store);
    const office = await make(root, 'office', 'Phòng Giáo dục phổ thông');
    await change(b.id, { kind: 'line', authority: office.id });
    expect(organisation.get(everything, b.id).line).toMatchObject({ id: office.id });
    await expect(change(b.id, { kind: 'line', authority: office.id })).rejects.toMatchObject({ code: 'conflict' });
    await change(b.id, { kind: 'line', authority: null });
    expect(organisation.get(everything, b.id).line).toBeUndefined();
    await expect(change(office.id, { kind: 'line', authority: root })).rejects.toMatchObject({ code: 'invalid-input' });
    // The line gives no scope: the tree alone does.
    expect(
      organisation.list({ paths: [organisation.pathOf(office.id)] }, { limit: 5 }).rows.map(({ id }) => id),
    ).toEqual([office.id]);
  });

  it('lets nobody decide about the unit that they are in charge of, nor reach beyond their part', async () => {
    const store = await open();
    const { a, b, first, second, organisation } = await twoSchools(store);
    const within = (id: number, what: UnitChange, of: readonly number[]) =>
      organisation.change({ paths: of.map((unit) => organisation.pathOf(unit)) }, someone, id, {
        change: what,
        reason,
        dryRun: true,
      });
    await expect(within(b.id, { kind: 'rename', name: 'X' }, [b.id])).rejects.toMatchObject({ code: 'forbidden' });
    await expect(within(b.id, { kind: 'close' }, [a.id])).rejects.toMatchObject({ code: 'not-found' });
    await expect(within(b.id, { kind: 'move', parent: first.id }, [second.id])).rejects.toMatchObject({
      field: 'change.parent',
    });
    await expect(within(b.id, { kind: 'merge', from: [a.id] }, [second.id])).rejects.toMatchObject({
      field: 'change.from',
    });
  });

  it('keeps one tree when many change it at once', async () => {
    const store = await open();
    const { b, first, second, make, change, organisation } = await twoSchools(store);
    const results = await Promise.allSettled([
      change(b.id, { kind: 'move', parent: first.id }),
      make(b.id, 'room', 'Phòng 8'),
      change(first.id, { kind: 'rename', name: 'Cẩm Thành 2' }),
      change(second.id, { kind: 'merge', from: [first.id] }),
      make(first.id, 'school', 'THPT C'),
    ]);
    expect(results.filter(({ status }) => status === 'fulfilled').length).toBeGreaterThan(1);
    await using again = createOrganisation({ store });
    await again.load();
    const query = { limit: 200, closed: 'yes' as const };
    expect(again.list(everything, query)).toEqual(organisation.list(everything, query));
    for (const unit of again.list(everything, query).rows)
      expect(again.pathOf(unit.id)).toBe(`/${unit.trail.map(({ id }) => id).join('/')}/`);
  });
});
