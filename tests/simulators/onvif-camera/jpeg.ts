/** A colour as YCbCr, 0 to 255 each. */
export type Colour = readonly [number, number, number];

// DC codes of ITU-T T.81 annex K.3.1; the AC table has only "end of block", as no block here has any detail.
const dcLengths = [0, 1, 5, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0];
const dcSymbols = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11];
const dcCodes = [
  '00',
  '010',
  '011',
  '100',
  '101',
  '110',
  '1110',
  '11110',
  '111110',
  '1111110',
  '11111110',
  '111111110',
];

/**
 * Encodes a mosaic as a baseline JPEG (ITU-T T.81): each tile of `colourAt` becomes one 8 by 8 block, so that a picture
 * needs nothing but DC coefficients. `comment` goes into a COM segment.
 */
export function encodeMosaic(
  columns: number,
  rows: number,
  colourAt: (column: number, row: number) => Colour,
  comment: string,
): Buffer {
  const bits: string[] = [];
  const previous: [number, number, number] = [0, 0, 0];
  for (let row = 0; row < rows; row += 1) {
    for (let column = 0; column < columns; column += 1) {
      for (const [component, value] of colourAt(column, row).entries()) {
        const level = Math.max(0, Math.min(255, Math.round(value))) - 128;
        bits.push(codeDifference(level - (previous[component] ?? 0)), '0');
        previous[component] = level;
      }
    }
  }
  return Buffer.concat([
    Buffer.from([0xff, 0xd8]),
    segment(0xe0, Buffer.from('JFIF\0\x01\x01\0\0\x01\0\x01\0\0', 'latin1')),
    segment(0xfe, Buffer.from(comment)),
    // A DC coefficient is 8 times the level, so dividing by 8 makes it the level itself.
    segment(0xdb, Buffer.from([0, ...new Array<number>(64).fill(8)])),
    segment(0xc0, frameHeader(columns * 8, rows * 8)),
    segment(0xc4, Buffer.from([0x00, ...dcLengths, ...dcSymbols])),
    segment(0xc4, Buffer.from([0x10, 1, ...new Array<number>(15).fill(0), 0x00])),
    segment(0xda, Buffer.from([3, 1, 0x00, 2, 0x00, 3, 0x00, 0, 63, 0])),
    packBits(bits.join('')),
    Buffer.from([0xff, 0xd9]),
  ]);
}

function segment(marker: number, content: Buffer): Buffer {
  const head = Buffer.from([0xff, marker, 0, 0]);
  head.writeUInt16BE(content.length + 2, 2);
  return Buffer.concat([head, content]);
}

function frameHeader(width: number, height: number): Buffer {
  const header = Buffer.from([8, 0, 0, 0, 0, 3, 1, 0x11, 0, 2, 0x11, 0, 3, 0x11, 0]);
  header.writeUInt16BE(height, 1);
  header.writeUInt16BE(width, 3);
  return header;
}

function codeDifference(difference: number): string {
  const size = difference === 0 ? 0 : Math.floor(Math.log2(Math.abs(difference))) + 1;
  const value = difference < 0 ? difference + 2 ** size - 1 : difference;
  return (dcCodes[size] ?? '') + (size === 0 ? '' : value.toString(2).padStart(size, '0'));
}

/** Bytes of the entropy-coded segment: padded with ones, and a zero after each 255. */
function packBits(bits: string): Buffer {
  const bytes: number[] = [];
  for (let at = 0; at < bits.length; at += 8) {
    const byte = Number.parseInt(bits.slice(at, at + 8).padEnd(8, '1'), 2);
    bytes.push(byte);
    if (byte === 0xff) bytes.push(0);
  }
  return Buffer.from(bytes);
}
