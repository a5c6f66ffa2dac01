import type { Board, BoardWire } from './state.ts';

const inputs: Readonly<Record<string, string>> = { hdmi1: '90', hdmi2: '91', dp: 'c0', ops: '98' };

/** LG's external control from the side of the display. */
export const lgWire: BoardWire = {
  cut: (bytes) => {
    const end = bytes.indexOf(0x0d);
    return end < 0 ? undefined : { request: bytes.subarray(0, end), rest: bytes.subarray(end + 1) };
  },
  answer: (request, board, isBusy) => {
    const [, command = '', set = '', text = ''] =
      /^([a-z]{2}) ([0-9a-fA-F]{2,3}) (.+)$/.exec(request.toString('latin1')) ?? [];
    if (command === '' || Number.parseInt(set, 16) !== board.id) return [];
    const data = text.toLowerCase().split(' ');
    const isRefused = isBusy || board.state.lacks.has(command) || (board.power === 'off' && command !== 'ka');
    const value = isRefused ? undefined : obey(command, data, board);
    const verdict = value === undefined ? `NG${data[0]}` : `OK${value}`;
    return [Buffer.from(`${command[1]} ${board.answerId.toString(16).padStart(2, '0')} ${verdict}x`)];
  },
};

function obey(command: string, data: readonly string[], board: Board): string | undefined {
  const { state } = board;
  const [first = ''] = data;
  const isQuestion = first === 'ff';
  const number = Number.parseInt(first, 16);
  const hex = (value: number) => value.toString(16).padStart(2, '0');
  const field = (read: () => number, write: (value: number) => void, most = 1): string | undefined => {
    if (isQuestion) return hex(read());
    if (!(number <= most)) return undefined;
    if (!state.ignores.has(command)) write(number);
    return first;
  };
  switch (command) {
    case 'ka':
      return field(
        () => Number(board.power === 'on'),
        (value) => board.switchTo(value === 1 ? 'on' : 'off'),
      );
    case 'xb': {
      if (isQuestion) return inputs[state.input];
      const named = Object.entries(inputs).find(([, code]) => code === first)?.[0];
      if (named !== undefined && !state.ignores.has(command)) state.input = named;
      return named === undefined ? undefined : first;
    }
    case 'kf':
      return field(
        () => state.volume,
        (value) => {
          state.volume = value;
        },
        100,
      );
    case 'ke':
      return field(
        () => Number(!state.muted),
        (value) => {
          state.muted = value === 0;
        },
      );
    case 'kd':
      return field(
        () => Number(state.blanked),
        (value) => {
          state.blanked = value === 1;
        },
      );
    case 'km':
      return field(
        () => Number(state.keysLocked),
        (value) => {
          state.keysLocked = value === 1;
        },
      );
    case 'to':
      return field(
        () => (state.panelLocked ? 2 : 0),
        (value) => {
          state.panelLocked = value > 0;
        },
        2,
      );
    default:
      return isQuestion || command === 'sv' ? say(command, data, board) : undefined;
  }
}

function say(command: string, data: readonly string[], { state }: Board): string | undefined {
  const texts: Readonly<Record<string, string>> = {
    dl: state.hours.toString(16),
    dn: state.celsius.toString(16),
    dp: state.broken.has('backlight') ? '00' : '01',
    fy: state.serial,
    fz: state.firmware,
    sv: data[0] === '02' ? `02${state.signal ? '01' : '00'}` : 'NG',
  };
  return texts[command];
}
