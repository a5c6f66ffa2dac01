import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import PDFDocument from 'pdfkit';
import { encodeQR } from 'qr';
import { FatalError, toError } from '../../protocols/errors.ts';

/** Width and height, millimetres. */
export type PaperSize = readonly [widthMm: number, heightMm: number];

export type Weight = 'regular' | 'semibold' | 'bold';

/** Where a text goes and how large it may be: millimetres from the top left corner, and points (1/72 inch). */
export interface TextBox {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  readonly weight?: Weight;
  readonly align?: 'left' | 'center' | 'right';
  readonly colour?: string;
  /** It is drawn as large as it fits; what does not fit at `least` ends in an ellipsis. */
  readonly points: { readonly most: number; readonly least: number };
}

/** One document as it is drawn. */
export interface Paper {
  addPage(size: PaperSize): void;
  /** Draws a text in a box. Returns the height that it takes, millimetres. */
  text(text: string, box: TextBox): number;
  /** A QR code (ISO/IEC 18004) of this side, millimetres, without its quiet zone. Throws FatalError `text-too-long`. */
  code(text: string, place: { readonly x: number; readonly y: number; readonly side: number }): void;
  line(from: readonly [x: number, y: number], to: readonly [x: number, y: number], dashed?: boolean): void;
  /** Ends the document; nothing can be drawn after that. */
  end(): Promise<Buffer>;
}

const pointsPerMm = 72 / 25.4;
const ink = '#111111';

/** The whole font of the pages (SIL Open Font License 1.1): the pages' own copy is cut into pieces that no PDF can take. */
const fontFiles = {
  regular: () => import.meta.resolve('@expo-google-fonts/be-vietnam-pro/400Regular/BeVietnamPro_400Regular.ttf'),
  semibold: () => import.meta.resolve('@expo-google-fonts/be-vietnam-pro/600SemiBold/BeVietnamPro_600SemiBold.ttf'),
  bold: () => import.meta.resolve('@expo-google-fonts/be-vietnam-pro/700Bold/BeVietnamPro_700Bold.ttf'),
} as const satisfies Record<Weight, () => string>;
const weights: readonly Weight[] = ['regular', 'semibold', 'bold'];
let fonts: Readonly<Record<Weight, Buffer>> | undefined;

function readFonts(): Readonly<Record<Weight, Buffer>> {
  const read = (weight: Weight) => readFileSync(fileURLToPath(fontFiles[weight]()));
  fonts ??= { regular: read('regular'), semibold: read('semibold'), bold: read('bold') };
  return fonts;
}

/** What all three weights of the font draw; a test draws every one of these. */
const drawn =
  /[^\u0020-\u007e\u00a0-\u0107\u010a-\u0113\u0116-\u011b\u011e-\u0121\u0126-\u012b\u012e-\u0131\u0139-\u013a\u013d-\u013e\u0141-\u0144\u0147-\u0148\u014c-\u014d\u0150-\u0155\u0158-\u015b\u015e-\u016b\u016e-\u017e\u01a0-\u01a1\u01af-\u01b0\u1ea0-\u1ef9\u2013-\u2014\u2018-\u201a\u201c-\u201e\u2020-\u2022\u2026\u2030\u20ab-\u20ac\u2122\u2212\u2260\u2264-\u2265]/gu;

/** The text as the font can draw it: composed letters, and a mark in place of what it lacks rather than an empty box. */
function drawable(text: string): string {
  return text
    .normalize('NFC')
    .replace(/[\s\p{Cc}]+/gu, ' ')
    .replace(/\p{Cf}/gu, '')
    .replace(drawn, '?')
    .trim();
}

