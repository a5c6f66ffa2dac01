import { deflateRawSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readCsv } from '../../../hub/sheets/csv.ts';
import { createSheetReader, guessColumns, parseMapping, writeWorkbook } from '../../../hub/sheets/index.ts';
import { SheetRefusal } from '../../../hub/sheets/sheet.ts';
import { readWorkbook } from '../../../hub/sheets/workbook.ts';
import { systemClock } from '../../../provisioning/platform/clock.ts';

const reader = createSheetReader(systemClock);
const read = (bytes: Uint8Array, name = 'x.xlsx') => reader.read({ name, bytes });
const csv = (text: string) => read(Buffer.from(text), 'x.csv');

async function rowsOf(reading: ReturnType<typeof read>) {
  const answer = await reading;
  if ('refused' in answer) throw new Error(answer.refused.en);
  return answer.sheets[0]?.rows;
}
async function refusalOf(reading: ReturnType<typeof read>) {
  const answer = await reading;
  return 'refused' in answer ? answer.refused.en : undefined;
}

interface Part {
  readonly name: string;
  readonly content: Buffer;
  /** What the directory tells of its size. */
  readonly told?: number;
}

/** A ZIP archive as PKWARE's APPNOTE lays it out, with whatever lies are asked for. */
function archive(parts: readonly Part[]): Buffer {
  const locals: Buffer[] = [];
  const entries: Buffer[] = [];
  let offset = 0;
  for (const { name, content, told = content.length } of parts) {
    const packed = deflateRawSync(content);
    const local = Buffer.alloc(30);
    local.writeUInt32LE(0x04034b50, 0);
    local.writeUInt16LE(8, 8);
    local.writeUInt32LE(packed.length, 18);
    local.writeUInt32LE(told, 22);
    local.writeUInt16LE(Buffer.byteLength(name), 26);
    const entry = Buffer.alloc(46);
    entry.writeUInt32LE(0x02014b50, 0);
    entry.writeUInt16LE(8, 10);
    entry.writeUInt32LE(packed.length, 20);
    entry.writeUInt32LE(told, 24);
    entry.writeUInt16LE(Buffer.byteLength(name), 28);
    entry.writeUInt32LE(offset, 42);
    locals.push(local, Buffer.from(name), packed);
    entries.push(entry, Buffer.from(name));
    offset += 30 + Buffer.byteLength(name) + packed.length;
  }
  const directory = Buffer.concat(entries);
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(parts.length, 10);
  end.writeUInt32LE(directory.length, 12);
  end.writeUInt32LE(offset, 16);
  return Buffer.concat([...locals, directory, end]);
}

