import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createDocuments, type VoucherToPrint } from '../../../hub/documents/index.ts';
import { codeLines, printedMoment } from '../../../hub/documents/voucher-text.ts';
import { toBase32 } from '../../../provisioning/enrolment/crockford.ts';
import { formatVoucherCode, parseVoucherCode } from '../../../provisioning/enrolment/voucher-code.ts';
import { formatVoucherText, readVoucherText } from '../../../provisioning/enrolment/voucher-text.ts';
import { createFakeClock } from '../../support/clock.ts';
import { drawnGlyphs, hasPaperReaders, readPaper } from '../../support/paper.ts';

const documents = createDocuments(createFakeClock());
const hubUrl = 'https://hub.quangngai.example:8443';
const long = 'Trường Phổ thông dân tộc nội trú Trung học cơ sở và Trung học phổ thông số 2 huyện Sơn Hà, xã Sơn Thượng';

function voucher(school: string, label?: string): VoucherToPrint {
  const code = formatVoucherCode(randomBytes(16).toString('hex'), randomBytes(32).toString('hex'));
  return {
    code,
    scan: formatVoucherText({ code, hubUrl }),
    // As long as a signed one, and as random.
    token: `EFT1-${toBase32(randomBytes(1_105))}`,
    school,
    ...(label === undefined ? {} : { label }),
    expiresAt: new Date('2026-12-24T10:15:00Z'),
    hubUrl,
  };
}

/** As a person compares: words, whatever the lines. */
const words = (text: string | undefined) => (text ?? '').replace(/\s+/g, ' ').normalize('NFC');

describe('what stands beside a code', () => {
  it('breaks a code between its groups, and loses nothing of it', () => {
    const { code } = voucher('x');
    const lines = codeLines(code, 6);
    expect(lines.map((line) => line.length)).toEqual([30 - 1, 29]);
    expect(parseVoucherCode(lines.join(' '))).toEqual(parseVoucherCode(code));
  });

  it('tells the time of Viet Nam', () => {
    expect(printedMoment(new Date('2026-12-31T17:00:00Z'))).toBe('00:00 01/01/2027');
  });

  it('draws every letter that it lets through, and a mark for one that the font lacks', async () => {
    const letters: string[] = [];
    for (let code = 0x20; code < 0x2300; code++) letters.push(String.fromCodePoint(code));
    const pdf = await documents.vouchers(
      'sheet',
      Array.from({ length: Math.ceil(letters.length / 40) }, (_, index) =>
        voucher(letters.slice(index * 40, index * 40 + 40).join(''), '中😀Ж→'),
      ),
    );
    expect(drawnGlyphs(pdf).length).toBeGreaterThan(5_000);
    expect(drawnGlyphs(pdf)).not.toContain(0);
  });

  it('survives any name', async () => {
    const name = fc.string({ unit: 'binary', maxLength: 300 });
    await fc.assert(
      fc.asyncProperty(name, name, async (school, label) => {
        const pdf = await documents.vouchers('label', [voucher(school, label)]);
        expect(pdf.subarray(0, 5).toString()).toBe('%PDF-');
        expect(drawnGlyphs(pdf)).not.toContain(0);
        expect(pdf.toString('latin1').match(/\/Type \/Page\n/g)?.length).toBe(1);
      }),
      { numRuns: 60 },
    );
  });

  it('says so when no QR code holds a text', async () => {
    const tooMuch = { ...voucher('x'), token: 'x'.repeat(5_000) };
    await expect(documents.vouchers('sheet', [tooMuch])).rejects.toMatchObject({ code: 'text-too-long' });
  });
});

describe.skipIf(!hasPaperReaders)('papers read back by Poppler and ZBar', () => {
  it('has four vouchers on a sheet, each with its code, its school and what to do', async () => {
    const vouchers = [
      voucher(long, 'Đợt giao máy tháng 9'),
      voucher('THPT Ỷ Lan'),
      ...Array.from({ length: 4 }, () => voucher('THCS Nghĩa Lộ')),
    ];
    const { pages, sizes, codes, fonts } = await readPaper(await documents.vouchers('sheet', vouchers));
    expect(sizes).toEqual([
      [210, 297],
      [210, 297],
    ]);
    expect(codes).toEqual(
      [vouchers.slice(0, 4), vouchers.slice(4)].map((some) => some.map(({ token }) => token).sort()),
    );
    const first = words(pages[0]);
    expect(first).toContain(long);
    expect(first).toContain('Đợt giao máy tháng 9');
    expect(first).toContain('THPT Ỷ Lan');
    expect(first).toContain('Hết hạn: 17:15 24/12/2026');
    expect(first).toContain('Nối máy mini-PC vào mạng của trường');
    expect(first).toContain(`edufleet-agent enrol --hub ${hubUrl}`);
    for (const { code } of vouchers.slice(0, 4)) expect(first).toContain(codeLines(code, 6).join(' '));
    // Embedded, subset, with a table back to Unicode: so that another machine prints and searches the same.
    expect(fonts.match(/BeVietnamPro\S+ +CID TrueType +Identity-H +yes yes yes/g)?.length).toBe(3);
  });

  it('has one voucher on a label of 50 x 30 mm that the head of a label printer still resolves', async () => {
    const vouchers = [voucher('THCS Nghĩa Lộ', 'Máy phòng 7'), voucher(long)];
    // 203 dpi: what label printers have.
    const { pages, sizes, codes } = await readPaper(await documents.vouchers('label', vouchers), 203);
    expect(sizes).toEqual([
      [50, 30],
      [50, 30],
    ]);
    expect(codes).toEqual(vouchers.map(({ scan }) => [scan]));
    for (const found of codes.flat()) expect(readVoucherText(found)).toMatchObject({ hubUrl });
    expect(words(pages[0])).toContain('THCS Nghĩa Lộ');
    expect(words(pages[0])).toContain('Máy phòng 7');
    expect(words(pages[1])).toContain('Trường Phổ thông dân tộc nội trú');
  });

  it('has one room on a poster, A4 or A5', async () => {
    const rooms = [
      { name: 'Phòng 7', place: ['THCS Nghĩa Lộ', 'Dãy nhà A'], code: 'P07', url: 'https://fleet.example/rooms/4711' },
      { name: long, place: [long], url: 'http://192.168.1.10:8080/rooms/12' },
    ];
    for (const [layout, size] of [
      ['a4', [210, 297]],
      ['a5', [148, 210]],
    ] as const) {
      const { pages, sizes, codes } = await readPaper(await documents.posters(layout, rooms), 100);
      expect(sizes).toEqual([size, size]);
      expect(codes).toEqual(rooms.map(({ url }) => [url]));
      expect(words(pages[0])).toBe(
        'THCS Nghĩa Lộ · Dãy nhà A Phòng 7 Quét mã để xem thiết bị và báo hỏng Mở máy ảnh của điện thoại, đưa vào mã, rồi đăng nhập. Mã phòng: P07 https://fleet.example/rooms/4711 ',
      );
      expect(words(pages[1])).toContain(long);
    }
  });
});
