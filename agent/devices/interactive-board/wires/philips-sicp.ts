import type { Framer } from '../../../../protocols/bytes/framer.ts';
import type { PanelReply, PanelRequest } from '../../../../protocols/sicp/panel-message.ts';
import { createSicpFramer, decodeSicp, encodeSicp, sicpPort } from '../../../../protocols/sicp/sicp-frame.ts';
import {
  sicpCommands as commands,
  operatingHours,
  parseFlag,
  parseHours,
  parsePower,
  parseSource,
  parseTemperature,
  parseText,
  parseVolume,
  sicpParts,
} from '../../../../protocols/sicp/values.ts';
import { DeviceError } from '../../error.ts';
import type { Channel } from '../channel.ts';
import type { Orders, PanelWire, Question, Readings } from '../panel-wire.ts';
import { createInputTable, hexByte, hexOf } from './input-table.ts';
import { refused, wrongId } from './refusal.ts';
import type { WireOptions } from './wire-options.ts';

/** Sources of `AC` [SICP V2.03]. */
const table = createInputTable(
  [
    { id: 'hdmi1', label: 'HDMI 1', codes: ['0d'] },
    { id: 'hdmi2', label: 'HDMI 2', codes: ['06'] },
    { id: 'hdmi3', label: 'HDMI 3', codes: ['0f'] },
    { id: 'hdmi4', label: 'HDMI 4', codes: ['19'] },
    { id: 'dp1', label: 'DisplayPort 1', codes: ['0a'] },
    { id: 'dp2', label: 'DisplayPort 2', codes: ['07'] },
    { id: 'ops', label: 'OPS', codes: ['0b'] },
    { id: 'vga', label: 'VGA', codes: ['05'] },
    { id: 'dvi', label: 'DVI', codes: ['0e'] },
    { id: 'usb1', label: 'USB 1', codes: ['0c'] },
    { id: 'usb2', label: 'USB 2', codes: ['08'] },
    { id: 'browser', label: 'Browser', codes: ['10'] },
    { id: 'media', label: 'Media player', codes: ['16'] },
    { id: 'pdf', label: 'PDF player', codes: ['17'] },
    { id: 'iwb', label: 'Whiteboard', codes: ['1c'] },
  ],
  hexByte,
);

/** The frame around the shared commands. */
export interface PanelFrame {
  encode(request: PanelRequest): Uint8Array;
  decode(frame: Uint8Array): PanelReply;
  createFramer(): Framer;
}

/** Asks one panel in one frame. */
export interface SicpExchange {
  get(channel: Channel, command: number, data?: readonly number[]): Promise<Uint8Array>;
  set(channel: Channel, command: number, data: readonly number[]): Promise<void>;
}

/** Philips SICP over TCP. */
export function philipsSicp({ settings }: WireOptions): PanelWire {
  const exchange = createExchange(
    { encode: encodeSicp, decode: decodeSicp, createFramer: createSicpFramer },
    settings.displayId,
  );
  const { get, set } = exchange;
  const flagQuestion = (command: number, topic: 'muted' | 'blanked' | 'signal'): Question => ({
    gives: [topic],
    rank: 'status',
    inStandby: false,
    ask: async (channel) => ({ [topic]: parseFlag(await get(channel, command)) }),
  });
  const shared = sharedQuestions(exchange);
  const questions: Question[] = [
    ...shared,
    flagQuestion(commands.mute, 'muted'),
    // 0 backlight on, 1 off.
    flagQuestion(commands.backlight, 'blanked'),
    flagQuestion(commands.signal, 'signal'),
    {
      gives: ['celsius'],
      rank: 'status',
      inStandby: false,
      ask: async (channel) => {
        const celsius = parseTemperature(await get(channel, commands.temperature));
        return celsius === undefined ? {} : { celsius };
      },
    },
    partQuestion(exchange, commands.model, sicpParts.modelNumber, 'model'),
    partQuestion(exchange, commands.model, sicpParts.firmware, 'firmware'),
  ];
  const orders: Orders = {
    ...sharedOrders(exchange),
    muted: (channel, muted) => set(channel, commands.setMute, [muted ? 1 : 0]),
    blanked: (channel, blanked) => set(channel, commands.setBacklight, [blanked ? 1 : 0]),
  };
  return {
    vendor: 'Philips',
    port: sicpPort,
    paceMs: 100,
    answerTimeoutMs: 3_000,
    inputs: table.inputs,
    questions,
    orders,
    createFramer: createSicpFramer,
  };
}

export function createExchange(frame: PanelFrame, monitor: number): SicpExchange {
  const ask = <T>(channel: Channel, request: PanelRequest, read: (reply: PanelReply) => T | undefined) =>
    channel.ask(frame.encode(request), (bytes) => {
      const reply = frame.decode(bytes);
      if (reply.monitor !== monitor) throw wrongId(reply.monitor, monitor);
      if (reply.kind === 'unavailable' || reply.kind === 'out-of-range')
        throw refused(`SICP command ${hexOf(request.command)}`);
      if (reply.kind === 'corrupt')
        throw new DeviceError('protocol', 'the board does not understand the message it got');
      return read(reply);
    });
  return {
    get: (channel, command, data = []) =>
      ask(channel, { monitor, command, data }, (reply) =>
        reply.kind === 'value' && reply.command === command ? reply.data : undefined,
      ),
    set: async (channel, command, data) => {
      await ask(channel, { monitor, command, data }, (reply) => (reply.kind === 'done' ? true : undefined));
    },
  };
}

/** What Philips and iiyama have in common. */
export function sharedQuestions({ get }: SicpExchange): readonly Question[] {
  return [
    {
      gives: ['power'],
      rank: 'power',
      inStandby: true,
      ask: async (channel) => ({ power: parsePower(await get(channel, commands.power)) ? 'on' : 'off' }),
    },
    {
      gives: ['input'],
      rank: 'status',
      inStandby: false,
      ask: async (channel) => ({ input: table.idOf(hexOf(parseSource(await get(channel, commands.source)))) }),
    },
    {
      gives: ['volume'],
      rank: 'status',
      inStandby: false,
      ask: async (channel) => ({ volume: parseVolume(await get(channel, commands.volume)) }),
    },
    {
      gives: ['hours'],
      rank: 'wear',
      inStandby: false,
      ask: async (channel) => ({ hours: parseHours(await get(channel, commands.hours, [operatingHours])) }),
    },
    {
      gives: ['serial'],
      rank: 'facts',
      inStandby: true,
      ask: async (channel) => ({ serial: parseText(await get(channel, commands.serial)) }),
    },
  ];
}

export function sharedOrders({ set }: SicpExchange): Orders {
  return {
    power: (channel, power) => set(channel, commands.setPower, [power === 'on' ? 2 : 1]),
    // Source, number, on-screen name of the source, reserved.
    input: (channel, input) => set(channel, commands.setSource, [Number.parseInt(table.codeOf(input), 16), 0, 1, 0]),
    // Loudspeaker and audio output together.
    volume: (channel, level) => set(channel, commands.setVolume, [Math.round(level), Math.round(level)]),
  };
}

export function partQuestion(
  { get }: SicpExchange,
  command: number,
  part: number,
  topic: keyof Pick<Readings, 'model' | 'firmware' | 'hardware'>,
): Question {
  return {
    gives: [topic],
    rank: 'facts',
    inStandby: true,
    ask: async (channel) => ({ [topic]: parseText(await get(channel, command, [part])) }),
  };
}

export const sicpInputs = table.inputs;
