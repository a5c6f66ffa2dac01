import type { Board, BoardWire } from './state.ts';

/** Samsung MDC 15.0 from the side of the display. */
export const mdcWire: BoardWire = {
  cut: (bytes) => {
    if (bytes.length < 4) return undefined;
    const length = 5 + (bytes[3] ?? 0);
    return bytes.length < length ? undefined : { request: bytes.subarray(0, length), rest: bytes.subarray(length) };
  },
  answer: (request, board, isBusy) => {
    const [header, command = 0, id, length = 0] = request;
    const sum = [...request.subarray(1, -1)].reduce((total, byte) => total + byte, 0) & 0xff;
    // A display does not answer bytes that it does not understand, nor those for another.
    if (header !== 0xaa || sum !== request.at(-1) || (id !== 0xfe && id !== board.id)) return [];
    const data = request.subarray(4, 4 + length);
    const word = command.toString(16).padStart(2, '0');
    const values =
      isBusy || board.state.lacks.has(word) ? undefined : obey(command, data, board, board.state.ignores.has(word));
    // A broadcast is executed and never answered.
    if (id === 0xfe) return [];
    return [values ? reply(board.answerId, 0x41, command, values) : reply(board.answerId, 0x4e, command, [1])];
  },
};

function reply(id: number, verdict: number, command: number, values: Iterable<number>): Buffer {
  const data = [verdict, command, ...values];
  const body = [0xff, id, data.length, ...data];
  return Buffer.from([0xaa, ...body, body.reduce((total, byte) => total + byte, 0) & 0xff]);
}

const inputs: Readonly<Record<string, number>> = { hdmi1: 0x21, hdmi2: 0x23, dp: 0x25, ops: 0x50 };

/** Hour of twelve, minute, and 1 in the morning, 0 after noon. */
const timeBytes = (minute: number) => [Math.floor(minute / 60) % 12 || 12, minute % 60, Number(minute < 720)];
const minuteOf = ([hour = 0, minute = 0, half = 0]: Buffer) => ((hour % 12) + (half === 1 ? 0 : 12)) * 60 + minute;
/** Looks of a ticker. */
const looks = [0, 2, 1, 0, 0, 0, 1, 4, 5, 0];

function ticker(data: Buffer, { ticker: held }: Board['state'], isIgnored: boolean): Iterable<number> | undefined {
  if (data.length > 0 && data.length < 17) return undefined;
  if (data.length > 0) {
    if (isIgnored) return data;
    held.isOn = data[0] === 1;
    held.fromMinute = minuteOf(data.subarray(1, 4));
    held.toMinute = minuteOf(data.subarray(4, 7));
    held.text = data.subarray(17).toString();
  }
  const { isOn, fromMinute, toMinute, text } = held;
  return [Number(isOn), ...timeBytes(fromMinute), ...timeBytes(toMinute), ...looks, ...Buffer.from(text)];
}

/** 24 November 2026. */
function clock(minute: number | undefined, hasSeconds: boolean): number[] {
  if (minute === undefined) return hasSeconds ? [0, 0, 0, 0, 0, 0, 0, 0] : [0, 0, 0, 0, 0, 0, 0];
  const [hour = 0, minutes = 0, half = 0] = timeBytes(minute);
  return [24, hour, minutes, ...(hasSeconds ? [15] : []), 11, 0x07, 0xea, half];
}

/** The values of the answer; undefined for a refusal. */
function obey(command: number, data: Buffer, board: Board, isIgnored: boolean): Iterable<number> | undefined {
  const { state } = board;
  const value = data[0];
  const isOrder = data.length > 0;
  // Most orders are refused in standby; power, remote control and locks are not.
  if (board.power === 'off' && isOrder && ![0x11, 0x36, 0x77].includes(command)) return undefined;
  const flag = (read: () => boolean, write: (on: boolean) => void): number[] | undefined => {
    if (value !== undefined && value > 1) return undefined;
    if (value !== undefined && !isIgnored) write(value === 1);
    return [value ?? Number(read())];
  };
  switch (command) {
    case 0x00:
      return [Number(board.power === 'on'), state.volume, Number(state.muted), inputs[state.input] ?? 0, 0x10, 0, 0];
    case 0x0b:
      return Buffer.from(state.serial);
    case 0x0d:
      return [
        Number(state.broken.has('backlight')),
        Number(state.broken.has('temperature')),
        state.broken.has('brightness-sensor') ? 1 : 2,
        Number(!state.signal),
        state.celsius,
        Number(state.broken.has('fan')),
      ];
    case 0x0e:
      return Buffer.from(`${state.firmware}\0\0`);
    case 0x11:
      if (value === 2) {
        if (!isIgnored) board.reboot();
        return [2];
      }
      return flag(
        () => board.power === 'on',
        (on) => board.switchTo(on ? 'on' : 'off'),
      );
    case 0x12:
      if (value === undefined) return [state.volume];
      if (value > 100) return undefined;
      if (!isIgnored) state.volume = value;
      return [value];
    case 0x13:
      return flag(
        () => state.muted,
        (on) => {
          state.muted = on;
        },
      );
    case 0x14: {
      if (value === undefined) return [inputs[state.input] ?? 0];
      const named = Object.entries(inputs).find(([, code]) => code === value)?.[0];
      if (named === undefined) return undefined;
      if (!isIgnored) state.input = named;
      return [value];
    }
    case 0x36:
      return flag(
        () => !state.remoteLocked,
        (on) => {
          state.remoteLocked = !on;
        },
      );
    case 0x5f:
      return flag(
        () => state.panelLocked,
        (on) => {
          state.panelLocked = on;
        },
      );
    case 0x63:
      return ticker(data, state, isIgnored);
    case 0x67:
      return Buffer.from(state.name);
    case 0x77:
      return flag(
        () => state.keysLocked,
        (on) => {
          state.keysLocked = on;
        },
      );
    case 0x83: {
      const tens = state.hours * 6;
      return [(tens >> 16) & 0xff, (tens >> 8) & 0xff, tens & 0xff];
    }
    case 0x8a:
      return Buffer.from(state.model);
    case 0xa7:
      return clock(state.clockMinute, false);
    case 0xc5:
      return clock(state.clockMinute, true);
    case 0xf9:
      return flag(
        () => state.blanked,
        (on) => {
          state.blanked = on;
        },
      );
    default:
      return undefined;
  }
}
