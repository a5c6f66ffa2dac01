import { ProtocolError } from '../../../../protocols/bytes/error.ts';
import { type DayTime, encodeTicker, parseClock, parseTicker } from '../../../../protocols/mdc/ticker.ts';
import { mdcCommands as commands } from '../../../../protocols/mdc/values.ts';
import { DeviceError } from '../../error.ts';
import type { Channel } from '../channel.ts';
import type { PanelMessage, Question } from '../panel-wire.ts';

type Exchange = (channel: Channel, command: number, data?: readonly number[]) => Promise<Uint8Array>;

const midnight = { hour: 0, minute: 0 };
const lastMinute = 24 * 60 - 1;

/** The ticker of a display: a line over the picture between two times of the display's own clock, every day until it ends. */
export function mdcTicker(exchange: Exchange): { readonly message: PanelMessage; readonly question: Question } {
  const read = async (channel: Channel) => parseTicker(await exchange(channel, commands.ticker));
  return {
    message: {
      show: async (channel, text, minutes) => {
        const shown = toAscii(text);
        const time = await readClock(exchange, channel);
        if (!time) {
          throw new DeviceError('unavailable', 'the display tells no time, by which its messages go; set its clock');
        }
        const now = minuteOf(time);
        const to = timeOf(Math.min(now + minutes, lastMinute));
        await exchange(channel, commands.ticker, encodeTicker({ isOn: true, from: time, to, text: shown }));
        return shown;
      },
      clear: async (channel) => {
        const off = { isOn: false, from: midnight, to: midnight, text: '' };
        await exchange(channel, commands.ticker, encodeTicker(off));
      },
    },
    question: {
      gives: ['message'],
      rank: 'status',
      inStandby: false,
      ask: async (channel) => {
        const { isOn, from, to, text } = await read(channel);
        if (!isOn) return { message: '' };
        const time = await readClock(exchange, channel);
        if (!time) return { message: text };
        const now = minuteOf(time);
        // The switch stays on after the time is over.
        return { message: minuteOf(from) <= now && now <= minuteOf(to) ? text : '' };
      },
    },
  };
}

/** Models since 2013 tell seconds, older ones refuse that question. Undefined for a display whose clock was never set. */
async function readClock(exchange: Exchange, channel: Channel): Promise<DayTime | undefined> {
  for (const command of [commands.clock, commands.clockMinutes]) {
    try {
      return parseClock(await exchange(channel, command));
    } catch (thrown) {
      const isRefused = thrown instanceof DeviceError && thrown.code === 'unsupported';
      if (!isRefused && !(thrown instanceof ProtocolError)) throw thrown;
    }
  }
  return undefined;
}

/** Nothing says which letters a display has beyond ASCII, so Vietnamese loses its marks, as it did in text messages. */
function toAscii(text: string): string {
  return text
    .normalize('NFD')
    .replace(/\p{M}/gu, '')
    .replaceAll('đ', 'd')
    .replaceAll('Đ', 'D')
    .replace(/[^ -~]/gu, '?');
}

function minuteOf({ hour, minute }: DayTime): number {
  return hour * 60 + minute;
}

function timeOf(minutes: number): DayTime {
  return { hour: Math.floor(minutes / 60), minute: minutes % 60 };
}
