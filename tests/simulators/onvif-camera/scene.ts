import type { Position } from './camera.ts';
import { type Colour, encodeMosaic } from './jpeg.ts';

export interface SceneInput {
  readonly width: number;
  readonly height: number;
  readonly seed: number;
  readonly position: Position;
  readonly isMoving: boolean;
  readonly isCovered: boolean;
  /** Lines drawn over the picture, upper case letters, digits and `-:.`. */
  readonly caption: readonly string[];
  readonly counter: number;
}

const wall: Colour = [205, 122, 134];
const floor: Colour = [150, 118, 138];
const board: Colour = [88, 124, 112];
const boardEdge: Colour = [120, 108, 150];
const desk: Colour = [128, 100, 158];
const windowPane: Colour = [222, 140, 116];
const ball: Colour = [170, 70, 190];
const cloth: Colour = [38, 128, 128];
const band: Colour = [60, 128, 128];
const ink: Colour = [245, 128, 128];

// 3 by 5 letters, one octal-like row of three bits each.
const glyphs: Readonly<Record<string, string>> = {
  '0': '75557',
  '1': '26227',
  '2': '71747',
  '3': '71717',
  '4': '55711',
  '5': '74717',
  '6': '74757',
  '7': '71111',
  '8': '75757',
  '9': '75717',
  A: '25755',
  B: '65656',
  C: '34443',
  D: '65556',
  E: '74647',
  F: '74644',
  G: '34553',
  H: '55755',
  I: '72227',
  J: '11152',
  K: '55655',
  L: '44447',
  M: '57755',
  N: '65555',
  O: '25552',
  P: '65644',
  Q: '25563',
  R: '65655',
  S: '34216',
  T: '72222',
  U: '55557',
  V: '55522',
  W: '55775',
  X: '55255',
  Y: '55222',
  Z: '71247',
  '-': '00700',
  ':': '02020',
  '.': '00002',
  ' ': '00000',
};

/** A classroom without anybody in it, as a mosaic of 8 by 8 pixel tiles; it follows pan, tilt and zoom. */
export function drawScene(input: SceneInput): Buffer {
  const columns = Math.ceil(input.width / 8);
  const rows = Math.ceil(input.height / 8);
  const scale = 1 / (1 + input.position.zoom * 2);
  const colourAt = (column: number, row: number): Colour => {
    if (isInk(input.caption, column - 2, row - 2)) return ink;
    if (row < input.caption.length * 7 + 2) return band;
    if (input.isCovered) return cloth;
    const x = ((column / columns - 0.5) * scale + 0.5) * 160 + input.position.pan * 60;
    const y = ((row / rows - 0.5) * scale + 0.5) * 90 - input.position.tilt * 30;
    return room(x, y, input);
  };
  return encodeMosaic(columns, rows, colourAt, `Edufleet Sim picture ${input.counter}`);
}

function room(x: number, y: number, { seed, isMoving, counter }: SceneInput): Colour {
  const rolled = (counter * 11) % 120;
  if (isMoving && Math.hypot(x - 20 - rolled, y - 78) < 4) return ball;
  const left = 35 + (seed % 5) * 4;
  if (inside(x, y, left, 14, left + 70, 40)) {
    return inside(x, y, left + 2, 16, left + 68, 38) ? board : boardEdge;
  }
  if (inside(x, y, left + 84, 10, left + 108, 42) && (x + y) % 12 > 1) return windowPane;
  if (y < 52) return wall;
  const isDesk = y > 60 && (x + seed * 7) % 32 < 22 && (y - 60) % 15 < 6;
  return isDesk ? desk : floor;
}

function inside(x: number, y: number, left: number, top: number, right: number, bottom: number): boolean {
  return x >= left && x < right && y >= top && y < bottom;
}

function isInk(lines: readonly string[], column: number, row: number): boolean {
  const character = lines[Math.floor(row / 7)]?.[Math.floor(column / 4)];
  const bits = character === undefined ? undefined : glyphs[character]?.[row % 7];
  if (bits === undefined || column < 0 || row < 0 || column % 4 === 3) return false;
  return (Number(bits) & (4 >> (column % 4))) !== 0;
}
