import { expect, it } from 'vitest';
import { calendarTemplates, createCalendars } from '../../../hub/calendar/index.ts';
import { createOrganisation } from '../../../hub/organisation/index.ts';
import { createSheetReader } from '../../../hub/sheets/index.ts';
import type { Store } from '../../../hub/store/index.ts';
import type { CalendarLayer } from '../../../protocols/api/operation/calendar.ts';
import { emptyCalendar } from '../../../protocols/fleet/calendar/calendar.ts';
import { momentOf } from '../../../protocols/fleet/calendar/moment.ts';
import { createFakeClock } from '../../support/clock.ts';
import { everything, someone } from '../../support/fleet.ts';
import { describeStores } from '../../support/store.ts';

const template = calendarTemplates[0]?.layer as CalendarLayer;
const nothing: CalendarLayer = { daysOff: [], makeUpDays: [], exams: [], cancelled: [] };
const reason = 'quyết định 1234';
const at = (wall: string) => Date.parse(`${wall}:00+07:00`);

async function province(store: Store) {
  const clock = createFakeClock(at('2026-09-10T09:00'));
  const organisation = createOrganisation({ store });
  await organisation.load();
  const root = await organisation.ensureRoot('Tỉnh Quảng Ngãi');
  const make = (parent: number, kind: 'commune' | 'school' | 'room', name: string) =>
    organisation.create(everything, { parent, kind, name });
  const commune = await make(root, 'commune', 'Xã Tịnh Khê');
  const school = await make(commune.id, 'school', 'THCS Tịnh Khê');
  const other = await make(commune.id, 'school', 'THCS Nghĩa Lộ');
  const room = await make(school.id, 'room', 'Phòng 7');
  const open = async () => {
    const calendars = createCalendars({ store, organisation, reader: createSheetReader(clock), clock });
    await calendars.load();
    return calendars;
  };
  const calendars = await open();
  const put = (unit: number, layer: CalendarLayer | null, basedOn = 0, dryRun = false) =>
    calendars.change(everything, someone, unit, { layer, basedOn, reason, dryRun });
  return { organisation, calendars, open, put, root, commune, school, other, room };
}

