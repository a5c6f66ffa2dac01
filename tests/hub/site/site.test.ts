import { expect, it } from 'vitest';
import { createSheetReader, writeWorkbook } from '../../../hub/sheets/index.ts';
import { createSiteImports, siteTemplate } from '../../../hub/site/index.ts';
import type { Store } from '../../../hub/store/index.ts';
import { createFleet, everything, someone } from '../../support/fleet.ts';
import { describeStores } from '../../support/store.ts';

const rooms = ['Dãy nhà', 'Tầng', 'Phòng', 'Mã phòng'];
const devices = [
  'Tên thiết bị',
  'Phòng',
  'Loại thiết bị',
  'Địa chỉ mạng',
  'Cổng',
  'Tài khoản',
  'Mật khẩu',
  'Cài đặt',
  'Số sê-ri',
];

async function site(store: Store) {
  const fleet = await createFleet(store);
  await fleet.registry.learnFamilies([{ name: 'some-projector', label: { vi: 'Máy chiếu', en: 'Projector' } }]);
  const imports = createSiteImports({ ...fleet, reader: createSheetReader(fleet.clock) });
  const run = async (
    roomRows: string[][],
    deviceRows: string[][],
    dryRun: 'yes' | 'no' = 'yes',
    unit = fleet.school.id,
  ) =>
    imports.importSite(
      everything,
      someone,
      { file: 'truong.xlsx', unit, dryRun, reason: 'lắp đặt tháng 9' },
      await writeWorkbook([
        { name: 'Phòng', header: rooms, rows: roomRows, widths: [] },
        { name: 'Thiết bị', header: devices, rows: deviceRows, widths: [] },
      ]),
    );
  return { ...fleet, run };
}

const goodRooms = [
  ['A', '2', 'Phòng 201', 'A201'],
  ['A', '2', 'Phòng 202', 'A202'],
  ['', '', 'Phòng 7', ''],
];
const goodDevices = [
  ['Máy chiếu 201', 'A201', 'Máy chiếu', '10.0.0.21', '4352', 'admin', 'bí mật nhé', 'lamp=true; slot=2', 'SN-1'],
  ['Máy chiếu 7', 'Phòng 7', 'some-projector', '10.0.0.7', '', '', '', '{"lamp":false}', ''],
];

describeStores('import of a site', (open) => {
  it('makes rooms and devices at once, seals their passwords, and does nothing twice', async () => {
    const store = await open();
    const { run, organisation, registry, school, events } = await site(store);
    const tried = await run(goodRooms, goodDevices);
    expect(tried).toMatchObject({ dryRun: true, counts: { new: 4, unchanged: 1, refused: 0, changed: 0 } });
    expect(organisation.list(everything, { limit: 50, q: 'a201' }).total).toBe(0);
    const generation = registry.agentOf('a1')?.desiredGeneration ?? 0;
    events.length = 0;
    const done = await run(goodRooms, goodDevices, 'no');
    expect(done).toMatchObject({ dryRun: false, counts: { new: 4 } });
    expect(JSON.stringify(done)).not.toContain('bí mật');
    const [room] = organisation.list(everything, { limit: 5, q: 'a201' }).rows;
    expect(room).toMatchObject({ name: 'Phòng 201', floor: '2', code: 'A201' });
    expect(room?.shortCode).toMatch(/^[0-9A-Z]{5}$/);
    expect(organisation.list(everything, { limit: 5, q: room?.shortCode ?? '' }).rows[0]?.id).toBe(room?.id);
    const added = registry.devicesOfAgent('a1').find(({ name }) => name === 'Máy chiếu 201');
    expect(added).toMatchObject({ unitId: room?.id, family: 'some-projector' });
    expect(registry.agentOf('a1')?.desiredGeneration).toBe(generation + 1);
    const desired = await registry.desiredFor('a1');
    expect(desired.devices.find(({ id }) => id === added?.id)).toMatchObject({
      address: { host: '10.0.0.21', port: 4352 },
      credentials: { username: 'admin', password: 'bí mật nhé' },
      settings: { lamp: true, slot: 2 },
    });
    const row = await store.db
      .selectFrom('device')
      .selectAll()
      .where('id', '=', added?.id ?? '')
      .executeTakeFirst();
    expect(row?.serial).toBe('SN-1');
    expect(row?.secret?.includes(Buffer.from('bí mật nhé'))).toBe(false);
    expect(events.filter(({ event }) => event.type === 'device-changed').length).toBeGreaterThanOrEqual(2);
    expect((await run(goodRooms, goodDevices)).counts).toEqual({ new: 0, changed: 0, unchanged: 5, refused: 0 });
    expect(organisation.schoolOf(room?.id ?? 0)?.id).toBe(school.id);
  });

  it('tells what is wrong by sheet, row and cell, never a password, and then writes nothing', async () => {
    const { run, registry, root, addAgent } = await site(await open());
    const before = registry.devicesOfAgent('a1').length;
    const badDevices = [
      ['', 'Phòng 7', 'Máy chiếu', '', '', '', '', '', ''],
      ['X', 'Phòng 99', 'Máy bay', '', '', '', '', '', ''],
      ['Y', '', 'Máy chiếu', '', '4352', '', '', 'x', ''],
      ['Z', '', 'Máy chiếu', '10.0.0.9', '70000', '', `tuyệt mật ${'x'.repeat(300)}`, '', ''],
    ];
    const tried = await run([['A', '1', '', '']], badDevices);
    const told = tried.rows.flatMap(({ sheet, errors }) =>
      errors.map(({ cell, field }) => `${sheet} ${cell} ${field}`),
    );
    expect(told.sort()).toEqual(
      [
        'Phòng C2 room',
        'Thiết bị A2 name',
        'Thiết bị B3 room',
        'Thiết bị C3 family',
        'Thiết bị D4 host',
        'Thiết bị E5 port',
        'Thiết bị G5 password',
        'Thiết bị H4 settings',
      ].sort(),
    );
    expect(JSON.stringify(tried)).not.toContain('tuyệt mật');
    await expect(run(goodRooms, badDevices, 'no')).rejects.toMatchObject({ code: 'conflict' });
    expect(registry.devicesOfAgent('a1').length).toBe(before);
    await expect(run(goodRooms, goodDevices, 'yes', root)).rejects.toMatchObject({ field: 'unit' });
    await addAgent('a2');
    expect((await run([], goodDevices.slice(1))).rows[0]?.errors[0]?.message.en).toMatch(/several agents/);
  });

  it('has a template that it can read itself', async () => {
    const { school, clock } = await site(await open());
    const read = await createSheetReader(clock).read({ name: 'x.xlsx', bytes: await siteTemplate(['Máy chiếu']) });
    if ('refused' in read) throw new Error(read.refused.en);
    expect(read.sheets.map(({ name }) => name)).toEqual(['Phòng', 'Thiết bị', 'Ví dụ']);
    expect(read.sheets[1]?.rows[0]).toEqual([...devices, 'Bộ thu thập']);
    expect(school.kind).toBe('school');
  });
});
