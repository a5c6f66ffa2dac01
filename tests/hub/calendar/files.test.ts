import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { exportCalendar } from '../../../hub/calendar/files/export.ts';
import { readCalendarFile } from '../../../hub/calendar/files/read.ts';
import { emptyLayer, resolveLayers } from '../../../hub/calendar/resolve.ts';
import { calendarTemplates } from '../../../hub/calendar/template.ts';
import { createSheetReader, readCsv, type SheetReader } from '../../../hub/sheets/index.ts';
import { type CalendarLayer, calendarLayerSchema } from '../../../protocols/api/operation/calendar.ts';
import { addDays } from '../../../protocols/fleet/calendar/date.ts';
import { systemClock } from '../../../provisioning/platform/clock.ts';

const unit = { id: 7, name: 'THCS Nghĩa Lộ', kind: 'school' as const };
const nowMs = Date.parse('2026-09-01T00:00:00Z');
/** Reads CSV here: a thread for each of a thousand files would be slow. */
const csvReader: SheetReader = { read: async ({ name, bytes }) => ({ sheets: [readCsv(name, bytes)] }) };
const write = (as: 'csv' | 'ics' | 'xlsx', layer: CalendarLayer) =>
  exportCalendar(as, unit, resolveLayers([{ unit, layer }]), nowMs);
const read = (name: string, text: string | Buffer, current = emptyLayer, reader = csvReader) =>
  readCalendarFile(reader, { name, bytes: Buffer.from(text) }, current);

const template = calendarTemplates[0]?.layer ?? emptyLayer;
const full: CalendarLayer = {
  ...template,
  makeUpDays: [{ name: 'Học bù theo thứ 6', date: '2026-12-06', as: 5 }],
  exams: [
    {
      name: 'Thi học kỳ, "đề chung"',
      from: '2026-12-21',
      to: '2026-12-26',
      periods: [
        { name: 'Ca 1', days: [1, 2, 3, 4, 5, 6], from: '07:30', to: '09:00' },
        { name: 'Ca 2', days: [1, 2], from: '09:30', to: '11:00' },
      ],
    },
  ],
};
/** A layer whose parts that files do not carry are absent, and `false` is written as nothing. */
function carried({ terms = [], periods = [], daysOff, makeUpDays, exams }: CalendarLayer) {
  return { terms, periods, daysOff, makeUpDays, exams };
}

