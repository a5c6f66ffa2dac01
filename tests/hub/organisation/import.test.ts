import { expect, it } from 'vitest';
import { createOrganisation, createUnitImports } from '../../../hub/organisation/index.ts';
import { createSheetReader, writeWorkbook } from '../../../hub/sheets/index.ts';
import type { Store } from '../../../hub/store/index.ts';
import { importUnitsQuery } from '../../../protocols/api/organisation/imports.ts';
import { systemClock as clock } from '../../../provisioning/platform/clock.ts';
import { everything, someone } from '../../support/fleet.ts';
import { describeStores } from '../../support/store.ts';

async function province(store: Store) {
  const organisation = createOrganisation({ store });
  await organisation.load();
  const root = await organisation.ensureRoot('Tỉnh Quảng Ngãi');
  const reader = createSheetReader(clock);
  const imports = createUnitImports({ store, organisation, reader, clock });
  const run = (text: string | Uint8Array, more: Record<string, unknown> = {}) =>
    imports.importUnits(
      everything,
      someone,
      importUnitsQuery.parse({ file: 'don-vi.csv', unit: root, ...more }),
      typeof text === 'string' ? Buffer.from(text) : text,
    );
  const write = (text: string | Uint8Array, more: Record<string, unknown> = {}) =>
    run(text, { dryRun: 'no', reason: 'danh sách của Sở', ...more });
  const names = () =>
    organisation
      .list(everything, { limit: 200 })
      .rows.map(({ name }) => name)
      .sort();
  return { organisation, root, imports, run, write, names };
}

const table = [
  'DANH SÁCH ĐƠN VỊ',
  'STT;Tên đơn vị;Mã;Loại;Thuộc;Cấp học;Tên cũ;Từ ngày',
  '1;Trường Tiểu học Số 1;TH1;Trường;Cẩm Thành;Tiểu học;Trường A;1/9/2024',
  '2;Cẩm Thành;21025;Xã;;Phường;;',
  '3;Nghĩa Lộ;21028;Xã;;;;',
].join('\n');

describeStores('imports of units', (open) => {
  it('tries, writes and finds nothing to do the second time', async () => {
    const { organisation, root, run, write, names } = await province(await open());
    const tried = await run(table);
    expect(tried).toMatchObject({
      dryRun: true,
      headerRow: 1,
      counts: { new: 3, changed: 0, unchanged: 0, refused: 0 },
    });
    expect(tried.mapping).toEqual({ name: 1, code: 2, kind: 3, parent: 4, type: 5, aliases: 6, validFrom: 7 });
    expect(names()).toEqual(['Tỉnh Quảng Ngãi']);
    const done = await write(table);
    expect(done).toMatchObject({ dryRun: false, counts: { new: 3 } });
    const [school] = organisation.list(everything, { limit: 5, q: 'truong a' }).rows;
    expect(school).toMatchObject({
      name: 'Trường Tiểu học Số 1',
      code: 'TH1',
      type: 'primary',
      validFrom: '2024-09-01',
    });
    expect(school?.trail.map(({ name }) => name)).toEqual(['Tỉnh Quảng Ngãi', 'Cẩm Thành', 'Trường Tiểu học Số 1']);
    expect((await run(table)).counts).toEqual({ new: 0, changed: 0, unchanged: 3, refused: 0 });
    const renamed = await write(table.replace('Trường Tiểu học Số 1', 'Trường Tiểu học Mới'));
    expect(renamed.counts).toMatchObject({ changed: 1, unchanged: 2 });
    expect(organisation.list(everything, { limit: 5, q: 'tieu hoc so 1' }).rows[0]?.name).toBe('Trường Tiểu học Mới');
    expect((await organisation.history(everything, school?.id ?? 0)).changes).toMatchObject([
      { kind: 'renamed', reason: 'danh sách của Sở' },
    ]);
    expect(organisation.pathOf(school?.id ?? 0).startsWith(`/${root}/`)).toBe(true);
  });

  it('tells what is wrong by row and cell, and then writes nothing', async () => {
    const { run, write, names } = await province(await open());
    const broken = `${table}\n4;;X;Trường;;;;\n5;Trường B;TH2;Lâu đài;Nghĩa Lộ;;;\n6;Trường C;TH1;Trường;Cẩm Thành;;;\n7;Trường D;;Trường;Nơi Nào;;;31/2/2025\n8;Phòng 1;;Phòng;Cẩm Thành;;;`;
    const tried = await run(broken);
    expect(tried.counts).toEqual({ new: 3, changed: 0, unchanged: 0, refused: 5 });
    const told = tried.rows.flatMap(({ row, errors }) => errors.map(({ cell, field }) => `${row} ${cell} ${field}`));
    expect(told).toEqual(['6 B6 name', '7 D7 kind', '8 C8 code', '9 H9 validFrom', '9 E9 parent', '10 E10 parent']);
    await expect(write(broken)).rejects.toMatchObject({ code: 'conflict' });
    expect(names()).toEqual(['Tỉnh Quảng Ngãi']);
    expect((await run('Tên gì\nA\n', { mapping: 'code:0' })).problem?.vi).toMatch(/cột chứa tên/);
    expect((await run('Tên\n')).problem?.en).toMatch(/no rows/);
    await expect(run(table, { unit: 999 })).rejects.toMatchObject({ code: 'invalid-input', field: 'unit' });
    await expect(run(table, { mapping: 'nothing:0' })).rejects.toMatchObject({ field: 'mapping' });
  });

  it('is taken back while nothing was built on it, and not after', async () => {
    const { organisation, imports, write, names } = await province(await open());
    await write(table);
    const first = await imports.listImports(everything);
    const renamed = await write(table.replace('Nghĩa Lộ', 'Nghĩa Lộ Mới'));
    const undo = (id: number | undefined) => imports.undoImport(everything, someone, id ?? 0);
    await expect(undo(first[0]?.id)).rejects.toMatchObject({ code: 'conflict' });
    await undo(renamed.import);
    expect(names()).toContain('Nghĩa Lộ');
    expect(organisation.list(everything, { limit: 5, q: 'nghia lo' }).rows[0]?.aliases).toBeUndefined();
    const [school] = organisation.list(everything, { limit: 5, kind: 'school' }).rows;
    const room = await organisation.create(everything, { parent: school?.id ?? 0, kind: 'room', name: 'Phòng 1' });
    await expect(undo(first[0]?.id)).rejects.toThrow(/Phòng 1 was added under Trường Tiểu học Số 1/);
    await organisation.write(async (trx) => {
      await trx.deleteFrom('unit').where('id', '=', room.id).execute();
      return { put: [], removed: [room.id], result: undefined };
    });
    await undo(first[0]?.id);
    expect(names()).toEqual(['Tỉnh Quảng Ngãi']);
    await expect(undo(first[0]?.id)).rejects.toThrow(/undone already/);
    expect((await imports.listImports(everything)).every(({ undoneAt }) => undoneAt !== undefined)).toBe(true);
    await expect(imports.undoImport({ paths: [] }, someone, first[0]?.id ?? 0)).rejects.toMatchObject({
      code: 'not-found',
    });
  });

  it('takes a workbook of many schools', async () => {
    const { write, run } = await province(await open());
    const rows = Array.from({ length: 3_000 }, (_one, index) => [`Trường mẫu ${index}`, `M${index}`]);
    const bytes = await writeWorkbook([{ name: 'A', header: ['Tên trường', 'Mã trường'], rows, widths: [30, 10] }]);
    expect((await write(bytes)).counts.new).toBe(3_000);
    expect((await run(bytes)).counts.unchanged).toBe(3_000);
  });
});
