import type { Paper, PaperSize } from './paper.ts';
import { codeLines, printedMoment, type VoucherToPrint } from './voucher-text.ts';

/** The label that most thermal printers take. */
export const labelSize: PaperSize = [50, 30];

const [width] = labelSize;
const margin = 2;
const side = 19.5;
const left = margin + side + 2;
const column = width - margin - left;

/** Draws one voucher on a label of its own. */
export function drawLabel(paper: Paper, voucher: VoucherToPrint): void {
  paper.code(voucher.scan, { x: margin, y: margin, side });
  let y: number = margin - 0.5;
  y += paper.text(voucher.school, {
    x: left,
    y,
    width: column,
    height: 9.5,
    weight: 'bold',
    points: { most: 8, least: 5 },
  });
  if (voucher.label !== undefined)
    y += paper.text(voucher.label, { x: left, y, width: column, height: 5, points: { most: 6, least: 4.5 } });
  paper.text(`Hết hạn ${printedMoment(voucher.expiresAt)}`, {
    x: left,
    y: y + 0.5,
    width: column,
    height: 5.5,
    points: { most: 6, least: 4.5 },
  });
  for (const [index, line] of codeLines(voucher.code, 6).entries())
    paper.text(line, {
      x: margin,
      y: 22.6 + index * 3,
      width: width - 2 * margin,
      height: 3.2,
      weight: 'semibold',
      points: { most: 7, least: 5 },
    });
}
