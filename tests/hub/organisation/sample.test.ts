import { expect, it } from 'vitest';
import { createOrganisation, loadSample, removeSample } from '../../../hub/organisation/index.ts';
import { everything } from '../../support/fleet.ts';
import { describeStores } from '../../support/store.ts';

describeStores('sample data', (open) => {
  it('holds the 96 communes and marked schools, comes once, and goes without a trace', async () => {
    const organisation = createOrganisation({ store: await open() });
    await organisation.load();
    const root = await organisation.ensureRoot('Tỉnh Quảng Ngãi');
    const settings = { schools: 2, today: '2026-03-02' };
    expect(await loadSample(organisation, root, settings)).toBe(96 + 192 + 576);
    expect(await loadSample(organisation, root, settings)).toBe(0);
    const total = (query: { kind?: 'commune' | 'school' | 'room'; q?: string }) =>
      organisation.list(everything, { limit: 1, ...query }).total;
    expect([total({ kind: 'commune' }), total({ kind: 'school' }), total({ kind: 'room' })]).toEqual([96, 192, 576]);
    expect(organisation.list(everything, { limit: 5, q: 'ly son', kind: 'commune' }).rows[0]).toMatchObject({
      code: '21548',
      sample: false,
    });
    const schools = organisation.list(everything, { limit: 200, kind: 'school' }).rows;
    expect(schools.every(({ sample, name }) => sample && name.startsWith('Trường mẫu'))).toBe(true);
    const room = await organisation.create(everything, {
      parent: schools[0]?.id ?? 0,
      kind: 'room',
      name: 'Phòng thật',
    });
    await expect(removeSample(organisation)).rejects.toThrow(/Phòng thật was added under/);
    await organisation.write(async (trx) => {
      await trx.deleteFrom('unit').where('id', '=', room.id).execute();
      return { put: [], removed: [room.id], result: undefined };
    });
    expect(await removeSample(organisation)).toBe(768);
    expect([total({ kind: 'commune' }), total({ kind: 'school' }), total({ kind: 'room' })]).toEqual([96, 0, 0]);
  });
});
