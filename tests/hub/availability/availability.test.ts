import { expect, it } from 'vitest';
import { createAvailability } from '../../../hub/availability/index.ts';
import { createOrganisation } from '../../../hub/organisation/index.ts';
import type { Calendar } from '../../../protocols/fleet/calendar/calendar.ts';
import { createFakeClock } from '../../support/clock.ts';
import { seedAgent, seedDevice } from '../../support/hub-store.ts';
import { describeStores, type OpenEmpty } from '../../support/store.ts';

const everywhere = { paths: ['/'] };
/** Lessons from 7 to 11 on each day of a term that covers all of the test. */
const calendar: Calendar = {
  timeZone: 'Asia/Ho_Chi_Minh',
  terms: [{ name: 'Học kỳ 2', from: '2026-01-05', to: '2026-05-30' }],
  periods: [{ name: 'Sáng', days: [1, 2, 3, 4, 5, 6, 7], from: '07:00', to: '11:00' }],
  daysOff: [],
  makeUpDays: [],
  exams: [],
};
const at = (day: number, hour: number) => new Date(Date.UTC(2026, 2, day, hour - 7));

async function setUp(open: OpenEmpty) {
  const store = await open();
  // Wednesday 2026-03-04 at noon in Viet Nam.
  const clock = createFakeClock(at(4, 12).getTime());
  const organisation = createOrganisation({ store });
  await organisation.load();
  const root = await organisation.ensureRoot('Tỉnh Quảng Ngãi');
  const school = await organisation.create(everywhere, { parent: root, kind: 'school', name: 'THPT Trần Quốc Tuấn' });
  const other = await organisation.create(everywhere, { parent: root, kind: 'school', name: 'THPT Sơn Mỹ' });
  await seedAgent(store, 'a-1', school.id);
  const lamp = { lamp: { commands: [] }, power: { commands: ['on'] } };
  await seedDevice(store, { id: 'projector', agentId: 'a-1', unitId: school.id, capabilities: lamp });
  await seedDevice(store, {
    id: 'camera',
    agentId: 'a-1',
    unitId: other.id,
    capabilities: { snapshot: { commands: [] } },
  });
  const device = (id: string, unit: { id: number; trail: unknown }) => ({
    id,
    name: id,
    unitId: unit.id,
    unitPath: organisation.pathOf(unit.id),
    lifecycle: 'in-service',
  });
  const devices = [device('projector', school), device('camera', other)];
  const entries: unknown[] = [];
  const availability = createAvailability({
    store,
    registry: { devices: () => devices },
    organisation,
    calendarOf: () => calendar,
    supplierOf: (id) => (id === 'camera' ? 'Công ty Ánh Sáng' : undefined),
    audit: { append: async (entry) => entries.push(entry) },
    clock,
  });
  // As if both had been adopted long ago.
  await store.db
    .updateTable('device_span')
    .set({ from_at: at(1, 0) })
    .execute();
  const health = (id: string, state: 'ok' | 'fault' | 'unreachable', since: Date) =>
    store.db.updateTable('device').set({ health: state, health_since: since }).where('id', '=', id).execute();
  const power = (id: string, state: string, since: Date) =>
    store.db
      .insertInto('twin')
      .values({ device_id: id, capability: 'power', state: JSON.stringify({ state }), at: since, received_at: since })
      .onConflict((conflict) =>
        conflict
          .columns(['device_id', 'capability'])
          .doUpdateSet({ state: JSON.stringify({ state }), at: since, received_at: since }),
      )
      .execute();
  const spans = (track: 'health' | 'power') =>
    store.db
      .selectFrom('device_span')
      .select(['state', 'from_at', 'to_at'])
      .where('device_id', '=', 'projector')
      .where('track', '=', track)
      .orderBy('from_at')
      .execute();
  return { store, availability, health, power, spans, school, entries, organisation };
}

const query = { from: '2026-03-03', to: '2026-03-04', by: 'device', sort: 'name', limit: 50 } as const;

