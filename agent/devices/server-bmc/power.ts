import type { Clock } from '../../../protocols/ports.ts';
import { DeviceError, type DeviceErrorCode } from '../error.ts';
import type { Controller, PowerOrder, PowerView } from './controller.ts';
import type { Settings } from './settings.ts';

type Output = Readonly<Record<string, unknown>>;

export interface PowerWork {
  readonly controller: Controller;
  readonly orders: readonly PowerOrder[];
  readonly settings: Settings;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

const lookEveryMs = 2_000;
/** A server that shows nothing of a restart within this shows nothing at all. */
const restartSignMs = 30_000;

/** The orders that a command would give, in turn; undefined when the controller cannot. */
export function planPower(
  command: string,
  orders: readonly PowerOrder[],
  { offBy }: Pick<Settings, 'offBy'>,
): readonly PowerOrder[] | undefined {
  const plans: Readonly<Record<string, readonly (readonly PowerOrder[])[]>> = {
    on: [['on']],
    off: [offBy === 'cutting' ? ['cut'] : ['shutdown']],
    // Without a word for it, a restart is a shutdown and a start.
    reboot: [['restart'], ['shutdown', 'on']],
    reset: [['reset']],
  };
  const plan = Object.hasOwn(plans, command) ? plans[command] : undefined;
  return plan?.find((steps) => steps.every((step) => orders.includes(step)));
}

/**
 * Changes the power of a server and waits for the state that was asked for. Each order is sent once. Throws DeviceError
 * `no-effect` when that state is not seen in time, `unavailable` for a restart of a server that is off.
 */
export async function changePower(command: string, plan: readonly PowerOrder[], work: PowerWork): Promise<Output> {
  const before = await work.controller.readPower(work.signal);
  const wanted = command === 'off' ? 'off' : 'on';
  if ((command === 'on' || command === 'off') && before.state === wanted) return { state: wanted, wasAlready: true };
  if (command !== 'on' && command !== 'off' && before.state === 'off') {
    throw new DeviceError('unavailable', 'the server is off; turn it on instead of restarting it');
  }
  const [first, second] = plan;
  if (first === 'restart' || first === 'reset') return await restart(first, before, work);
  for (const order of second === undefined ? [first] : [first, second]) {
    if (order !== undefined) await change(order, work);
  }
  return { state: wanted };
}

/** One order with an end state of its own. */
async function change(order: PowerOrder, work: PowerWork): Promise<void> {
  const isOff = order === 'shutdown' || order === 'cut';
  const limitMs = (isOff ? work.settings.shutdownSeconds : work.settings.startSeconds) * 1_000;
  const lost = await send(order, work);
  const target = isOff ? 'off' : 'on';
  const seen = await watch(work, limitMs, ({ state }) => state === target);
  if (seen.isSeen) return;
  throw (
    lost ??
    new DeviceError(
      'no-effect',
      order === 'shutdown'
        ? `the operating system did not shut down within ${limitMs / 1_000} s; the server is still ${seen.last}`
        : `the server was told to be ${target} and is still ${seen.last} after ${limitMs / 1_000} s`,
      { details: { state: seen.last } },
    )
  );
}

/** A restart is seen when the controller's mark changes or the power does; then the server must be on again. */
async function restart(order: 'restart' | 'reset', before: PowerView, work: PowerWork): Promise<Output> {
  const lost = await send(order, work);
  const limits = work.settings;
  const patienceMs = order === 'restart' && before.mark !== undefined ? limits.shutdownSeconds * 1_000 : restartSignMs;
  const sign = await watch(work, patienceMs, (view) => isRestarting(before, view));
  if (!sign.isSeen) {
    if (lost) throw lost;
    if (sign.last !== 'on') {
      throw new DeviceError('no-effect', `nobody saw the server restart, and it is ${sign.last}`, {
        details: { state: sign.last },
      });
    }
    if (before.mark === undefined) return { state: 'on', verified: false };
    throw new DeviceError('no-effect', `the server shows no restart within ${patienceMs / 1_000} s`);
  }
  const end = await watch(work, limits.startSeconds * 1_000, ({ state }) => state === 'on');
  if (end.isSeen) return { state: 'on', verified: true };
  throw new DeviceError('no-effect', `the server restarted and is ${end.last} after ${limits.startSeconds} s`, {
    details: { state: end.last },
  });
}

/** What is unknown, or a mark that is not told, is no sign of anything. */
function isRestarting(before: PowerView, { state, mark }: PowerView): boolean {
  return (
    (mark !== undefined && mark !== before.mark) || state === 'off' || state === 'starting' || state === 'stopping'
  );
}

/** Errors after which an order may have been heard all the same: the state tells. */
const lostAnswers: readonly DeviceErrorCode[] = ['timeout', 'connection-lost'];

/** Sends an order once; returns the error of an answer that was lost. */
async function send(order: PowerOrder, { controller, signal }: PowerWork): Promise<DeviceError | undefined> {
  try {
    await controller.order(order, signal);
    return undefined;
  } catch (thrown) {
    signal.throwIfAborted();
    if (thrown instanceof DeviceError && lostAnswers.includes(thrown.code)) return thrown;
    throw thrown;
  }
}

interface Watched {
  readonly isSeen: boolean;
  readonly last: PowerView['state'];
}

/** Looks every 2 s until `isWanted`. A controller that is away for a moment is looked at again. */
async function watch(work: PowerWork, limitMs: number, isWanted: (view: PowerView) => boolean): Promise<Watched> {
  const { controller, clock, signal } = work;
  const endsAt = clock.mono() + limitMs;
  let last: PowerView['state'] = 'unknown';
  while (clock.mono() < endsAt) {
    await clock.wait(lookEveryMs, signal);
    try {
      const view = await controller.readPower(signal);
      last = view.state;
      if (isWanted(view)) return { isSeen: true, last };
    } catch (thrown) {
      signal.throwIfAborted();
      if (!(thrown instanceof DeviceError) || thrown.code === 'authentication') throw thrown;
      last = 'unknown';
    }
  }
  return { isSeen: false, last };
}