describe('tables of people', () => {
  it('come back from a workbook as they were written, zeros before codes included', async () => {
    const rows = [['00123', 'Trường Mầm non Hoa Sen; "cơ sở 2"', '=1+1']];
    const bytes = await writeWorkbook([{ name: 'Đơn vị', header: ['Mã', 'Tên', 'Khác'], rows, widths: [10, 30, 10] }]);
    expect(await rowsOf(read(bytes))).toEqual([['Mã', 'Tên', 'Khác'], ...rows]);
  });

  it('come from CSV with comma, semicolon or tab, in UTF-8 or UTF-16, quoted or not', async () => {
    const expected = [
      ['Tên', 'Mã'],
      ['Trường A, cơ sở 2', '1'],
    ];
    expect(await rowsOf(csv('Tên,Mã\r\n"Trường A, cơ sở 2",1\r\n'))).toEqual(expected);
    expect(await rowsOf(csv('\ufeffTên;Mã\nTrường A, cơ sở 2;1\n\n'))).toEqual(expected);
    const utf16 = Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from('Tên\tMã\nTrường A, cơ sở 2\t1', 'utf16le')]);
    expect(await rowsOf(read(utf16, 'x.txt'))).toEqual(expected);
  });

  it('are refused with a sentence when they are no table, too large or hostile', async () => {
    expect(await refusalOf(csv('Tên,Mã\n"Trường,1'))).toMatch(/quotation mark/);
    expect(await refusalOf(read(Buffer.from([0xc3, 0x28, 0x41]), 'x.csv'))).toMatch(/not in UTF-8/);
    expect(await refusalOf(read(Buffer.alloc(0)))).toMatch(/empty/);
    expect(await refusalOf(read(Buffer.alloc(6 * 1024 * 1024)))).toMatch(/larger than 5 MB/);
    expect(await refusalOf(csv(`a\n${'x\n'.repeat(50_001)}`))).toMatch(/more than 50000 rows/);
    expect(await refusalOf(csv(`${','.repeat(70)}x`))).toMatch(/more than 64 columns/);
    expect(await refusalOf(read(Buffer.from([0xd0, 0xcf, 0x11, 0xe0])))).toMatch(/old .xls/);
    expect(await refusalOf(read(archive([{ name: 'a.txt', content: Buffer.from('x') }])))).toMatch(/cannot be read/);
  });

  it('are not unpacked when the archive is a bomb or points out of itself', async () => {
    const zeros = Buffer.alloc(120 * 1024 * 1024);
    const sheet = 'xl/worksheets/sheet1.xml';
    expect(await refusalOf(read(archive([{ name: sheet, content: zeros }])))).toMatch(/unpacks to more/);
    expect(await refusalOf(read(archive([{ name: sheet, content: zeros, told: 0 }])))).toMatch(
      /does not tell its size/,
    );
    for (const name of ['../../etc/passwd', '/etc/passwd', 'xl\\..\\x', 'C:/x'])
      expect(await refusalOf(read(archive([{ name, content: Buffer.from('x') }])))).toMatch(/points out of the file/);
    const twice = { name: sheet, content: Buffer.from('<x/>') };
    expect(await refusalOf(read(archive([twice, twice])))).toMatch(/there twice/);
    const many = Array.from({ length: 501 }, (_one, index) => ({ name: `x${index}`, content: Buffer.from('x') }));
    expect(await refusalOf(read(archive(many)))).toMatch(/501 parts/);
  });

  it('stop where a part is larger than it told', async () => {
    const workbook = Buffer.from(
      '<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><sheets><sheet name="A" sheetId="1" r:id="r1"/></sheets></workbook>',
    );
    const rels = (target: string, type: string) =>
      Buffer.from(
        `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/${type}" Target="${target}"/></Relationships>`,
      );
    const parts = (told: number | undefined) => [
      {
        name: '[Content_Types].xml',
        content: Buffer.from(
          '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="xml" ContentType="application/xml"/></Types>',
        ),
      },
      { name: '_rels/.rels', content: rels('xl/workbook.xml', 'officeDocument') },
      { name: 'xl/workbook.xml', content: workbook },
      { name: 'xl/_rels/workbook.xml.rels', content: rels('worksheets/sheet1.xml', 'worksheet') },
      {
        name: 'xl/worksheets/sheet1.xml',
        content: Buffer.from(
          `<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData><row r="1"><c r="A1" t="inlineStr"><is><t>x</t></is></c></row></sheetData>${' '.repeat(30_000_000)}</worksheet>`,
        ),
        ...(told === undefined ? {} : { told }),
      },
    ];
    expect(await rowsOf(read(archive(parts(undefined))))).toEqual([['x']]);
    expect(await refusalOf(read(archive(parts(1_000))))).toMatch(/exceeds limit of 1000 bytes|cannot be read/);
  });

  it('never bring the hub down, whatever the bytes', async () => {
    const whole = await writeWorkbook([{ name: 'A', header: ['Tên'], rows: [['x']], widths: [10] }]);
    const broken = fc
      .array(fc.tuple(fc.nat(whole.length - 1), fc.nat(255)), { minLength: 1, maxLength: 8 })
      .map((changes) => {
        const copy = Buffer.from(whole);
        for (const [at, value] of changes) copy[at] = value;
        return copy;
      });
    await fc.assert(
      fc.asyncProperty(fc.oneof(broken, fc.uint8Array({ maxLength: 200 })), async (bytes) => {
        const reading = Promise.resolve().then(() => (bytes[0] === 0x50 ? readWorkbook(bytes) : [readCsv('x', bytes)]));
        const told = await reading.catch((thrown: unknown) => thrown);
        expect(Array.isArray(told) || told instanceof SheetRefusal, String(told)).toBe(true);
      }),
      { numRuns: 300 },
    );
    expect(await refusalOf(read(whole.subarray(0, 300)))).toBeDefined();
  });

  it('are matched to fields by their headers, also below a title, and by hand', () => {
    const fields = [
      { key: 'name' as const, headers: ['ten truong', 'ten'] },
      { key: 'code' as const, headers: ['ma'] },
    ];
    const rows = [['DANH SÁCH TRƯỜNG'], [], ['STT', 'Mã (*)', 'TÊN TRƯỜNG'], ['1', 'A', 'B']];
    expect(guessColumns({ name: '', rows }, fields)).toEqual({ headerRow: 2, mapping: { name: 2, code: 1 } });
    expect(parseMapping('name:2,code:0', fields)).toEqual({ name: 2, code: 0 });
    for (const text of ['x:1', 'name', 'name:-1', 'name:1:2x,'.replace(':2x', 'x')])
      expect(parseMapping(text, fields)).toBeUndefined();
  });
});
