import {
  createIfpFramer,
  decodeIfp,
  encodeIfp,
  type IfpReply,
  type IfpRequest,
} from '../../../../protocols/ifp/frame.ts';
import { parseInput, parsePercent, parseSwitch } from '../../../../protocols/ifp/values.ts';
import { DeviceError } from '../../error.ts';
import type { Channel, ReadFrame } from '../channel.ts';
import type { PanelWire, Question, Readings } from '../panel-wire.ts';
import type { InputTable } from './input-table.ts';
import { refused, wrongId } from './refusal.ts';

/** Nothing is asked with this value: the panels want three characters and ignore them. */
const noValue = '000';

/** Asks one panel by the nine-byte frame. */
export interface IfpExchange {
  /** The value of the answer. */
  get(channel: Channel, command: string, value?: string): Promise<string>;
  /** As `get`, and then further answers of the same command, `count` in all. */
  getMany(channel: Channel, command: string, count: number): Promise<readonly string[]>;
  set(channel: Channel, command: string, value: string): Promise<void>;
}

export function createIfpExchange(id: number): IfpExchange {
  const readValue = (reply: IfpReply, command: string): string | undefined => {
    if (reply.id !== id) throw wrongId(reply.id, id);
    if (reply.kind === 'invalid') throw refused(`panel command ${command}`);
    return reply.kind === 'value' && reply.command === command.charCodeAt(0) ? reply.value : undefined;
  };
  const request = (type: IfpRequest['type'], command: string, value: string) =>
    encodeIfp({ type, id, command: command.charCodeAt(0), value });
  const get: IfpExchange['get'] = (channel, command, value = noValue) =>
    channel.ask(request('get', command, value), (frame) => readValue(decodeIfp(frame), command));
  return {
    get,
    getMany: async (channel, command, count) => {
      const values = [await get(channel, command)];
      // One long answer holds all of it [ViewSonic protocol 3.2.0]; several short ones are the older form.
      while ((values[0]?.length ?? 0) <= noValue.length && values.length < count) {
        values.push(await nextValue(channel, (frame) => readValue(decodeIfp(frame), command)));
      }
      return values;
    },
    set: async (channel, command, value) => {
      await channel.ask(request('set', command, value), (frame) => {
        const reply = decodeIfp(frame);
        if (reply.kind === 'done' && reply.id === id) return true;
        return readValue(reply, command) === undefined ? undefined : true;
      });
    },
  };
}

/** A panel that says less than its manual promises does not know the question; the connection is sound. */
async function nextValue(channel: Channel, read: ReadFrame<string>): Promise<string> {
  try {
    return await channel.next(read);
  } catch (thrown) {
    if (thrown instanceof DeviceError && thrown.code === 'timeout') throw refused('the rest of a value');
    throw thrown;
  }
}

/** Questions and orders that every panel of this kind has; codes per model year are the business of the profiles. */
export function ifpPanel(
  exchange: IfpExchange,
  table: InputTable,
): Pick<PanelWire, 'questions' | 'orders' | 'createFramer' | 'inputs'> {
  const { get, set } = exchange;
  const status = (command: string, gives: Question['gives'], read: (value: string) => Partial<Readings>): Question => ({
    gives,
    rank: 'status',
    inStandby: false,
    ask: async (channel) => read(await get(channel, command)),
  });
  return {
    inputs: table.inputs,
    createFramer: createIfpFramer,
    questions: [
      {
        gives: ['power'],
        rank: 'power',
        inStandby: true,
        ask: async (channel) => ({ power: parseSwitch(await get(channel, 'l')) ? 'on' : 'off' }),
      },
      status('f', ['volume'], (value) => ({ volume: parsePercent(value) })),
      status('g', ['muted'], (value) => ({ muted: parseSwitch(value) })),
    ],
    orders: {
      power: (channel, power) => set(channel, '!', switchOf(power === 'on')),
      volume: (channel, level) => set(channel, '5', String(Math.round(level)).padStart(3, '0')),
      muted: (channel, muted) => set(channel, '6', switchOf(muted)),
    },
  };
}

/** The source with its signal, as panels with the table of ViewSonic tell it. */
export function inputQuestion({ get }: IfpExchange, table: InputTable): Question {
  return {
    gives: ['input', 'signal'],
    rank: 'status',
    inStandby: false,
    ask: async (channel) => {
      const { signal, code } = parseInput(await get(channel, 'j'));
      return { signal, input: table.idOf(code) };
    },
  };
}

export function switchOf(on: boolean): string {
  return on ? '001' : '000';
}
