import { setImmediate } from 'node:timers/promises';
import type { VoucherLayout } from '../../protocols/api/enrolment/vouchers.ts';
import type { PosterLayout } from '../../protocols/api/posters.ts';
import type { Clock } from '../../protocols/ports.ts';
import { type Paper, startPaper } from './paper.ts';
import { drawPoster, posterSize, type RoomToPrint } from './room-poster.ts';
import { drawLabel, labelSize } from './voucher-label.ts';
import { drawVoucher, sheetSize, vouchersOnSheet } from './voucher-sheet.ts';
import type { VoucherToPrint } from './voucher-text.ts';

/** Papers in Vietnamese, as whole PDF files. Vectors and text only, so that a scanner and a search read them. */
export interface Documents {
  /** `sheet`: several to cut apart on A4; `label`: one on each of 50 x 30 mm. Throws FatalError `text-too-long` for a code that no QR holds. */
  vouchers(layout: VoucherLayout, vouchers: readonly VoucherToPrint[]): Promise<Buffer>;
  /** One page a room, by which people there find its devices. */
  posters(layout: PosterLayout, rooms: readonly RoomToPrint[]): Promise<Buffer>;
}

/** Makes what is printed. Nothing is kept between two papers but the font. */
export function createDocuments(clock: Clock): Documents {
  return {
    vouchers: (layout, vouchers) => {
      const paper = startPaper({ title: 'Phiếu ghi danh máy', nowMs: clock.now() });
      return finish(paper, vouchers, (voucher, index) => {
        if (layout === 'label') {
          paper.addPage(labelSize);
          drawLabel(paper, voucher);
          return;
        }
        const place = index % vouchersOnSheet;
        if (place === 0) paper.addPage(sheetSize);
        drawVoucher(paper, voucher, place);
      });
    },
    posters: (layout, rooms) => {
      const paper = startPaper({ title: 'Áp phích phòng', nowMs: clock.now() });
      return finish(paper, rooms, (room) => {
        paper.addPage(posterSize(layout));
        drawPoster(paper, room, layout);
      });
    },
  };
}

/** Draws one after another and lets others have their turn in between: a thousand codes take a while. */
async function finish<T>(paper: Paper, things: readonly T[], draw: (thing: T, index: number) => void): Promise<Buffer> {
  for (const [index, thing] of things.entries()) {
    draw(thing, index);
    await setImmediate();
  }
  return paper.end();
}
