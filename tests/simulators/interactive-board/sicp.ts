import type { Board, BoardWire } from './state.ts';

/** Philips SICP V2.03 from the side of the panel; it answers in group 1, as real ones do. */
export const sicpWire: BoardWire = {
  cut: (bytes) => {
    const [size = 0] = bytes;
    if (bytes.length < 1 || bytes.length < size || size < 5) return undefined;
    return { request: bytes.subarray(0, size), rest: bytes.subarray(size) };
  },
  answer: (request, board, isBusy) => {
    const [, monitor] = request;
    const body = (data: readonly number[]) => {
      const bytes = [data.length + 4, board.answerId, 1, ...data];
      return Buffer.from([...bytes, xor(bytes)]);
    };
    if (xor([...request.subarray(0, -1)]) !== request.at(-1)) return [body([0, 0x15])];
    if (monitor !== 0 && monitor !== board.id) return [];
    const answer = obey([...request.subarray(3, -1)], board, isBusy, sicpOnly);
    if (monitor === 0) return [];
    return [body(answer === 'done' ? [0, 0x06] : answer === 'unavailable' ? [0, 0x18] : answer)];
  },
};

/** iiyama: the same commands in another frame, fewer of them. */
export const iiyamaWire: BoardWire = {
  cut: (bytes) => {
    const length = bytes[5];
    if (length === undefined || bytes.length < 6 + length) return undefined;
    return { request: bytes.subarray(0, 6 + length), rest: bytes.subarray(6 + length) };
  },
  answer: (request, board, isBusy) => {
    const body = (data: readonly number[]) => {
      const bytes = [0x21, board.answerId, 0, 0, data.length + 2, 1, ...data];
      return Buffer.from([...bytes, xor(bytes)]);
    };
    if (request[0] !== 0xa6 || request[6] !== 1 || xor([...request.subarray(0, -1)]) !== request.at(-1))
      return [body([0, 4])];
    if (request[1] !== board.id) return [];
    const answer = obey([...request.subarray(7, -1)], board, isBusy, new Set());
    return [body(answer === 'done' ? [0, 0] : answer === 'unavailable' ? [0, 3] : answer)];
  },
};

const sources: Readonly<Record<string, number>> = { hdmi1: 0x0d, hdmi2: 0x06, dp: 0x0a, ops: 0x0b };
/** Commands that Philips has and iiyama's list does not. */
const sicpOnly: ReadonlySet<number> = new Set([0x2f, 0x46, 0x47, 0x59, 0x71, 0x72, 0xa1]);

function obey(
  data: readonly number[],
  board: Board,
  isBusy: boolean,
  extra: ReadonlySet<number>,
): readonly number[] | 'done' | 'unavailable' {
  const { state } = board;
  const [command = 0, value = 0] = data;
  const word = command.toString(16).padStart(2, '0');
  if (isBusy || state.lacks.has(word)) return 'unavailable';
  if (!extra.has(command) && [...sicpOnly].includes(command)) return 'unavailable';
  // In standby it says its power and who it is.
  if (board.power === 'off' && ![0x18, 0x19, 0x15, 0xa1, 0xa2].includes(command)) return 'unavailable';
  const set = (write: () => void): 'done' => {
    if (!state.ignores.has(word)) write();
    return 'done';
  };
  const text = (words: string) => [command, ...Buffer.from(words)];
  switch (command) {
    case 0x0f:
      return value === 2 ? [command, state.hours >> 8, state.hours & 0xff] : 'unavailable';
    case 0x15:
      return text(state.serial);
    case 0x18:
      return value === 1 || value === 2 ? set(() => board.switchTo(value === 2 ? 'on' : 'off')) : 'unavailable';
    case 0x19:
      return [command, board.power === 'on' ? 2 : 1];
    case 0x2f:
      return [command, state.celsius, state.celsius - 2];
    case 0x44:
      return value <= 100
        ? set(() => {
            state.volume = value;
          })
        : 'unavailable';
    case 0x45:
      return [command, state.volume, state.volume];
    case 0x46:
      return [command, Number(state.muted)];
    case 0x47:
      return set(() => {
        state.muted = value === 1;
      });
    case 0x59:
      return [command, Number(state.signal)];
    case 0x71:
      return [command, Number(state.blanked)];
    case 0x72:
      return set(() => {
        state.blanked = value === 1;
      });
    case 0xa1:
      return value === 0 ? text(state.model) : value === 1 ? text(state.firmware) : 'unavailable';
    case 0xa2:
      return value === 0 ? text('2.03') : value === 1 ? text(state.hardware) : text(state.firmware);
    case 0xac: {
      const named = Object.entries(sources).find(([, code]) => code === value)?.[0];
      return named === undefined
        ? 'unavailable'
        : set(() => {
            state.input = named;
          });
    }
    case 0xad:
      return [command, sources[state.input] ?? 0, 0, 1, 0];
    default:
      return 'unavailable';
  }
}

function xor(bytes: readonly number[]): number {
  return bytes.reduce((total, byte) => total ^ byte, 0);
}
