import { createLgFramer, decodeLg, encodeLg, lgPort, parseHex } from '../../../../protocols/lg/line.ts';
import type { Channel } from '../channel.ts';
import type { Orders, PanelWire, Question, Readings } from '../panel-wire.ts';
import { createInputTable, hexByte } from './input-table.ts';
import { refused, wrongId } from './refusal.ts';
import type { WireOptions } from './wire-options.ts';

/** The second code is the same socket in PC mode. */
const table = createInputTable(
  [
    { id: 'hdmi1', label: 'HDMI 1', codes: ['90', 'a0'] },
    { id: 'hdmi2', label: 'HDMI 2', codes: ['91', 'a1'] },
    { id: 'dp1', label: 'DisplayPort', codes: ['c0', 'd0'] },
    { id: 'ops', label: 'OPS', codes: ['98', 'a8'] },
    { id: 'vga', label: 'VGA', codes: ['60'] },
    { id: 'webos', label: 'webOS', codes: ['e0'] },
  ],
  hexByte,
);

/** LG signage and boards over LAN or a serial server. */
export function lg({ settings }: WireOptions): PanelWire {
  const { displayId: setId, lgIdDigits: idDigits } = settings;
  const exchange = (channel: Channel, command: string, ...data: string[]) =>
    channel.ask(encodeLg({ command, setId, idDigits, data }), (frame) => {
      const reply = decodeLg(frame);
      if (reply.command !== command[1]) return undefined;
      if (reply.setId !== setId) throw wrongId(reply.setId, setId);
      if (!reply.accepted) throw refused(`LG command ${command}`);
      return reply.data;
    });
  const question = (
    rank: Question['rank'],
    command: string,
    gives: Question['gives'],
    read: (data: string) => Partial<Readings>,
  ): Question => ({
    gives,
    rank,
    inStandby: rank === 'power',
    ask: async (channel) => read(await exchange(channel, command, 'ff')),
  });
  const questions: Question[] = [
    question('power', 'ka', ['power'], (data) => ({ power: parseHex(data) === 1 ? 'on' : 'off' })),
    question('status', 'xb', ['input'], (data) => ({ input: table.idOf(data) })),
    question('status', 'kf', ['volume'], (data) => ({ volume: Math.min(100, parseHex(data)) })),
    // 00 is muted, 01 sounds.
    question('status', 'ke', ['muted'], (data) => ({ muted: parseHex(data) === 0 })),
    question('status', 'kd', ['blanked'], (data) => ({ blanked: parseHex(data) !== 0 })),
    question('status', 'km', ['keysLocked'], (data) => ({ keysLocked: parseHex(data) === 1 })),
    // 00 free, 01 all but power, 02 all.
    question('status', 'to', ['panelLocked'], (data) => ({ panelLocked: parseHex(data) !== 0 })),
    question('status', 'dn', ['celsius'], (data) => ({ celsius: parseHex(data) })),
    question('status', 'dp', ['faults'], lampReadings),
    {
      gives: ['signal'],
      rank: 'status',
      inStandby: false,
      ask: async (channel) => ({ signal: parseHex((await exchange(channel, 'sv', '02', 'ff')).slice(-2)) === 1 }),
    },
    question('wear', 'dl', ['hours'], (data) => ({ hours: parseHex(data) })),
    question('facts', 'fy', ['serial'], (data) => ({ serial: data })),
    question('facts', 'fz', ['firmware'], (data) => ({ firmware: data })),
  ];
  const order = async (channel: Channel, command: string, data: string) =>
    void (await exchange(channel, command, data));
  const orders: Orders = {
    power: (channel, power) => order(channel, 'ka', power === 'on' ? '01' : '00'),
    input: (channel, input) => order(channel, 'xb', table.codeOf(input)),
    volume: (channel, level) => order(channel, 'kf', Math.round(level).toString(16).padStart(2, '0')),
    muted: (channel, muted) => order(channel, 'ke', muted ? '00' : '01'),
    blanked: (channel, blanked) => order(channel, 'kd', blanked ? '01' : '00'),
    keysLocked: (channel, locked) => order(channel, 'km', locked ? '01' : '00'),
    panelLocked: (channel, locked) => order(channel, 'to', locked ? '02' : '00'),
  };
  return {
    vendor: 'LG',
    port: lgPort,
    paceMs: 150,
    answerTimeoutMs: 3_000,
    inputs: table.inputs,
    questions,
    orders,
    createFramer: createLgFramer,
  };
}

/** 0 fault, 1 sound, 2 cannot say while it is off [LG M4225C owner's manual, 32. Lamp fault check]. */
function lampReadings(data: string): Partial<Readings> {
  const value = parseHex(data);
  if (value > 1) return {};
  return { faults: value === 0 ? [{ part: 'backlight', level: 'error' }] : [] };
}