describeStores('calendars of units', (open) => {
  it('hold from the province down to a room, and each item tells whose it is', async () => {
    const { calendars, put, root, commune, school, other, room } = await province(await open());
    expect(calendars.calendarOf(room.id)).toBe(emptyCalendar);
    await put(root, template);
    await put(commune.id, {
      ...nothing,
      daysOff: [{ name: 'Nghỉ bão', kind: 'break', from: '2026-10-15', to: '2026-10-16' }],
    });
    await put(school.id, {
      ...nothing,
      periods: [{ name: 'Tiết 1', days: [1, 2, 3, 4, 5], from: '13:00', to: '13:45' }],
      makeUpDays: [{ name: 'Học bù bão', date: '2026-10-18', as: 4 }],
      cancelled: [{ kind: 'day-off', name: 'Nghỉ bão', from: '2026-10-15' }],
    });
    const there = calendars.view(everything, room.id, {});
    expect(there).toMatchObject({ from: '2026-08-01', to: '2027-07-31' });
    expect(there.days).toHaveLength(365);
    expect(there.periods).toMatchObject([{ name: 'Tiết 1', from: '13:00', origin: { id: school.id } }]);
    expect(there.terms.map(({ origin }) => origin.id)).toEqual([root, root]);
    expect(there.daysOff.map(({ name }) => name)).not.toContain('Nghỉ bão');
    expect(there.cancelled).toMatchObject([{ name: 'Nghỉ bão', origin: { id: school.id } }]);
    expect(there.own).toBeUndefined();
    // The neighbour has the storm, and the hours of the province.
    const neighbour = calendars.calendarOf(other.id);
    expect(momentOf(neighbour, at('2026-10-15T08:00'))).toMatchObject({ isLesson: false, day: { name: 'Nghỉ bão' } });
    expect(momentOf(neighbour, at('2026-10-14T08:00'))).toMatchObject({ isLesson: true });
    expect(momentOf(calendars.calendarOf(room.id), at('2026-10-18T13:10'))).toMatchObject({ isLesson: true });
    // The same object as long as nothing changes, so that others may keep what they made of it.
    expect(calendars.calendarOf(room.id)).toBe(calendars.calendarOf(school.id));
  });

  it('are the same in another hub, at once and after a restart', async () => {
    const store = await open();
    const { calendars, open: again, put, root, school } = await province(store);
    const second = await again();
    const heard: string[] = [];
    second.onChanged((path) => heard.push(path));
    await put(root, template);
    await expect.poll(() => second.calendarOf(school.id)).toEqual(calendars.calendarOf(school.id));
    expect(heard).toEqual([`/${root}/`]);
    const third = await again();
    expect(third.calendarOf(school.id)).toEqual(calendars.calendarOf(school.id));
    await put(root, null, 1);
    expect(calendars.calendarOf(school.id)).toEqual(emptyCalendar);
    await expect.poll(() => third.calendarOf(school.id)).toEqual(emptyCalendar);
  });

  it('are tried before they are saved, kept with who and when, and put back', async () => {
    const { calendars, put, root, school } = await province(await open());
    await put(root, template);
    const closed: CalendarLayer = {
      ...template,
      daysOff: [...template.daysOff, { name: 'Nghỉ rét', kind: 'break', from: '2026-12-14', to: '2026-12-15' }],
    };
    const tried = await put(root, closed, 1, true);
    expect(tried).toMatchObject({
      dryRun: true,
      faults: [],
      effect: {
        changed: 2,
        units: { total: 5, own: 0 },
        days: [
          {
            from: '2026-12-14',
            to: '2026-12-15',
            before: { kind: 'lessons', minutes: 360 },
            after: { kind: 'off', name: 'Nghỉ rét' },
          },
        ],
      },
    });
    const { before = 0, after = 0 } = tried.effect?.lessonHours ?? {};
    expect(before - after).toBeCloseTo(12);
    expect(calendars.view(everything, root, {}).own?.version).toBe(1);
    await put(root, closed, 1);
    await expect(put(root, template, 1)).rejects.toMatchObject({ code: 'conflict' });
    await calendars.restore(everything, someone, root, { version: 1, basedOn: 2, reason: 'rút lại', dryRun: false });
    const { rows } = await calendars.versions(everything, root);
    expect(rows.map(({ version, by, reason: why }) => [version, by, why])).toEqual([
      [3, 'Ngô Thị Hà', 'rút lại'],
      [2, 'Ngô Thị Hà', reason],
      [1, 'Ngô Thị Hà', reason],
    ]);
    expect(rows[0]?.layer).toEqual(rows[2]?.layer);
    expect(calendars.calendarOf(school.id).daysOff.map(({ name }) => name)).not.toContain('Nghỉ rét');
  });

  it('that cannot hold are refused whole, with field, reason and remedy', async () => {
    const { calendars, put, school } = await province(await open());
    const span = (name: string, from: string, to: string) => ({ name, from, to });
    const tiet = (name: string, from: string, to: string, days = [1]) => ({ name, from, to, days });
    const term = span('HK', '2026-09-01', '2026-12-31');
    const wrong: readonly (readonly [string, Partial<CalendarLayer>])[] = [
      ['terms.1.from', { terms: [term, span('HK 2', '2026-12-31', '2027-05-31')] }],
      ['terms.0.to', { terms: [span('HK', '2026-09-01', '2026-08-31')] }],
      ['terms.0.to', { terms: [span('HK', '2026-09-01', '2027-09-01')] }],
      ['terms.0.from', { terms: [span('HK', '2002-09-01', '2002-12-01')] }],
      ['periods.0.to', { periods: [tiet('T1', '08:00', '07:15')] }],
      ['periods.0.to', { periods: [tiet('T1', '08:00', '08:00')] }],
      ['periods.1.from', { periods: [tiet('T1', '07:00', '07:45', [1, 2]), tiet('T2', '07:40', '08:25', [2, 3])] }],
      [
        'makeUpDays.0.date',
        {
          terms: [term],
          periods: [tiet('T1', '07:00', '07:45')],
          makeUpDays: [{ name: 'Bù', date: '2026-09-07', as: 1 }],
        },
      ],
      [
        'makeUpDays.0.as',
        {
          terms: [term],
          periods: [tiet('T1', '07:00', '07:45')],
          makeUpDays: [{ name: 'Bù', date: '2026-09-06', as: 2 }],
        },
      ],
      [
        'daysOff.1',
        { daysOff: [1, 2].map(() => ({ name: 'Lễ', kind: 'holiday' as const, from: '2026-09-02', to: '2026-09-02' })) },
      ],
      ['exams.1.from', { exams: [span('Thi', '2026-12-01', '2026-12-05'), span('Thi 2', '2026-12-05', '2026-12-06')] }],
      [
        'exams.0.periods.0.to',
        { exams: [{ ...span('Thi', '2026-12-01', '2026-12-05'), periods: [tiet('Ca', '09:00', '08:00')] }] },
      ],
      ['cancelled.0', { cancelled: [{ kind: 'exam', name: 'Thi', from: '2026-12-01' }] }],
    ];
    for (const [field, part] of wrong) {
      const layer = { ...nothing, ...part };
      const tried = await put(school.id, layer, 0, true);
      expect(tried.effect).toBeUndefined();
      expect(tried.faults.map((one) => one.field)).toEqual([field]);
      for (const { why, remedy } of tried.faults) expect([why.vi, why.en, remedy.vi, remedy.en]).not.toContain('');
      await expect(put(school.id, layer)).rejects.toMatchObject({ code: 'invalid-input', field: `layer.${field}` });
    }
    expect(calendars.view(everything, school.id, {}).own).toBeUndefined();
  });

  it('come in from a file all or not at all, with what is wrong told at its cell', async () => {
    const { calendars, put, root, school } = await province(await open());
    await put(root, template);
    const send = (lines: readonly string[], dryRun: 'yes' | 'no' = 'yes') =>
      calendars.importFile(
        everything,
        someone,
        { unit: school.id, file: 'lich.csv', dryRun, reason },
        Buffer.from(['Loại,Tên,Từ ngày,Đến ngày,Thứ,Từ giờ,Đến giờ,Học theo thứ', ...lines].join('\n')),
      );
    const good = ['Tiết học,Tiết 1,,,2-6,07:00,07:45,', 'Học bù,Bù,06/12/2026,,,,,2'];
    const bad = [...good, 'Tiết học,Tiết 2,,,6,07:30,08:15,'];
    const tried = await send(bad);
    expect(tried).toMatchObject({ dryRun: true, counts: { new: 2, refused: 1 }, faults: [] });
    expect(tried.rows[0]?.errors).toMatchObject([
      { cell: 'F4', message: { en: expect.stringMatching(/overlaps.*Change its time/) } },
    ]);
    await expect(send(bad, 'no')).rejects.toMatchObject({ code: 'conflict' });
    expect(calendars.view(everything, school.id, {}).own).toBeUndefined();
    expect(await send(good)).toMatchObject({ counts: { new: 2, refused: 0 }, effect: { units: { total: 2 } } });
    expect(await send(good, 'no')).toMatchObject({ dryRun: false, version: 1 });
    expect(calendars.calendarOf(school.id).periods).toHaveLength(1);
    const file = await calendars.exportFile(everything, school.id, { as: 'ics', of: 'here' });
    expect(file.bytes.toString()).toContain('SUMMARY:Bù');
    const outside = { paths: [`/${root}/999/`] };
    await expect(
      calendars.importFile(outside, someone, { unit: school.id, file: 'x.csv', dryRun: 'yes' }, Buffer.from('')),
    ).rejects.toMatchObject({ code: 'invalid-input', field: 'unit' });
    expect(() => calendars.view(outside, school.id, {})).toThrow(expect.objectContaining({ code: 'not-found' }));
  });
});
