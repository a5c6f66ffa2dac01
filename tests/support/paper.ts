import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { inflateSync } from 'node:zlib';

const run = promisify(execFile);

/** Poppler (`pdftotext`, `pdfinfo`, `pdffonts`, `pdftoppm`) and ZBar (`zbarimg`): independent readers of what we print. */
export const hasPaperReaders = ['pdftotext', 'pdfinfo', 'pdffonts', 'pdftoppm', 'zbarimg'].every((name) =>
  existsSync(`/usr/bin/${name}`),
);

interface ReadPaper {
  /** Text of each page, in the order in which it was drawn. */
  readonly pages: readonly string[];
  /** Width and height of each page, millimetres. */
  readonly sizes: readonly (readonly [number, number])[];
  /** What the QR codes of each page say, sorted. */
  readonly codes: readonly (readonly string[])[];
  readonly fonts: string;
}

/** Reads a PDF back by programs that share nothing with its maker; QR codes from the drawn page at this resolution. */
export async function readPaper(pdf: Buffer, dotsPerInch = 203): Promise<ReadPaper> {
  const folder = await mkdtemp(join(tmpdir(), 'paper-'));
  try {
    const file = join(folder, 'paper.pdf');
    await writeFile(file, pdf);
    const { stdout: text } = await run('/usr/bin/pdftotext', ['-raw', file, '-']);
    const { stdout: info } = await run('/usr/bin/pdfinfo', ['-f', '1', '-l', '9999', file]);
    const { stdout: fonts } = await run('/usr/bin/pdffonts', [file]);
    await run('/usr/bin/pdftoppm', ['-r', String(dotsPerInch), '-gray', '-png', file, join(folder, 'page')]);
    const pictures = (await readdir(folder)).filter((name) => name.endsWith('.png')).sort();
    const codes: string[][] = [];
    for (const picture of pictures) codes.push(await readCodes(join(folder, picture)));
    const sizes = [...info.matchAll(/Page +\d+ size: +([\d.]+) x ([\d.]+) pts/g)].map(
      ([, width, height]) => [millimetres(width), millimetres(height)] as const,
    );
    return { pages: text.split('\f').slice(0, -1), sizes, codes, fonts };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function readCodes(picture: string): Promise<string[]> {
  const { stdout } = await run('/usr/bin/zbarimg', [
    '--quiet',
    '--nodbus',
    '--raw',
    '-Sdisable',
    '-Sqrcode.enable',
    picture,
  ]);
  return stdout.trim().split('\n').sort();
}

function millimetres(points: string | undefined): number {
  return Math.round((Number(points) / 72) * 25.4 * 10) / 10;
}

/** Glyphs that the pages draw, by their number in the embedded font; 0 is the box of a letter that the font lacks. */
export function drawnGlyphs(pdf: Buffer): readonly number[] {
  const glyphs: number[] = [];
  for (const stream of streamsOf(pdf))
    for (const [, shown = ''] of stream.matchAll(/\[([^\]]*)\] TJ/g))
      for (const [, hex = ''] of shown.matchAll(/<([0-9a-f]+)>/g))
        for (const code of hex.match(/.{4}/g) ?? []) glyphs.push(Number.parseInt(code, 16));
  return glyphs;
}

function* streamsOf(pdf: Buffer): Generator<string> {
  for (let at = pdf.indexOf('stream\n'); at >= 0; at = pdf.indexOf('stream\n', at)) {
    const end = pdf.indexOf('endstream', at);
    try {
      yield inflateSync(pdf.subarray(at + 'stream\n'.length, end)).toString('latin1');
    } catch {
      // No deflated stream.
    }
    at = end + 'endstream'.length;
  }
}
