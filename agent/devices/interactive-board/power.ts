import { FatalError } from '../../../protocols/errors.ts';
import { DeviceError } from '../error.ts';
import { type CommandContext, type Output, readPowerOnce } from './command-context.ts';
import type { Readings } from './panel-wire.ts';

const powerStepMs = 2_000;
/** A board that still answers after this has not restarted. */
const departureMs = 30_000;
const departureStepMs = 1_000;

/**
 * Turns the board on or off and waits until it says so itself. The order is given once; the connection may drop on the
 * way, and a sleeping board with a known card is woken first.
 */
export async function switchPower(target: Readings['power'], context: CommandContext): Promise<Output> {
  const before = await orderPower(target, context);
  if (before === target) return { state: target, changed: false };
  const seconds = target === 'on' ? context.settings.powerOnSeconds : context.settings.powerOffSeconds;
  const seen = await awaitPower(target, seconds * 1_000, context);
  if (seen === target) return { state: target, changed: true };
  if (seen === undefined && target === 'off') {
    // Many boards leave the network with their picture: nobody can see more than that.
    return { state: 'off', changed: true, verified: false };
  }
  throw new DeviceError('no-effect', `the board took the order, but ${seconds} s later it is ${seen ?? 'silent'}`);
}

/** Restarts the board and waits until it answers again and is on. */
export async function rebootPanel(context: CommandContext): Promise<Output> {
  const { wire, clock, settings } = context;
  const startedAt = clock.mono();
  {
    await using channel = await context.open();
    if ((await context.reader.readPower(channel)) === 'off') {
      throw new DeviceError('unavailable', 'the board is off; there is nothing to restart');
    }
    await untilDropped(async () => await wire.reboot?.(channel));
  }
  await awaitDeparture(context);
  const seen = await awaitPower('on', settings.powerOnSeconds * 1_000, context);
  if (seen !== 'on') throw new DeviceError('no-effect', `after the restart the board is ${seen ?? 'silent'}`);
  return { state: 'on', afterSeconds: Math.round((clock.mono() - startedAt) / 1_000) };
}

/** Waits until the board is seen to be away: one that only says "yes" has not restarted. */
async function awaitDeparture(context: CommandContext): Promise<void> {
  const { clock, signal } = context;
  const endsAt = clock.mono() + departureMs;
  while (clock.mono() < endsAt) {
    await clock.wait(departureStepMs, signal);
    if ((await readPowerOnce(context)) !== 'on') return;
  }
  throw new DeviceError(
    'no-effect',
    `the board took the order to restart, and ${departureMs / 1_000} s later it is still on`,
  );
}

/** Sends the magic packet and waits until the board answers: nothing else tells that it was heard. */
export async function wakeBoard(context: CommandContext): Promise<Output> {
  const { sendWake, settings, clock, signal } = context;
  if (!sendWake || !settings.wake) throw new FatalError('unsupported-command', 'the settings name no card to wake');
  const limitMs = settings.wake.seconds * 1_000;
  const startedAt = clock.mono();
  await sendWake();
  for (let attempt = 1; ; attempt++) {
    const power = await readPowerOnce(context);
    if (power !== undefined) {
      context.onPower(power);
      return { power, afterSeconds: Math.round((clock.mono() - startedAt) / 1_000) };
    }
    if (clock.mono() - startedAt >= limitMs) {
      throw new DeviceError('no-effect', `the board does not answer ${limitMs / 1_000} s after the magic packet`);
    }
    await clock.wait(powerStepMs, signal);
    // A packet has no acknowledgement and may be lost.
    if (attempt % 5 === 0) await sendWake();
  }
}

/** The state before; the order has been given unless it is the wanted one already. */
async function orderPower(target: Readings['power'], context: CommandContext): Promise<Readings['power'] | undefined> {
  const { wire, reader, sendWake, onPower } = context;
  const give = wire.orders.power;
  const before = target === 'on' && sendWake ? await powerAfterWake(context) : undefined;
  if (before === target) return before;
  await using channel = await context.open();
  const now = await reader.readPower(channel);
  onPower(now);
  if (now === target) return now;
  await untilDropped(async () => await give?.(channel, target));
  return now;
}

/** The power of a board that may be asleep: it gets a packet when it does not answer, and time to come back. */
async function powerAfterWake(context: CommandContext): Promise<Readings['power'] | undefined> {
  const { sendWake, settings, clock, signal } = context;
  const awake = await readPowerOnce(context);
  if (awake !== undefined) return awake;
  const endsAt = clock.mono() + (settings.wake?.seconds ?? 0) * 1_000;
  while (clock.mono() < endsAt) {
    await sendWake?.();
    await clock.wait(powerStepMs * 2, signal);
    const power = await readPowerOnce(context);
    if (power !== undefined) return power;
  }
  return undefined;
}

/** The last state that was seen; the target as soon as it is. */
async function awaitPower(
  target: Readings['power'],
  limitMs: number,
  context: CommandContext,
): Promise<Readings['power'] | undefined> {
  const { clock, signal } = context;
  const endsAt = clock.mono() + limitMs;
  let seen: Readings['power'] | undefined;
  while (clock.mono() < endsAt) {
    await clock.wait(powerStepMs, signal);
    seen = await readPowerOnce(context);
    if (seen !== undefined) context.onPower(seen);
    if (seen === target) return seen;
  }
  return seen;
}

/** A board that switches may be gone before its acknowledgement is: what it is afterwards decides. */
async function untilDropped(work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (thrown) {
    const isDropped = thrown instanceof DeviceError && (thrown.code === 'connection-lost' || thrown.code === 'timeout');
    if (!isDropped) throw thrown;
  }
}