/** Begins a document whose pages have no margin: everything is placed by its corner. */
export function startPaper({ title, nowMs }: { readonly title: string; readonly nowMs: number }): Paper {
  const pdf = new PDFDocument({
    autoFirstPage: false,
    margin: 0,
    lang: 'vi-VN',
    displayTitle: true,
    info: { Title: title, Creator: 'Edufleet', CreationDate: new Date(nowMs) },
  });
  const whole = readFonts();
  for (const weight of weights) pdf.registerFont(weight, whole[weight]);
  const done = collect(pdf);
  // The same school stands on every voucher of a delivery: it is measured once.
  const sizes = new Map<string, number>();
  return {
    addPage: ([width, height]) => {
      pdf.addPage({ size: [width * pointsPerMm, height * pointsPerMm], margin: 0 });
    },
    text: (text, box) => drawText(pdf, sizes, drawable(text), box),
    code: (text, place) => drawCode(pdf, text, place),
    line: ([x1, y1], [x2, y2], dashed = false) => {
      pdf.save().lineWidth(0.5).strokeColor('#888888');
      if (dashed) pdf.dash(3, { space: 3 });
      pdf
        .moveTo(x1 * pointsPerMm, y1 * pointsPerMm)
        .lineTo(x2 * pointsPerMm, y2 * pointsPerMm)
        .stroke()
        .restore();
    },
    end: () => {
      pdf.end();
      return done;
    },
  };
}

async function collect(pdf: PDFKit.PDFDocument): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of pdf as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks);
}

function drawText(pdf: PDFKit.PDFDocument, sizes: Map<string, number>, text: string, box: TextBox): number {
  const { most, least } = box.points;
  const weight = box.weight ?? 'regular';
  const width = box.width * pointsPerMm;
  const height = box.height * pointsPerMm;
  const options = { width, align: box.align ?? 'left', lineGap: 0 } as const;
  pdf.font(weight).fillColor(box.colour ?? ink);
  const key = [weight, width, height, most, least, text].join(' ');
  let size = sizes.get(key) ?? most;
  // Words are not cut to be larger: the longest of them has to fit a line as well.
  while (!sizes.has(key) && size > least && !fits(pdf.fontSize(size), text, width, height))
    size = Math.max(least, size - 0.25);
  sizes.set(key, size);
  pdf.fontSize(size);
  const taken = Math.min(height, pdf.heightOfString(text, options));
  pdf.text(text, box.x * pointsPerMm, box.y * pointsPerMm, { ...options, height: height + 0.1, ellipsis: '…' });
  return taken / pointsPerMm;
}

function fits(pdf: PDFKit.PDFDocument, text: string, width: number, height: number): boolean {
  const longest = Math.max(...text.split(' ').map((word) => pdf.widthOfString(word)));
  return longest <= width && pdf.heightOfString(text, { width, lineGap: 0 }) <= height;
}

function drawCode(
  pdf: PDFKit.PDFDocument,
  text: string,
  { x, y, side }: { readonly x: number; readonly y: number; readonly side: number },
): void {
  const rows = modulesOf(text);
  const unit = (side * pointsPerMm) / rows.length;
  for (const [row, modules] of rows.entries())
    for (const [start, end] of runs(modules))
      pdf.rect(x * pointsPerMm + start * unit, y * pointsPerMm + row * unit, (end - start) * unit, unit);
  // One fill for all of them: no hairlines appear between neighbours.
  pdf.fillColor('#000000').fill();
}

function modulesOf(text: string): boolean[][] {
  const ecc = text.length > 300 ? 'low' : 'medium';
  try {
    // The package always adds a border; the quiet zone here is the paper around.
    return encodeQR(text, 'raw', { ecc, border: 1 })
      .slice(1, -1)
      .map((row) => row.slice(1, -1));
  } catch (thrown) {
    throw new FatalError('text-too-long', `no QR code holds ${text.length} characters`, { cause: toError(thrown) });
  }
}

/** Where dark modules begin and end in a row. */
function runs(modules: readonly boolean[]): readonly (readonly [number, number])[] {
  const found: [number, number][] = [];
  for (const [index, isDark] of modules.entries()) {
    if (!isDark) continue;
    const last = found.at(-1);
    if (last && last[1] === index) last[1] = index + 1;
    else found.push([index, index + 1]);
  }
  return found;
}