describeStores('availability', (open) => {
  it('keeps how long each state lasted, whoever writes it', async () => {
    const { store, health, power, spans, organisation } = await setUp(open);
    await health('projector', 'ok', at(2, 6));
    await health('projector', 'ok', at(2, 9));
    await health('projector', 'fault', at(3, 8));
    // Silence that is dated back to before the fault takes its place.
    await health('projector', 'unreachable', at(3, 7));
    expect(await spans('health')).toEqual([
      { state: 'unknown', from_at: at(1, 0), to_at: at(2, 6) },
      { state: 'ok', from_at: at(2, 6), to_at: at(3, 8) },
      { state: 'unreachable', from_at: at(3, 8), to_at: null },
    ]);
    await power('projector', 'on', at(2, 7));
    await power('projector', 'on', at(2, 8));
    await power('projector', 'off', at(2, 11));
    expect((await spans('power')).map(({ state }) => state)).toEqual(['on', 'off']);
    await store.db.updateTable('device').set({ lifecycle: 'maintenance' }).where('id', '=', 'projector').execute();
    const open_ = await store.db.selectFrom('device_span').selectAll().where('to_at', 'is', null).execute();
    expect(
      open_
        .filter(({ device_id }) => device_id === 'projector')
        .map(({ track }) => track)
        .sort(),
    ).toEqual(['health', 'lifecycle', 'power']);
    await organisation[Symbol.asyncDispose]();
  });

  it('reports lesson hours, repairs and energy, by device, school, supplier and class', async () => {
    const { availability, health, power, school, organisation } = await setUp(open);
    await health('projector', 'ok', at(1, 0));
    await health('camera', 'ok', at(1, 0));
    await power('projector', 'on', at(3, 7));
    await power('projector', 'off', at(3, 11));
    // Broken for the last hour of the lessons of Tuesday, mended an hour after them.
    await health('projector', 'fault', at(3, 10));
    await health('projector', 'ok', at(3, 12));
    const report = await availability.report(everywhere, query);
    expect(report.rows.find(({ key }) => key === 'projector')).toMatchObject({
      lessonHours: 8,
      downHours: 1,
      unknownHours: 0,
      availability: 0.875,
      incidents: 1,
      repairHours: 2,
      onHours: 4,
    });
    const projector = report.classes.find(({ name }) => name === 'projection');
    // Two days to noon: 4 hours on, the other 32 on standby.
    expect(report.rows.find(({ key }) => key === 'projector')?.energyKwh).toBeCloseTo(
      (4 * (projector?.onWatts ?? 0) + 32 * (projector?.standbyWatts ?? 0)) / 1_000,
      2,
    );
    expect(report.whole).toMatchObject({ devices: 2, lessonHours: 16, downHours: 1, availability: 0.9375 });
    const of = async (by: 'school' | 'supplier' | 'class') =>
      (await availability.report(everywhere, { ...query, by, sort: 'worst' })).rows.map(({ name, devices }) => [
        name,
        devices,
      ]);
    expect(await of('school')).toEqual([
      ['THPT Trần Quốc Tuấn', 1],
      ['THPT Sơn Mỹ', 1],
    ]);
    expect(await of('supplier')).toEqual([
      ['', 1],
      ['Công ty Ánh Sáng', 1],
    ]);
    expect(await of('class')).toEqual([
      ['Máy chiếu', 1],
      ['Camera', 1],
    ]);
    const own = await availability.report({ paths: [organisation.pathOf(school.id)] }, query);
    expect(own.whole.devices).toBe(1);
    await organisation[Symbol.asyncDispose]();
  });

  it('takes measured watts, and refuses a time that cannot be reported', async () => {
    const { availability, entries, organisation } = await setUp(open);
    const body = { name: 'projection', onWatts: 300, standbyWatts: 1, reason: 'đo tại ba trường' };
    const rows = await availability.setClass({ id: 'u-1', name: 'Lê Văn An' }, body);
    expect(rows.find(({ name }) => name === 'projection')).toMatchObject({ onWatts: 300, setBy: 'Lê Văn An' });
    expect(entries).toMatchObject([{ action: 'energy-class.set', reason: 'đo tại ba trường' }]);
    await expect(availability.setClass({ id: 'u-1', name: 'An' }, { ...body, name: 'flux' })).rejects.toThrow(
      /projection/,
    );
    const asked = (from: string, to: string) => availability.report(everywhere, { ...query, from, to });
    await expect(asked('2026-03-04', '2026-03-03')).rejects.toMatchObject({ field: 'from' });
    await expect(asked('2026-03-09', '2026-03-10')).rejects.toMatchObject({ field: 'from' });
    await expect(asked('2025-03-04', '2026-03-03')).rejects.toThrow(/93 days/);
    await organisation[Symbol.asyncDispose]();
  });
});
