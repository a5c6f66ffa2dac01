import type { Calendar } from '../../protocols/fleet/calendar/calendar.ts';
import { minuteOf } from '../../protocols/fleet/calendar/date.ts';
import { momentOf } from '../../protocols/fleet/calendar/moment.ts';
import type { OrderExecution } from '../../protocols/fleet/rollout/order.ts';

/** What a window is judged by. */
export interface WindowFacts {
  /** Of the policies that this agent holds; a device may be under any of them. */
  readonly calendars: readonly Calendar[];
  /** Last reported states of the device, by capability. */
  readonly reported: ReadonlyMap<string, unknown>;
}

/** Words of `recording`, `streaming` and `studio` by which nobody needs the device. */
const restful: Readonly<Record<string, readonly string[]>> = {
  recording: ['stopped'],
  streaming: ['stopped'],
  studio: ['idle'],
};

type Window = OrderExecution['window'];

const defaultZone = 'Asia/Ho_Chi_Minh';

/**
 * What keeps the window shut at `nowMs` (the hub's clock): `window` its hours, `lesson` or `exam` by the calendar, `activity`
 * because the device records, streams or is in a studio that does. Undefined when it is open. Without a calendar only the
 * order's own hours and the device itself are asked; a recording is never cut off, whatever the order allows.
 */
export function waitsFor(window: Window, { calendars, reported }: WindowFacts, nowMs: number): string | undefined {
  if (nowMs < (window.notBefore ?? nowMs) || nowMs > (window.notAfter ?? nowMs)) return 'window';
  if (!isWithinHours(window, calendars[0]?.timeZone ?? defaultZone, nowMs)) return 'window';
  if (isActive(reported)) return 'activity';
  if (window.lessons === 'allowed') return undefined;
  const moments = calendars.map((calendar) => momentOf(calendar, nowMs));
  if (moments.some(({ isExam, isFrozen }) => isExam || isFrozen)) return 'exam';
  return moments.some(({ isLesson }) => isLesson) ? 'lesson' : undefined;
}

function isWithinHours({ fromMinute, toMinute }: Window, timeZone: string, nowMs: number): boolean {
  if (fromMinute === undefined && toMinute === undefined) return true;
  const from = fromMinute ?? 0;
  const to = toMinute ?? 1_440;
  const format = new Intl.DateTimeFormat('en-GB', { timeZone, hour: '2-digit', minute: '2-digit', hourCycle: 'h23' });
  const minute = minuteOf(format.format(nowMs));
  return to > from ? from <= minute && minute < to : from <= minute || minute < to;
}

/** An unknown state counts as rest: a device that cannot tell would wait for ever. */
function isActive(reported: ReadonlyMap<string, unknown>): boolean {
  return Object.entries(restful).some(([capability, words]) => {
    const word = wordOf(reported.get(capability));
    return word !== undefined && word !== 'unknown' && !words.includes(word);
  });
}

function wordOf(state: unknown): string | undefined {
  if (typeof state !== 'object' || state === null) return undefined;
  const word = 'state' in state ? state.state : 'mode' in state ? state.mode : undefined;
  return typeof word === 'string' ? word : undefined;
}
