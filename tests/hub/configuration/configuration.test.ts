import { expect, it } from 'vitest';
import { NotFoundError } from '../../../hub/access/index.ts';
import { createAudit } from '../../../hub/audit/index.ts';
import { createConfigurations, wishesOfDevices } from '../../../hub/configuration/index.ts';
import { createBus } from '../../../hub/events/bus.ts';
import { createOrganisation } from '../../../hub/organisation/index.ts';
import { createRegistry } from '../../../hub/registry/index.ts';
import { createSealer } from '../../../hub/store/sealer.ts';
import { createTwin } from '../../../hub/twin/index.ts';
import { silentLog } from '../../../protocols/ports.ts';
import { createFakeClock } from '../../support/clock.ts';
import { seedAgent, seedDevice } from '../../support/hub-store.ts';
import { describeStores, type OpenEmpty } from '../../support/store.ts';

const everywhere = { paths: ['/'] };
const author = { id: 'u-1', name: 'Lê Văn An' };

async function setUp(open: OpenEmpty) {
  const store = await open();
  const clock = createFakeClock();
  const bus = createBus(silentLog);
  const organisation = createOrganisation({ store });
  await organisation.load();
  const root = await organisation.ensureRoot('Tỉnh Quảng Ngãi');
  const school = await organisation.create(everywhere, { parent: root, kind: 'school', name: 'THPT Trần Quốc Tuấn' });
  const other = await organisation.create(everywhere, { parent: root, kind: 'school', name: 'THPT Sơn Mỹ' });
  const room = await organisation.create(everywhere, { parent: school.id, kind: 'room', name: 'Phòng 7' });
  await seedAgent(store, 'a-1', school.id);
  await seedDevice(store, { id: 'board', agentId: 'a-1', unitId: room.id });
  await seedDevice(store, { id: 'camera', agentId: 'a-1', unitId: school.id });
  const registry = createRegistry({
    store,
    organisation,
    bus,
    clock,
    log: silentLog,
    sealer: createSealer(Buffer.alloc(32, 1)),
    wishesOf: wishesOfDevices,
  });
  await registry.load();
  const twin = createTwin({ store, registry, bus, clock });
  const audit = createAudit({ store, clock });
  const configuration = createConfigurations({ store, registry, organisation, twin, audit, clock });
  const tell = async (device: string, capability: string, state: Record<string, unknown>) =>
    store.transaction((trx) =>
      twin.applyStates(trx, [{ kind: 'state', seq: 1, at: clock.now(), device, capability, state }]),
    );
  const close = async () => {
    await registry[Symbol.asyncDispose]();
    await organisation[Symbol.asyncDispose]();
  };
  return { store, registry, configuration, audit, tell, root, school, other, room, close };
}

describeStores('configuration', (open) => {
  it('reaches the agent from above, and the nearest wish counts', async () => {
    const { registry, configuration, tell, root, room, audit, close } = await setUp(open);
    await tell('board', 'volume', { level: 90 });
    const change = (place: { unit: number } | { device: string }, value: number, dryRun = false) =>
      configuration.change(everywhere, author, place, {
        changes: [{ key: 'volume.level', value, keeping: 'heal' }],
        reason: 'quy định chung',
        dryRun,
      });
    const tried = await change({ unit: root }, 30, true);
    expect(tried).toMatchObject({ dryRun: true, devices: 1, outcomes: { changes: 1 }, excluded: { incapable: 1 } });
    expect(tried.rows[0]).toMatchObject({ device: { id: 'board' }, after: 30, reported: 90, outcome: 'changes' });
    const before = await registry.desiredFor('a-1');
    expect(before.devices.every(({ configuration: wished }) => wished === undefined)).toBe(true);

    await change({ unit: root }, 30);
    await change({ unit: room.id }, 40);
    const after = await registry.desiredFor('a-1');
    expect(after.generation).toBeGreaterThan(before.generation);
    const wished = new Map(after.devices.map((device) => [device.id, device.configuration]));
    expect(wished.get('board')).toEqual({ 'volume.level': { value: 40, keeping: 'heal' } });
    expect(wished.get('camera')).toEqual({ 'volume.level': { value: 30, keeping: 'heal' } });

    // One family of the room may be wished otherwise, and nobody else.
    const forFamily = { changes: [{ key: 'volume.level', value: 20 }], reason: 'loa to', dryRun: true };
    await expect(
      configuration.change(everywhere, author, { unit: room.id }, { ...forFamily, family: 'flux' }),
    ).rejects.toMatchObject({ field: 'family' });

    const { settings, isDelivered } = await configuration.ofDevice(everywhere, 'board');
    expect(isDelivered).toBe(false);
    expect(settings[0]).toMatchObject({
      key: 'volume.level',
      standing: 'waiting',
      reported: { value: 90 },
      desired: { value: 40, origin: { unit: { name: 'Phòng 7' } }, setBy: 'Lê Văn An' },
      hidden: [{ value: 30, origin: { unit: { name: 'Tỉnh Quảng Ngãi' } } }],
    });
    // What a camera has no capability for is nobody's business there.
    expect((await configuration.ofDevice(everywhere, 'camera')).settings).toEqual([]);
    const entries = await audit.list(everywhere, { limit: 10, action: 'configuration.change' });
    expect(entries.total).toBe(2);
    await close();
  });

  it('keeps its history, and takes a change back unless it was changed again', async () => {
    const { configuration, registry, room, close } = await setUp(open);
    const set = (value: number) =>
      configuration.change(
        everywhere,
        author,
        { unit: room.id },
        {
          changes: [{ key: 'volume.level', value, keeping: 'heal' }],
          reason: 'thử',
          dryRun: false,
        },
      );
    const first = await set(30);
    const second = await set(50);
    const take = (id: number | undefined) =>
      configuration.revert(everywhere, author, id ?? 0, { reason: 'đặt nhầm', dryRun: false });
    await expect(take(first.change)).rejects.toMatchObject({ code: 'conflict' });
    await take(second.change);
    expect((await registry.desiredFor('a-1')).devices[0]?.configuration).toEqual({
      'volume.level': { value: 30, keeping: 'heal' },
    });
    const { rows, total } = await configuration.history(everywhere, { unit: room.id }, { limit: 2 });
    expect(total).toBe(3);
    expect(rows[0]).toMatchObject({
      by: 'Lê Văn An',
      reverts: second.change,
      changes: [{ key: 'volume.level', before: { value: 50 }, after: { value: 30 } }],
    });
    await close();
  });

  it('lists what is not as wished, within the scope, and hides what lies outside', async () => {
    const { configuration, tell, school, other, close } = await setUp(open);
    const row = { key: 'volume.level', standing: 'contested', since: 1_000, tries: 4 };
    await tell('board', 'configuration', { settings: [row, { ...row, key: 'lock.panel', standing: 'same' }] });
    const query = { limit: 50 };
    expect(await configuration.drift(everywhere, query)).toMatchObject({
      total: 1,
      rows: [{ device: { id: 'board' }, key: 'volume.level', standing: 'contested', tries: 4 }],
    });
    const elsewhere = { paths: [`/${other.id}/`] };
    expect((await configuration.drift(elsewhere, query)).total).toBe(0);
    await expect(configuration.ofUnit(elsewhere, school.id)).rejects.toBeInstanceOf(NotFoundError);
    await expect(configuration.ofDevice(elsewhere, 'board')).rejects.toBeInstanceOf(NotFoundError);
    await expect(configuration.history(elsewhere, { unit: school.id }, query)).rejects.toBeInstanceOf(NotFoundError);
    await close();
  });
});
