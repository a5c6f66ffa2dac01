import { setImmediate as nextTurn } from 'node:timers/promises';
import { type FastClock, type TimerQueue, waits } from './clock.ts';

/**
 * A clock for tests with real sockets on loopback that leaps to the next timer as soon as nothing moves: a day passes as
 * fast as the machine can work it off, and no deadline ends because the machine is slow. Peers call `touch` at each byte.
 */
export interface LeapingClock extends FastClock {
  /** Something moved: the clock stands still for another few turns of the event loop. */
  touch(): void;
  /** Leaps from timer to timer until `untilMs` of its monotonic time. Throws when the program works without time passing. */
  run(untilMs: number): Promise<void>;
  /** The longest turns of the event loop, in CPU time of this thread: other programs on the machine do not count. */
  readonly turns: { readonly longestCpuMs: number; readonly tooLong: readonly string[] };
}

export interface LeapingOptions {
  /** A turn of the event loop that takes more CPU time is kept in `turns.tooLong`. */
  readonly turnLimitMs: number;
  /** What happened last, for the report of a turn that took too long. */
  readonly story: () => string;
}

interface Timer {
  readonly dueMs: number;
  readonly order: number;
  readonly fire: () => void;
}

/** Turns without a movement after which nothing is under way: a byte on loopback takes one or two. */
const quietTurns = 6;
/** Turns shorter than this are not looked at. */
const remarkableMs = 20;
/** Without a millisecond of the clock: a driver that asks and asks without an end. */
const stuckAfterMs = 60_000;
/** Monday 2026-03-02 07:00 in Viet Nam. */
const startMs = Date.UTC(2026, 2, 2, 0, 0, 0);

export function createLeapingClock(options: LeapingOptions): LeapingClock {
  let mono = 0;
  let order = 0;
  let isTouched = true;
  let longestCpuMs = 0;
  let measuredCpuMs = 0;
  const tooLong: string[] = [];
  const timers = new Set<Timer>();
  const touch = () => {
    isTouched = true;
  };
  const start: TimerQueue['start'] = (delayMs, fire) => {
    touch();
    const timer: Timer = { dueMs: mono + Math.max(0, delayMs), order: order++, fire };
    timers.add(timer);
    return () => {
      if (timers.delete(timer)) touch();
    };
  };
  /** CPU time of this thread since the last call. */
  const takeCpuMs = () => {
    const { user, system } = process.threadCpuUsage();
    const totalMs = (user + system) / 1_000;
    const taken = totalMs - measuredCpuMs;
    measuredCpuMs = totalMs;
    return taken;
  };
  const noteTurn = (cpuMs: number) => {
    longestCpuMs = Math.max(longestCpuMs, cpuMs);
    if (cpuMs > options.turnLimitMs && tooLong.length < 20) tooLong.push(`${Math.round(cpuMs)} ms\n${options.story()}`);
  };
  const quiet = async () => {
    let spentMs = 0;
    takeCpuMs();
    for (let turn = 0; turn < quietTurns; turn++) {
      isTouched = false;
      const before = performance.now();
      await nextTurn();
      const tookMs = performance.now() - before;
      // To ask for CPU time costs more than most turns: asked once a leap, it bounds each turn since.
      if (tookMs > remarkableMs) noteTurn(Math.min(tookMs, takeCpuMs()));
      spentMs += tookMs;
      if (isTouched) turn = -1;
      if (spentMs > stuckAfterMs)
        throw new Error(`busy for ${stuckAfterMs} ms while no time passes\n${options.story()}`);
    }
  };
  return {
    ...waits({ start }),
    now: () => Math.round(startMs + mono),
    mono: () => mono,
    get pending() {
      return timers.size;
    },
    touch,
    turns: {
      get longestCpuMs() {
        return longestCpuMs;
      },
      tooLong,
    },
    run: async (untilMs) => {
      for (;;) {
        await quiet();
        const next = earliest(timers);
        if (!next || next.dueMs > untilMs) break;
        mono = Math.max(mono, next.dueMs);
        timers.delete(next);
        next.fire();
      }
      mono = Math.max(mono, untilMs);
    },
  };
}

function earliest(timers: ReadonlySet<Timer>): Timer | undefined {
  let first: Timer | undefined;
  for (const timer of timers) {
    if (!first || timer.dueMs < first.dueMs || (timer.dueMs === first.dueMs && timer.order < first.order))
      first = timer;
  }
  return first;
}
