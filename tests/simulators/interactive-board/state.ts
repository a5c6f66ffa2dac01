/** What a person can see or set at the board, in words that no wire has. */
export interface BoardState {
  /** A source by its plain name: `hdmi1`, `hdmi2`, `ops`, `dp`. */
  input: string;
  signal: boolean;
  volume: number;
  muted: boolean;
  blanked: boolean;
  frozen: boolean;
  panelLocked: boolean;
  remoteLocked: boolean;
  keysLocked: boolean;
  celsius: number;
  hours: number;
  broken: Set<'backlight' | 'fan' | 'temperature' | 'brightness-sensor'>;
  model: string;
  serial: string;
  firmware: string;
  hardware: string;
  name: string;
  /** The line over the picture, and the minutes of the day between which it is shown. */
  ticker: { isOn: boolean; fromMinute: number; toMinute: number; text: string };
  /** Minute of the day by its own clock; undefined where that was never set. */
  clockMinute: number | undefined;
  /** The wire's own words that it acknowledges without doing anything: a command byte in hex, a letter, a name. */
  ignores: Set<string>;
  /** The wire's own words that it refuses as unknown. */
  lacks: Set<string>;
}

export function healthyState(): BoardState {
  return {
    input: 'hdmi1',
    signal: true,
    volume: 30,
    muted: false,
    blanked: false,
    frozen: false,
    panelLocked: false,
    remoteLocked: false,
    keysLocked: false,
    celsius: 41,
    hours: 12_345,
    broken: new Set(),
    model: 'QM75C',
    serial: '0AVHHCPK700123',
    firmware: '1.10',
    hardware: 'T8.0',
    name: 'Lop 7A',
    ticker: { isOn: false, fromMinute: 0, toMinute: 0, text: '' },
    clockMinute: 9 * 60 + 30,
    ignores: new Set(),
    lacks: new Set(),
  };
}

/** The board behind its wire. */
export interface Board {
  readonly state: BoardState;
  /** What the panel says about its power now. */
  readonly power: 'on' | 'off';
  /** The id that it listens to. */
  readonly id: number;
  /** The id that it answers with: another one where displays are chained wrongly. */
  readonly answerId: number;
  switchTo(power: 'on' | 'off'): void;
  reboot(): void;
  /** SMART's firmware update. */
  readonly isUpdating: boolean;
}

/** One wire from the side of the board, written from the documents and without our codecs. */
export interface BoardWire {
  /** What it says as soon as somebody connects. */
  readonly greeting?: Buffer;
  /** Takes the first whole request off the bytes; undefined while there is none. */
  cut(bytes: Buffer): { readonly request: Buffer; readonly rest: Buffer } | undefined;
  /** Frames of the answer; empty for one that is never answered. */
  answer(request: Buffer, board: Board, isBusy: boolean): Buffer[];
}
