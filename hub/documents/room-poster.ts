import type { PosterLayout } from '../../protocols/api/posters.ts';
import type { Paper, PaperSize } from './paper.ts';

/** A room whose page people open with their phone. */
export interface RoomToPrint {
  readonly name: string;
  /** The school that it lies in, and the building where there is one. */
  readonly place: readonly string[];
  readonly code?: string;
  /** Address of its page. */
  readonly url: string;
}

const sizes: Readonly<Record<PosterLayout, PaperSize>> = { a4: [210, 297], a5: [148, 210] };

export function posterSize(layout: PosterLayout): PaperSize {
  return sizes[layout];
}

/** Draws a room on a page of its own. All is in parts of the width: A5 is A4, smaller. */
export function drawPoster(paper: Paper, room: RoomToPrint, layout: PosterLayout): void {
  const [width] = sizes[layout];
  const part = (mmOnA4: number) => (mmOnA4 * width) / 210;
  const points = (most: number, least: number) => ({ most: part(most), least: part(least) });
  const box = { x: part(15), width: width - part(30), align: 'center' as const };
  const side = part(130);
  let y = part(16);
  y += paper.text(room.place.join(' · '), { ...box, y, height: part(16), weight: 'semibold', points: points(20, 11) });
  y += part(3);
  paper.text(room.name, { ...box, y, height: part(44), weight: 'bold', points: points(60, 16) });
  paper.code(room.url, { x: (width - side) / 2, y: part(86), side });
  paper.text('Quét mã để xem thiết bị và báo hỏng', {
    ...box,
    y: part(226),
    height: part(14),
    weight: 'bold',
    points: points(26, 14),
  });
  paper.text('Mở máy ảnh của điện thoại, đưa vào mã, rồi đăng nhập.', {
    ...box,
    y: part(242),
    height: part(8),
    points: points(14, 9),
  });
  if (room.code !== undefined)
    paper.text(`Mã phòng: ${room.code}`, {
      ...box,
      y: part(256),
      height: part(9),
      weight: 'semibold',
      points: points(16, 9),
    });
  paper.text(room.url, {
    ...box,
    y: part(272),
    height: part(12),
    colour: '#555555',
    points: points(11, 6),
  });
}
