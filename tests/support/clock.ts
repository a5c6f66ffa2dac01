import { RecoverableError } from '../../protocols/errors.ts';
import type { Clock, Deadline } from '../../protocols/ports.ts';

/** A clock that stands still until a test advances it. */
export interface FakeClock extends Clock {
  /** Moves both clocks on and fires what falls due, in order; after each the program runs until it waits again. */
  advance(byMs: number): Promise<void>;
  /** Sets the wall clock alone, as a person or NTP does. */
  setWall(nowMs: number): void;
  /** Lets everything run that needs no time. */
  settle(): Promise<void>;
  /** Timers that still wait: 0 after a clean stop. */
  readonly pending: number;
}

/** A clock that runs `speed` times as fast as the machine's, for tests with real sockets. */
export interface FastClock extends Clock {
  /** Timers that still wait: 0 after a clean stop. */
  readonly pending: number;
}

interface Timer {
  readonly dueMs: number;
  readonly order: number;
  readonly fire: () => void;
}

/** How a clock keeps its timers; `waits` makes the rest of it. */
export interface TimerQueue {
  /** Returns a function that takes the timer out again. */
  start(delayMs: number, fire: () => void): () => void;
}

/** Monday 2026-03-02 07:00 in Viet Nam, a school day. */
const someMonday = Date.UTC(2026, 2, 2, 0, 0, 0);

/** Starts at `nowMs` of wall time and 0 of monotonic time. */
export function createFakeClock(nowMs: number = someMonday): FakeClock {
  let mono = 0;
  let wallOffset = nowMs;
  let order = 0;
  const timers = new Set<Timer>();

  const start: TimerQueue['start'] = (delayMs, fire) => {
    const timer: Timer = { dueMs: mono + Math.max(0, delayMs), order: order++, fire };
    timers.add(timer);
    return () => timers.delete(timer);
  };
  const next = (untilMs: number): Timer | undefined => {
    const due = [...timers].filter((timer) => timer.dueMs <= untilMs);
    return due.sort((a, b) => a.dueMs - b.dueMs || a.order - b.order)[0];
  };

  return {
    ...waits({ start }),
    now: () => wallOffset + mono,
    mono: () => mono,
    get pending() {
      return timers.size;
    },
    settle,
    setWall: (wallMs) => {
      wallOffset = wallMs - mono;
    },
    advance: async (byMs) => {
      const untilMs = mono + byMs;
      await settle();
      for (let timer = next(untilMs); timer; timer = next(untilMs)) {
        mono = Math.max(mono, timer.dueMs);
        timers.delete(timer);
        timer.fire();
        await settle();
      }
      mono = untilMs;
      await settle();
    },
  };
}

/** How often a fast clock looks whether this process stood still, milliseconds of real time. */
const beatMs = 10;
/** What counts as standing still; less is no more than a slow answer. */
const standstillMs = 40;

/**
 * Real time, `speed` times as fast. A deadline of 5 s ends after 5/`speed` s. Time in which this process did not run does
 * not count: a machine with other work must not end a deadline before the answer, which lies in the socket, is read.
 */
export function createFastClock(speed = 10): FastClock {
  const startedAt = performance.now();
  const startWall = Date.now();
  let pending = 0;
  let lostMs = 0;
  let lastMono = 0;
  let lastBeatAt = 0;
  let heart: ReturnType<typeof setInterval> | undefined;
  const ranMs = () => performance.now() - startedAt - lostMs;
  const mono = () => {
    lastMono = Math.max(lastMono, ranMs() * speed);
    return lastMono;
  };
  const beat = () => {
    const now = performance.now();
    lostMs += Math.max(0, now - lastBeatAt - standstillMs);
    lastBeatAt = now;
  };
  const begin = () => {
    pending++;
    if (heart) return;
    lastBeatAt = performance.now();
    heart = setInterval(beat, beatMs).unref();
  };
  const end = () => {
    pending--;
    if (pending > 0) return;
    clearInterval(heart);
    heart = undefined;
  };
  const start: TimerQueue['start'] = (delayMs, fire) => {
    const dueMs = ranMs() + Math.max(0, delayMs) / speed;
    let timer: ReturnType<typeof setTimeout>;
    let waiting = true;
    const stop = () => {
      clearTimeout(timer);
      if (waiting) end();
      waiting = false;
    };
    const ring = () => {
      // A timer that fell due during a standstill may ring before the heart beats.
      beat();
      const leftMs = dueMs - ranMs();
      if (leftMs > 0.5) {
        timer = setTimeout(ring, Math.ceil(leftMs));
        return;
      }
      stop();
      fire();
    };
    begin();
    timer = setTimeout(ring, Math.ceil(delayMs / speed));
    return stop;
  };
  return {
    ...waits({ start }),
    now: () => Math.round(startWall + mono()),
    mono,
    get pending() {
      return pending;
    },
  };
}

/** All promise reactions run before the event loop turns once; two turns let `setImmediate` users follow. */
async function settle(): Promise<void> {
  await new Promise<void>((resolve) => setImmediate(resolve));
  await new Promise<void>((resolve) => setImmediate(resolve));
}

/** Waits and deadlines over a queue of timers. */
export function waits(queue: TimerQueue): Pick<Clock, 'wait' | 'deadline'> {
  return {
    wait: (delayMs, signal) =>
      new Promise<void>((resolve, reject) => {
        if (signal?.aborted) return reject(signal.reason);
        const onAbort = () => {
          stop();
          reject(signal?.reason);
        };
        const stop = queue.start(delayMs, () => {
          signal?.removeEventListener('abort', onAbort);
          resolve();
        });
        signal?.addEventListener('abort', onAbort, { once: true });
      }),
    deadline: (delayMs, parent): Deadline => {
      const controller = new AbortController();
      const onParent = () => {
        stop();
        controller.abort(parent?.reason);
      };
      const stop = queue.start(delayMs, () => {
        parent?.removeEventListener('abort', onParent);
        controller.abort(new RecoverableError('timeout', `no answer within ${delayMs} ms`, { details: { delayMs } }));
      });
      if (parent?.aborted) onParent();
      else parent?.addEventListener('abort', onParent, { once: true });
      return {
        signal: controller.signal,
        [Symbol.dispose]: () => {
          stop();
          parent?.removeEventListener('abort', onParent);
        },
      };
    },
  };
}
