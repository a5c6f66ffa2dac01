import { ProtocolError } from '../bytes/error.ts';

// Layouts as samsung-mdc 1.18.0 has them: TICKER, CLOCK_S and CLOCK_M.

/** A time of day by the clock of the display. */
export interface DayTime {
  readonly hour: number;
  readonly minute: number;
}

/** The line of text that runs over the picture. */
export interface Ticker {
  readonly isOn: boolean;
  readonly from: DayTime;
  readonly to: DayTime;
  readonly text: string;
}

/** On, two times of three bytes, and ten bytes of looks stand before the text. */
const headBytes = 17;
const maxTextBytes = 255 - headBytes;
/** Middle of the line, bottom of the picture, running to the left at normal speed, standard letters, white on blue, solid. */
const looks = [0x00, 0x02, 1, 0x00, 0x00, 0x00, 0x01, 0x04, 0x05, 0x00] as const;

/** Data of an order to show or to end a ticker. Throws ProtocolError `malformed` for text beyond ASCII, `oversize`. */
export function encodeTicker({ isOn, from, to, text }: Ticker): number[] {
  if (!/^[ -~]*$/.test(text)) throw new ProtocolError('malformed', 'a ticker is printable ASCII');
  if (text.length > maxTextBytes) throw new ProtocolError('oversize', `a ticker has at most ${maxTextBytes} letters`);
  return [isOn ? 1 : 0, ...packTime(from), ...packTime(to), ...looks, ...new TextEncoder().encode(text)];
}

/** Throws ProtocolError `truncated` or `malformed`. */
export function parseTicker(data: Uint8Array): Ticker {
  if (data.length < headBytes) {
    throw new ProtocolError('truncated', `an MDC ticker answer has ${data.length} bytes, not ${headBytes} or more`);
  }
  const [on = 0, fromHour = 0, fromMinute = 0, fromHalf = 0, toHour = 0, toMinute = 0, toHalf = 0] = data;
  if (on > 1) throw new ProtocolError('malformed', `MDC ticker is 0 or 1, not ${on}`);
  return {
    isOn: on === 1,
    from: unpackTime(fromHour, fromMinute, fromHalf),
    to: unpackTime(toHour, toMinute, toHalf),
    text: new TextDecoder().decode(data.subarray(headBytes)).replace(/\0+$/, ''),
  };
}

/**
 * The time of day in the answer to `clock` (with seconds, since 2013) or `clockMinutes`: day, hour, minute, then seconds in
 * the former, month, year, half of the day. Throws ProtocolError `truncated` or `malformed`.
 */
export function parseClock(data: Uint8Array): DayTime {
  const half = data.at(-1);
  const [, hour, minute] = data;
  if ((data.length !== 7 && data.length !== 8) || hour === undefined || minute === undefined || half === undefined) {
    throw new ProtocolError('truncated', `an MDC clock answer has ${data.length} bytes, not 7 or 8`);
  }
  return unpackTime(hour, minute, half);
}

/** Hours 1 to 12, minutes, and 1 before noon, 0 after it. */
function packTime({ hour, minute }: DayTime): readonly number[] {
  return [hour % 12 || 12, minute, hour < 12 ? 1 : 0];
}

function unpackTime(hour: number, minute: number, half: number): DayTime {
  if (hour < 1 || hour > 12 || minute > 59 || half > 1) {
    throw new ProtocolError('malformed', `${hour}:${minute} (${half}) is no time of MDC`);
  }
  return { hour: (hour % 12) + (half === 1 ? 0 : 12), minute };
}
