import { expect, it } from 'vitest';
import { createOrganisation, type Organisation } from '../../../hub/organisation/index.ts';
import type { Store } from '../../../hub/store/index.ts';
import { describeStores } from '../../support/store.ts';

const everything = { paths: ['/'] };
const query = { limit: 50 };

async function school(store: Store) {
  const organisation = createOrganisation({ store });
  await organisation.load();
  const root = await organisation.ensureRoot('Tỉnh Quảng Ngãi');
  const commune = await organisation.create(everything, { parent: root, kind: 'commune', name: 'Đức Phổ' });
  const first = await organisation.create(everything, {
    parent: commune.id,
    kind: 'school',
    name: 'THPT Đặng Thuỳ Trâm',
    code: '51A',
  });
  const room = await organisation.create(everything, { parent: first.id, kind: 'room', name: 'Phòng 7' });
  return { organisation, root, commune, school: first, room };
}

describeStores('organisation', (open) => {
  it('places units, and finds their school and trail', async () => {
    const { organisation, root, commune, school: first, room } = await school(await open());
    expect(organisation.pathOf(room.id)).toBe(`/${root}/${commune.id}/${first.id}/${room.id}/`);
    expect(organisation.schoolOf(room.id)).toEqual({ id: first.id, name: 'THPT Đặng Thuỳ Trâm', kind: 'school' });
    expect(organisation.schoolOf(commune.id)).toBeUndefined();
    expect(room.trail.map(({ kind }) => kind)).toEqual(['province', 'commune', 'school', 'room']);
    expect(new Set(organisation.subtreeIds(organisation.pathOf(commune.id)))).toEqual(
      new Set([commune.id, first.id, room.id]),
    );
    expect(await organisation.ensureRoot('other')).toBe(root);
  });

  it('finds names without marks, and puts the exact marks first', async () => {
    const { organisation, commune } = await school(await open());
    await organisation.create(everything, { parent: commune.id, kind: 'school', name: 'TH Dang Thuy Tram' });
    const names = (q: string) => organisation.list(everything, { ...query, q }).rows.map(({ name }) => name);
    expect(names('dang thuy tram')).toEqual(['TH Dang Thuy Tram', 'THPT Đặng Thuỳ Trâm']);
    expect(names('Đặng Thuỳ')).toEqual(['THPT Đặng Thuỳ Trâm', 'TH Dang Thuy Tram']);
    expect(names('51a')).toEqual(['THPT Đặng Thuỳ Trâm']);
    expect(names('tram 7')).toEqual([]);
  });

  it('pages through siblings by cursor, each once, in order', async () => {
    const { organisation, school: first } = await school(await open());
    for (const number of [10, 2, 1, 9])
      await organisation.create(everything, { parent: first.id, kind: 'room', name: `Phòng ${number}` });
    const seen: string[] = [];
    let cursor: string | undefined;
    do {
      const page = organisation.list(everything, { parent: first.id, limit: 2, ...(cursor ? { cursor } : {}) });
      expect(page.total).toBe(5);
      seen.push(...page.rows.map(({ name }) => name));
      cursor = page.next;
    } while (cursor);
    expect(seen).toEqual(['Phòng 1', 'Phòng 2', 'Phòng 7', 'Phòng 9', 'Phòng 10']);
    expect(() => organisation.list(everything, { ...query, cursor: 'x' })).toThrow(
      expect.objectContaining({ code: 'invalid-input' }),
    );
  });

  it('tells of a unit outside the scope what it tells of none', async () => {
    const { organisation, school: first, commune, room } = await school(await open());
    const scope = { paths: [organisation.pathOf(first.id)] };
    expect(organisation.get(scope, room.id).name).toBe('Phòng 7');
    const outside = failure(organisation, scope, commune.id);
    expect(outside).toEqual(failure(organisation, scope, 999_999));
    expect(outside.code).toBe('not-found');
    expect(organisation.list(scope, query).rows.map(({ id }) => id)).toEqual([room.id, first.id]);
    await expect(
      organisation.create(scope, { parent: commune.id, kind: 'school', name: 'Trường' }),
    ).rejects.toMatchObject({ code: 'invalid-input', field: 'parent' });
  });

  it('refuses a kind that does not fit, and a code that is taken', async () => {
    const { organisation, commune, room } = await school(await open());
    const create = (parent: number, kind: 'school' | 'room' | 'building', code?: string) =>
      organisation.create(everything, { parent, kind, name: 'x', ...(code ? { code } : {}) });
    await expect(create(room.id, 'school')).rejects.toMatchObject({ field: 'kind' });
    await expect(create(commune.id, 'room')).rejects.toMatchObject({ field: 'kind' });
    await expect(create(commune.id, 'school', '51A')).rejects.toMatchObject({ code: 'conflict' });
  });

  it('is the same after a restart', async () => {
    const store = await open();
    const { organisation } = await school(store);
    const again = createOrganisation({ store });
    await again.load();
    expect(again.list(everything, query)).toEqual(organisation.list(everything, query));
  });
});

function failure(organisation: Organisation, scope: { paths: string[] }, id: number) {
  try {
    organisation.get(scope, id);
  } catch (thrown) {
    return { code: (thrown as { code: string }).code, message: (thrown as Error).message };
  }
  throw new Error('it was found');
}
