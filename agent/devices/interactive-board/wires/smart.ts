import { ProtocolError } from '../../../../protocols/bytes/error.ts';
import {
  createAnswerFramer,
  decodeAnswer,
  emptyLine,
  encodeGet,
  encodeSet,
} from '../../../../protocols/smart/answer.ts';
import { DeviceError } from '../../error.ts';
import type { Channel } from '../channel.ts';
import type { Orders, PanelWire, Question, Readings } from '../panel-wire.ts';
import { createInputTable } from './input-table.ts';
import { refused } from './refusal.ts';
import type { WireOptions } from './wire-options.ts';

const names = ['hdmi1', 'hdmi2', 'hdmi3', 'hdmi4', 'ops1', 'usbc1', 'usbc2', 'vga1', 'android'] as const;
const table = createInputTable(
  names.map((id) => ({ id, label: id.replace(/(\d)$/, ' $1').toUpperCase(), codes: [id] })),
  /^[a-z0-9]{1,20}$/,
);

/** Power states of kb/171414 and kb/171555; the others are unknown and an error. */
const isOnByState: Readonly<Record<string, boolean>> = {
  on: true,
  updateon: true,
  ready: false,
  standby: false,
  powersave: false,
  softoff: false,
  off: false,
  updateready: false,
};

/** SMART Board displays over a raw TCP serial server (19200 8N1): the boards have no socket of their own for this. */
export function smart(_options: WireOptions): PanelWire {
  const text = (
    rank: Question['rank'],
    name: string,
    gives: Question['gives'],
    read: (value: string) => Partial<Readings>,
  ): Question => ({
    gives,
    rank,
    inStandby: rank === 'power',
    ask: async (channel) => read(await exchange(channel, encodeGet(name), name)),
  });
  const questions: Question[] = [
    text('power', 'powerstate', ['power'], (value) => ({ power: isOn(value) ? 'on' : 'off' })),
    // `none` is shown while no source is.
    text('status', 'input', ['input'], (value) => (value === 'none' ? {} : { input: table.idOf(value.toLowerCase()) })),
    text('status', 'volume', ['volume'], (value) => ({ volume: level(value) })),
    text('status', 'mute', ['muted'], (value) => ({ muted: isSwitchOn(value) })),
    text('status', 'videofreeze', ['frozen'], (value) => ({ frozen: isSwitchOn(value) })),
    text('status', 'screenshade', ['blanked'], (value) => ({ blanked: isSwitchOn(value) })),
    text('facts', 'serialnum', ['serial'], (serial) => ({ serial })),
    text('facts', 'modelnum', ['model'], (model) => ({ model })),
    text('facts', 'partnum', ['hardware'], (hardware) => ({ hardware })),
    text('facts', 'fwversion', ['firmware'], (firmware) => ({ firmware })),
  ];
  const set = async (channel: Channel, name: string, value: string) => {
    await exchange(channel, encodeSet(name, value), name);
  };
  const orders: Orders = {
    power: async (channel, power) => {
      const state = await exchange(channel, encodeGet('powerstate'), 'powerstate');
      // In these states the board may acknowledge and does nothing.
      if (state.toLowerCase().startsWith('update')) {
        throw new DeviceError('busy', 'the board updates its firmware; its power must not be changed now');
      }
      await set(channel, 'powerstate', power === 'on' ? 'on' : 'standby');
    },
    input: (channel, input) => set(channel, 'input', table.codeOf(input)),
    volume: (channel, value) => set(channel, 'volume', String(Math.round(value))),
    muted: (channel, on) => set(channel, 'mute', switchOf(on)),
    frozen: (channel, on) => set(channel, 'videofreeze', switchOf(on)),
    blanked: (channel, on) => set(channel, 'screenshade', switchOf(on)),
  };
  return {
    vendor: 'SMART',
    // RFC 2217 servers and their raw modes have no port of their own; this one is the usual first.
    port: 4001,
    paceMs: 50,
    answerTimeoutMs: 3_000,
    inputs: table.inputs,
    questions,
    orders,
    createFramer: createAnswerFramer,
    // A board that has just been switched on says other things first; its prompt ends them.
    open: async (channel) => void (await channel.ask(emptyLine, () => true)),
  };
}

async function exchange(channel: Channel, line: Uint8Array, name: string): Promise<string> {
  return await channel.ask(line, (frame) => {
    const answer = decodeAnswer(frame);
    if (answer.kind === 'invalid') throw refused(`the setting ${name}`);
    return answer.kind === 'value' && answer.name === name ? answer.value : undefined;
  });
}

function isOn(value: string): boolean {
  const state = value.toLowerCase();
  const on = Object.hasOwn(isOnByState, state) ? isOnByState[state] : undefined;
  if (on === undefined) throw new ProtocolError('malformed', `${JSON.stringify(value)} is no power state`);
  return on;
}

function isSwitchOn(value: string): boolean {
  const state = value.toLowerCase();
  if (state !== 'on' && state !== 'off')
    throw new ProtocolError('malformed', `${JSON.stringify(value)} is neither on nor off`);
  return state === 'on';
}

function level(value: string): number {
  const number = /^\d{1,3}$/.test(value) ? Number(value) : Number.NaN;
  if (!(number <= 100)) throw new ProtocolError('malformed', `${JSON.stringify(value)} is no level of 0 to 100`);
  return number;
}

function switchOf(on: boolean): string {
  return on ? 'on' : 'off';
}
