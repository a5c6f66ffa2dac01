import { FatalError } from '../../../protocols/errors.ts';
import type { DriverCommand } from '../driver.ts';
import { DeviceError } from '../error.ts';
import type { Channel } from './channel.ts';
import type { CommandContext, Output } from './command-context.ts';
import type { Abilities } from './mapping.ts';
import type { PanelMessage, Readings, Settable, Topic } from './panel-wire.ts';
import { rebootPanel, switchPower, wakeBoard } from './power.ts';
import type { Settings } from './settings.ts';

/** A panel takes a moment to show an input; then its own word must agree. */
const effectWaitMs = 8_000;
const effectStepMs = 500;

type Run = (context: CommandContext, args: DriverCommand['args']) => Promise<Output>;
/** A command, and what the board must be able to do for it. */
interface Known {
  readonly needs: (abilities: Abilities, settings: Settings) => boolean;
  readonly run: Run;
}

const known: Readonly<Record<string, Known>> = {
  'power.on': { needs: settable('power'), run: (context) => switchPower('on', context) },
  'power.off': { needs: settable('power'), run: (context) => switchPower('off', context) },
  'power.reboot': { needs: ({ canReboot }) => canReboot, run: (context) => rebootPanel(context) },
  'wake.wake': { needs: (_, { wake }) => wake !== undefined, run: (context) => wakeBoard(context) },
  'input.select': {
    needs: settable('input'),
    run: async (context, { id }) => ({ id: await order(context, 'input', String(id)) }),
  },
  'volume.set': {
    needs: settable('volume'),
    run: async (context, { level }) => ({ level: await order(context, 'volume', Math.round(Number(level))) }),
  },
  'volume.mute': {
    needs: settable('muted'),
    run: async (context, { muted }) => ({ muted: await order(context, 'muted', muted === true) }),
  },
  'video.blank': {
    needs: settable('blanked'),
    run: async (context, { blanked }) => ({ blanked: await order(context, 'blanked', blanked === true) }),
  },
  'video.freeze': {
    needs: settable('frozen'),
    run: async (context, { frozen }) => ({ frozen: await order(context, 'frozen', frozen === true) }),
  },
  'message.show': {
    needs: ({ canShowMessages }) => canShowMessages,
    run: (context, { text, minutes }) =>
      tell(context, (message, channel) => message.show(channel, String(text), Number(minutes))),
  },
  'message.clear': {
    needs: ({ canShowMessages }) => canShowMessages,
    run: (context) => tell(context, async (message, channel) => message.clear(channel).then(() => '')),
  },
  'lock.set': {
    needs: ({ settable: can }) => can.has('panelLocked') || can.has('remoteLocked') || can.has('keysLocked'),
    run: (context, { target, locked }) => setLock(context, String(target), locked === true),
  },
};

/** Carries out one command and reads its effect back. Throws DeviceError, or FatalError `unsupported-command` | `invalid-arguments`. */
export async function executeCommand(command: DriverCommand, context: CommandContext): Promise<Output> {
  const name = `${command.capability}.${command.name}`;
  const entry = Object.hasOwn(known, name) ? known[name] : undefined;
  if (!entry?.needs(context.abilities, context.settings)) {
    throw new FatalError('unsupported-command', `this board has no command ${name}`);
  }
  return await entry.run(context, command.args);
}

const lockTopics = { panel: 'panelLocked', remote: 'remoteLocked', keys: 'keysLocked' } as const;

async function setLock(context: CommandContext, target: string, locked: boolean): Promise<Output> {
  const topic = Object.hasOwn(lockTopics, target) ? lockTopics[target as keyof typeof lockTopics] : undefined;
  if (topic === undefined || !context.abilities.settable.has(topic)) {
    throw new FatalError('invalid-arguments', `this board cannot lock its ${target}`);
  }
  return { target, locked: await order(context, topic, locked) };
}

async function tell(
  context: CommandContext,
  give: (message: PanelMessage, channel: Channel) => Promise<string>,
): Promise<Output> {
  const { message } = context.wire;
  if (!message) throw new FatalError('unsupported-command', 'this board shows no messages');
  return { text: await carryOut(context, 'message', (channel) => give(message, channel)) };
}

async function order<T extends Settable>(context: CommandContext, topic: T, value: Readings[T]): Promise<Readings[T]> {
  const give = context.wire.orders[topic];
  if (!give) throw new FatalError('unsupported-command', `this board cannot change its ${topic}`);
  return await carryOut(context, topic, async (channel) => {
    await give(channel, value);
    return value;
  });
}

/** Gives one order, and waits until the board itself says what `give` says that it must. */
async function carryOut<T extends Topic>(
  context: CommandContext,
  topic: T,
  give: (channel: Channel) => Promise<Readings[T]>,
): Promise<Readings[T]> {
  await using channel = await context.open();
  const value = await accepted(context, topic, channel, give);
  const endsAt = context.clock.mono() + effectWaitMs;
  for (;;) {
    const seen = await context.reader.readTopic(channel, topic);
    if (seen === value) return value;
    if (context.clock.mono() >= endsAt) {
      throw new DeviceError(
        'no-effect',
        `the board acknowledged, but its ${topic} is ${seen ?? 'unknown'}, not ${value}`,
      );
    }
    await context.clock.wait(effectStepMs, context.signal);
  }
}

async function accepted<T extends Topic>(
  context: CommandContext,
  topic: T,
  channel: Channel,
  give: (channel: Channel) => Promise<Readings[T]>,
): Promise<Readings[T]> {
  try {
    return await give(channel);
  } catch (thrown) {
    if (!(thrown instanceof DeviceError && thrown.code === 'unsupported')) throw thrown;
    // A panel refuses most things while it is off.
    if ((await context.reader.readPower(channel)) === 'on') throw thrown;
    throw new DeviceError('unavailable', `the board is off and takes no order for its ${topic}`, { cause: thrown });
  }
}

function settable(topic: Settable): Known['needs'] {
  return ({ settable: can }) => can.has(topic);
}
