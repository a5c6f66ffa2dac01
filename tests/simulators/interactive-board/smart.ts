import type { Board, BoardWire } from './state.ts';

const inputs: Readonly<Record<string, string>> = { hdmi1: 'hdmi1', hdmi2: 'hdmi2', dp: 'usbc1', ops: 'ops1' };

/** SMART Board RS-232 behind a raw serial server. */
export const smartWire: BoardWire = {
  // After power-up the port says other things first [kb/171555, page 108].
  greeting: Buffer.from('\0U-Boot\r\n'),
  cut: (bytes) => {
    const end = bytes.indexOf(0x0d);
    return end < 0 ? undefined : { request: bytes.subarray(0, end), rest: bytes.subarray(end + 1) };
  },
  answer: (request, board, isBusy) => {
    const line = request.toString('latin1').trim();
    if (line === '') return [Buffer.from('\r\n>')];
    const [, verb = '', name = '', value = ''] = /^(get|set)\s+([a-z]+)\s*=?\s*(.*)$/i.exec(line) ?? [];
    const isRefused = isBusy || board.state.lacks.has(name) || (board.power === 'off' && name !== 'powerstate');
    const answer = isRefused ? undefined : obey(verb.toLowerCase(), name.toLowerCase(), value.toLowerCase(), board);
    return [Buffer.from(answer === undefined ? `\r\ninvalid cmd: ${line}\r\n>` : `\r\n${name}=${answer}\r\n>`)];
  },
};

function obey(verb: string, name: string, value: string, board: Board): string | undefined {
  const { state } = board;
  const isOrder = verb === 'set';
  const flag = (read: () => boolean, write: (on: boolean) => void): string | undefined => {
    if (isOrder && value !== 'on' && value !== 'off') return undefined;
    if (isOrder && !state.ignores.has(name)) write(value === 'on');
    return isOrder ? value : read() ? 'on' : 'off';
  };
  switch (name) {
    case 'powerstate': {
      if (isOrder && !['on', 'ready', 'standby', 'powersave'].includes(value)) return undefined;
      const now = board.power === 'on' ? 'on' : 'standby';
      if (board.isUpdating) return `update${now === 'on' ? 'on' : 'ready'}`;
      if (isOrder && !state.ignores.has(name)) board.switchTo(value === 'on' ? 'on' : 'off');
      return isOrder ? value : now;
    }
    case 'input': {
      if (!isOrder) return inputs[state.input] ?? 'none';
      const named = Object.entries(inputs).find(([, word]) => word === value)?.[0];
      if (named !== undefined && !state.ignores.has(name)) state.input = named;
      return named === undefined ? undefined : value;
    }
    case 'volume':
      if (isOrder && !(/^\d+$/.test(value) && Number(value) <= 100)) return undefined;
      if (isOrder && !state.ignores.has(name)) state.volume = Number(value);
      return isOrder ? value : String(state.volume);
    case 'mute':
      return flag(
        () => state.muted,
        (on) => {
          state.muted = on;
        },
      );
    case 'videofreeze':
      return flag(
        () => state.frozen,
        (on) => {
          state.frozen = on;
        },
      );
    case 'screenshade':
      return flag(
        () => state.blanked,
        (on) => {
          state.blanked = on;
        },
      );
    default:
      return isOrder ? undefined : facts(board)[name];
  }
}

function facts({ state }: Board): Readonly<Record<string, string>> {
  return { serialnum: state.serial, modelnum: state.model, partnum: state.hardware, fwversion: state.firmware };
}
