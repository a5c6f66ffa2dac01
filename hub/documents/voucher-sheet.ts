import type { Paper, PaperSize } from './paper.ts';
import { codeLines, printedMoment, type VoucherToPrint } from './voucher-text.ts';

/** A4 (ISO 216). */
export const sheetSize: PaperSize = [210, 297];
export const vouchersOnSheet = 4;

const [width, height] = sheetSize;
const strip = height / vouchersOnSheet;
const margin = 10;
const side = 54;
const left = margin + side + 8;
const column = width - margin - left;

/** Draws one voucher in its strip of the sheet, the first above. */
export function drawVoucher(paper: Paper, voucher: VoucherToPrint, place: number): void {
  const top = place * strip;
  if (place > 0) paper.line([0, top], [width, top], true);
  paper.code(voucher.token, { x: margin, y: top + 8, side });
  paper.text(`Hết hạn: ${printedMoment(voucher.expiresAt)}`, {
    x: margin,
    y: top + 8 + side + 2,
    width: side,
    height: 5,
    weight: 'semibold',
    align: 'center',
    points: { most: 10, least: 7 },
  });
  let y = top + 7;
  const below = (text: string, box: Partial<Parameters<Paper['text']>[1]> & { readonly height: number }) => {
    y += paper.text(text, { x: left, y, width: column, points: { most: 9, least: 6.5 }, ...box });
  };
  below('PHIẾU GHI DANH MÁY', { height: 4.5, weight: 'semibold', colour: '#555555', points: { most: 8, least: 8 } });
  below(voucher.school, { height: 13, weight: 'bold', points: { most: 15, least: 8 } });
  if (voucher.label !== undefined) below(voucher.label, { height: 5, points: { most: 10, least: 7 } });
  y += 1.5;
  for (const line of codeLines(voucher.code, 6))
    below(line, { height: 6.5, weight: 'semibold', points: { most: 13, least: 8 } });
  y += 1.5;
  for (const { text, isCommand } of stepsOf(voucher)) {
    below(text, isCommand ? { height: 4.5, weight: 'semibold', x: left + 4, width: column - 4 } : { height: 4.5 });
    y += 0.4;
  }
}

interface Step {
  readonly text: string;
  /** Something to type, on a line of its own. */
  readonly isCommand?: true;
}

function stepsOf({ hubUrl }: VoucherToPrint): readonly Step[] {
  return [
    { text: '1. Nối máy mini-PC vào mạng của trường, bật máy, gõ lệnh này rồi bấm Enter:' },
    { text: 'sudo edufleet-agent enrol', isCommand: true },
    { text: '2. Quét mã QR. Không có máy quét: gõ lệnh này, rồi gõ dòng mã ở trên:' },
    { text: `sudo edufleet-agent enrol --hub ${hubUrl}`, isCommand: true },
    { text: '3. Chưa có Internet: gõ prepare thay cho enrol; máy tự ghi danh khi có mạng.' },
    { text: 'Mỗi phiếu dùng một lần, cho một máy của trường này. Giữ kín như mật khẩu.' },
  ];
}
