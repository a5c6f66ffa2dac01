import type { Board, BoardWire } from './state.ts';

const inputs: Readonly<Record<string, string>> = { hdmi1: '04', hdmi2: '14', dp: '09', ops: '07' };

/** The panels with a nine-byte ASCII frame; `maker` is what differs between them. */
export function ifpWire(maker: 'viewsonic' | 'benq'): BoardWire {
  return {
    cut: (bytes) => {
      const length = (bytes[0] ?? 0) - 0x30 + 1;
      return bytes.length < 1 || bytes.length < length || length < 5
        ? undefined
        : { request: bytes.subarray(0, length), rest: bytes.subarray(length) };
    },
    answer: (request, board, isBusy) => {
      const text = request.toString('latin1');
      const id = String(board.id).padStart(2, '0');
      const [, asked, type, command = '', value = ''] = /^.(\d\d)([sg])(.)([^\r]+)\r$/s.exec(text) ?? [];
      if (asked !== id && asked !== '99') return [];
      const answers = String(board.answerId).padStart(2, '0');
      const frame = (kind: string, more: string) => {
        const body = `${answers}${kind}${more}`;
        return Buffer.from(`${String.fromCharCode(0x30 + body.length + 1)}${body}\r`, 'latin1');
      };
      const isRefused = isBusy || board.state.lacks.has(command);
      if (type === 's') return [frame(!isRefused && setValue(command, value, board, maker) ? '+' : '-', '')];
      const values = isRefused ? undefined : getValues(command, value, board, maker);
      return values ? values.map((one) => frame('r', `${command}${one}`)) : [frame('-', '')];
    },
  };
}

function setValue(command: string, value: string, board: Board, maker: 'viewsonic' | 'benq'): boolean {
  const { state } = board;
  if (board.power === 'off' && command !== '!') return false;
  const isSwitch = value === '000' || value === '001';
  const write = (isKnown: boolean, change: () => void): boolean => {
    if (isKnown && !state.ignores.has(command)) change();
    return isKnown;
  };
  switch (`${command}${maker === 'viewsonic' && '"8B'.includes(command) ? 'v' : ''}`) {
    case '!':
      return write(isSwitch, () => board.switchTo(value === '001' ? 'on' : 'off'));
    case '5':
      return write(Number(value) <= 100, () => {
        state.volume = Number(value);
      });
    case '6':
      return write(isSwitch, () => {
        state.muted = value === '001';
      });
    case '"v': {
      const named = Object.entries(inputs).find(([, code]) => `0${code}` === value)?.[0];
      return write(named !== undefined, () => {
        state.input = named ?? '';
      });
    }
    case '8v':
      return write(isSwitch, () => {
        state.panelLocked = value === '001';
      });
    case 'Bv':
      return write(isSwitch, () => {
        state.remoteLocked = value === '000';
      });
    default:
      return false;
  }
}

function getValues(command: string, value: string, board: Board, maker: 'viewsonic' | 'benq'): string[] | undefined {
  const { state } = board;
  const flag = (on: boolean) => [on ? '001' : '000'];
  if (command === 'l') return flag(board.power === 'on');
  if (maker === 'benq' && command === ' ') return model(value, board);
  if (board.power === 'off') return undefined;
  if (command === 'f') return [String(state.volume).padStart(3, '0')];
  if (command === 'g') return flag(state.muted);
  if (maker === 'benq') return command === '"' ? flag(state.signal) : undefined;
  switch (command) {
    case 'j':
      return [`${Number(state.signal)}${inputs[state.input]}`];
    case 'n':
      return flag(!state.remoteLocked);
    case 'p':
      return flag(state.panelLocked);
    case '0':
      return [
        state.celsius < 0 ? `-${String(-state.celsius).padStart(2, '0')}` : String(state.celsius).padStart(3, '0'),
      ];
    case '1':
      // Accumulated hours, eight digits in four answers.
      return (String(state.hours).padStart(8, '0').match(/../g) ?? [])
        .map((two) => `0${two}`)
        .slice(0, state.ignores.has(command) ? 1 : 4);
    default:
      return undefined;
  }
}

function model(question: string, { state }: Board): string[] | undefined {
  const texts: Readonly<Record<number, string>> = { 2: state.model, 4: state.firmware, 6: state.serial };
  const text = texts[question.charCodeAt(0)];
  return text === undefined ? undefined : [`${question[0]}${text.padEnd(14, '\0')}`];
}