const date = fc.nat(900).map((days) => addDays('2026-01-01', days));
const name = fc
  .string({ minLength: 1, maxLength: 30, unit: 'grapheme' })
  .map((text) => text.normalize('NFC').trim())
  .filter((text) => text !== '' && !/\p{Cc}/u.test(text) && !/^['=+\-@]/.test(text) && text.length <= 80);
const span = fc.record({ name, from: date, days: fc.nat(40) }).map(({ days, ...rest }) => ({
  ...rest,
  to: addDays(rest.from, days),
}));
const time = fc.record({ start: fc.nat(1_300), length: fc.integer({ min: 1, max: 100 }) });
const text = (minute: number) =>
  `${String(Math.floor(minute / 60)).padStart(2, '0')}:${String(minute % 60).padStart(2, '0')}`;
const period = fc
  .record({ name, time, days: fc.uniqueArray(fc.integer({ min: 1, max: 7 }), { minLength: 1 }) })
  .map(({ time: { start, length }, days, ...rest }) => ({
    ...rest,
    days: days.sort((a, b) => a - b),
    from: text(start),
    to: text(start + length),
  }));
const layers: fc.Arbitrary<CalendarLayer> = fc.record({
  terms: fc.array(span, { minLength: 1, maxLength: 3 }),
  periods: fc.array(period, { minLength: 1, maxLength: 5 }),
  daysOff: fc.array(
    fc
      .tuple(span, fc.constantFrom('holiday' as const, 'tet' as const, 'break' as const))
      .map(([one, kind]) => ({ ...one, kind })),
    { minLength: 1, maxLength: 4 },
  ),
  makeUpDays: fc.array(fc.record({ name, date, as: fc.integer({ min: 1, max: 7 }) }), { minLength: 1, maxLength: 3 }),
  exams: fc.array(
    fc
      .tuple(span, fc.option(fc.array(period, { minLength: 1, maxLength: 2 })))
      .map(([one, periods]) => ({ ...one, ...(periods ? { periods } : {}) })),
    { minLength: 1, maxLength: 2 },
  ),
  cancelled: fc.constant([]),
});

describe('files of a calendar', () => {
  it('come back as they went, as CSV', async () => {
    await fc.assert(
      fc.asyncProperty(layers, async (layer) => {
        const { bytes } = await write('csv', layer);
        const back = await read('lich.csv', bytes);
        expect(back.counts.refused).toBe(0);
        expect(carried(back.layer)).toEqual(carried(layer));
        // What is there already is told as unchanged.
        const again = await read('lich.csv', bytes, back.layer);
        expect(again.counts).toMatchObject({ new: 0, changed: 0, refused: 0 });
      }),
      { numRuns: 150 },
    );
  });

  it.each(['csv', 'xlsx', 'ics'] as const)('come back as they went, a whole school year as %s', async (as) => {
    const { bytes } = await write(as, full);
    const back = await read(`lich.${as}`, bytes, emptyLayer, createSheetReader(systemClock));
    expect(back.problem).toBeUndefined();
    expect(back.rows.filter(({ outcome }) => outcome === 'refused')).toEqual([]);
    expect(carried(calendarLayerSchema.parse(back.layer))).toEqual(carried(full));
  });

  it('replace only the sorts that they hold', async () => {
    const back = await read('le.csv', 'Loại,Tên,Từ ngày\nNghỉ lễ,Ngày hội,20/11/2026\n', full);
    expect(back.layer).toEqual({
      ...full,
      daysOff: [{ name: 'Ngày hội', kind: 'holiday', from: '2026-11-20', to: '2026-11-20' }],
    });
  });

  it('tell at each cell what is wrong and what to write', async () => {
    const table = [
      'Loại;Tên;Từ ngày;Đến ngày;Thứ;Từ giờ;Đến giờ;Học theo thứ',
      'Nghỉ xả hơi;X;1/1/2026;;;;;',
      'Học kỳ;;05/09/2026;31/02/2027;;;;',
      'Tiết;Tiết 1;;;2-9;7h;25:00;',
      'Tiết;Tiết 2;;;thứ 2, CN;7h50;8h35;',
      'Học bù;Bù;2026-09-06;;;;;',
      'Ca thi;Ca 1;;;2-6;07:00;08:00;',
    ].join('\n');
    const { rows, counts } = await read('lich.csv', table);
    expect(counts).toEqual({ new: 1, changed: 0, unchanged: 0, refused: 5 });
    const cells = rows.flatMap(({ errors }) => errors.map(({ cell, message }) => `${cell} ${message.en}`));
    expect(cells).toEqual([
      expect.stringMatching(/^A2 There is no such kind/),
      expect.stringMatching(/^B3 A name has/),
      expect.stringMatching(/^D3 This is no day/),
      expect.stringMatching(/^E4 These are no weekdays/),
      expect.stringMatching(/^G4 This is no time/),
      expect.stringMatching(/^H6 "Học theo thứ" \(as\) is missing/),
      expect.stringMatching(/^A7 This session has no examination/),
    ]);
  });

  it.each([
    ['no calendar', 'BEGIN:VCARD\r\nEND:VCARD\r\n'],
    ['broken', 'BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nDTSTART'],
    ['something else', '{"a":1}'],
    ['nothing in it', ''],
  ])('are refused with a sentence: %s', async (_, content) => {
    const back = await read('lich.ics', content);
    expect(back.problem?.vi).toBeTruthy();
    expect(back.layer).toBe(emptyLayer);
  });

  it('take the calendars of others: whole days by their words, folded lines, other time zones', async () => {
    const event = (lines: string) => `BEGIN:VEVENT\r\nUID:x\r\nDTSTAMP:20260101T000000Z\r\n${lines}\r\nEND:VEVENT\r\n`;
    const ics = `BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//Google Inc//Google Calendar 70.9054//EN\r\n${[
      event('DTSTART;VALUE=DATE:20270206\r\nDTEND;VALUE=DATE:20270211\r\nSUMMARY:Tết Nguyên đá\r\n n'),
      event('DTSTART;VALUE=DATE:20261120\r\nSUMMARY:Ngày Nhà giáo Việt Nam'),
      event('DTSTART;VALUE=DATE:20261221\r\nDTEND;VALUE=DATE:20261227\r\nSUMMARY:Kiểm tra học kỳ I'),
      event('DTSTART;VALUE=DATE:20261017\r\nSUMMARY:Học bù theo thứ 6'),
      event('DTSTART;VALUE=DATE:20261018\r\nSUMMARY:Học bù'),
      event('DTSTART;VALUE=DATE:20260902\r\nRRULE:FREQ=YEARLY\r\nSUMMARY:Quốc khánh'),
      event('DTSTART:20260905T000000Z\r\nDTEND:20260905T010000Z\r\nSUMMARY:Khai giảng'),
      event(
        'DTSTART;TZID=Asia/Ho_Chi_Minh:20260907T070000\r\nDTEND;TZID=Asia/Ho_Chi_Minh:20260907T074500\r\nRRULE:FREQ=WEEKLY;BYDAY=MO,TU\r\nSUMMARY:Tiết 1',
      ),
    ].join('')}END:VCALENDAR\r\n`;
    const { rows, counts } = await read('holidays.ics', ics);
    expect(counts).toEqual({ new: 5, changed: 0, unchanged: 0, refused: 3 });
    const told = rows.filter(({ outcome }) => outcome === 'refused').map(({ errors }) => errors[0]?.message.en);
    expect(told[0]).toMatch(/which weekday/);
    expect(told[1]).toMatch(/repeats/);
    expect(told[2]).toMatch(/repeats weekly/);
    const taken = await read(
      'holidays.ics',
      ics.replace(/BEGIN:VEVENT(?:(?!END:VEVENT)[\s\S])*(?:Học bù\r|YEARLY|Khai)[\s\S]*?END:VEVENT\r\n/g, ''),
    );
    expect(taken.layer.periods).toEqual([{ name: 'Tiết 1', days: [1, 2], from: '07:00', to: '07:45' }]);
    expect(taken.layer.daysOff).toContainEqual({
      name: 'Tết Nguyên đán',
      kind: 'tet',
      from: '2027-02-06',
      to: '2027-02-10',
    });
    expect(taken.layer.makeUpDays).toEqual([{ name: 'Học bù theo thứ 6', date: '2026-10-17', as: 5 }]);
    expect(taken.layer.exams).toEqual([{ name: 'Kiểm tra học kỳ I', from: '2026-12-21', to: '2026-12-26' }]);
  });

  it('tell of an event whose day cannot be read, and of no other', async () => {
    const event = (day: string) => `BEGIN:VEVENT\r\nDTSTART;VALUE=DATE:${day}\r\nSUMMARY:Nghỉ\r\nEND:VEVENT\r\n`;
    const { rows } = await read('x.ics', `BEGIN:VCALENDAR\r\n${event('20270101')}${event('hôm nay')}END:VCALENDAR\r\n`);
    expect(rows.map(({ row, outcome }) => [row, outcome])).toEqual([
      [2, 'refused'],
      [1, 'new'],
    ]);
  });

  it('never break on what others send', async () => {
    const { bytes } = await write('ics', {
      ...full,
      terms: full.terms?.slice(0, 1) ?? [],
      periods: full.periods?.slice(0, 1) ?? [],
    });
    await fc.assert(
      fc.asyncProperty(fc.string({ maxLength: 300, unit: 'binary' }), fc.nat(20), async (junk, cut) => {
        const at = Math.floor((bytes.length * cut) / 20);
        const broken = Buffer.concat([bytes.subarray(0, at), Buffer.from(junk), bytes.subarray(at)]);
        const back = await read('lich.ics', broken);
        expect(calendarLayerSchema.safeParse(back.layer).error).toBeUndefined();
      }),
      { numRuns: 8 },
    );
  });
});
