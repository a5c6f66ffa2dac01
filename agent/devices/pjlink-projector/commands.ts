import { FatalError } from '../../../protocols/errors.ts';
import type { PjlinkClass, PjlinkFailure } from '../../../protocols/pjlink/line.ts';
import { queries } from '../../../protocols/pjlink/queries.ts';
import { isInput, type PjlinkPower } from '../../../protocols/pjlink/values.ts';
import type { Clock } from '../../../protocols/ports.ts';
import type { DriverCommand } from '../driver.ts';
import { DeviceError, type DeviceErrorCode } from '../error.ts';
import type { Conversation, OpenConversation } from './conversation.ts';
import { type Reader, requirePower } from './reading.ts';
import type { Settings } from './settings.ts';

/** What a command needs from its session. */
export interface CommandContext {
  /** Connects and signs in. */
  readonly open: () => Promise<OpenConversation>;
  readonly reader: Reader;
  readonly class: PjlinkClass;
  readonly settings: Settings;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** Told each power state that is seen on the way. */
  readonly onPower: (power: PjlinkPower) => void;
}

type Output = Readonly<Record<string, unknown>>;

/** A projector takes a moment to switch; then its own word must agree. */
const effectWaitMs = 10_000;
const effectStepMs = 500;
const powerStepMs = 2_000;
const maxSilenceMs = 60_000;

/** Carries out one command and reads its effect back. Throws DeviceError, or FatalError `unsupported-command`. */
export async function executeCommand(command: DriverCommand, context: CommandContext): Promise<Output> {
  const { args } = command;
  switch (`${command.capability}.${command.name}`) {
    case 'power.on':
      return await switchPower('on', context);
    case 'power.off':
      return await switchPower('off', context);
    case 'input.select':
      return await selectInput(String(args['id']), context);
    case 'video.blank':
      return await setMute('video', args['blanked'] === true, context);
    case 'volume.mute':
      return await setMute('audio', args['muted'] === true, context);
    case 'video.freeze':
      return await freeze(args['frozen'] === true, context);
    case 'volume.step':
      return await stepVolume(args['direction'] === 'up', context);
    default:
      throw unsupported(command);
  }
}

/** What a projector does before it takes a command for `on` or `off`. */
const blocking = { on: 'cooling', off: 'warming' } as const;

/**
 * Brings a projector to the end state. While it still switches to the other one it takes no power command, so that is waited
 * for first; one that is on its way already needs only patience.
 */
async function switchPower(target: 'on' | 'off', context: CommandContext): Promise<Output> {
  const { warmUpSeconds, coolDownSeconds } = context.settings;
  const limitsMs = { on: warmUpSeconds * 1_000, off: coolDownSeconds * 1_000 };
  let before = await requestPower(target, context);
  if (before === blocking[target]) {
    const limitMs = limitsMs[target === 'on' ? 'off' : 'on'];
    const blocked = before;
    const settled = await awaitPower((power) => power !== blocked, limitMs, context);
    before = settled === blocked ? blocked : await requestPower(target, context);
    if (before === blocked) {
      const still = `the projector is ${blocked} for ${limitMs / 1_000} s and takes no power command; try again later`;
      throw new DeviceError('unavailable', still);
    }
  }
  if (before === target) return { state: target, changed: false };
  const reached = await awaitPower((power) => power === target, limitsMs[target], context);
  if (reached === target) return { state: target, changed: true };
  const later = `${limitsMs[target] / 1_000} s later it is ${reached ?? 'silent'}`;
  throw new DeviceError('no-effect', `the projector acknowledged, but ${later}`);
}

/** Asks a projector that has settled in another state to switch; returns the state that it was in. */
async function requestPower(target: 'on' | 'off', context: CommandContext): Promise<PjlinkPower> {
  const { conversation, power } = await context.open();
  await using _ = conversation;
  const before = requirePower(power);
  context.onPower(before);
  if (before === (target === 'on' ? 'off' : 'on')) {
    throwFailure(await conversation.set(queries.power, target === 'on' ? '1' : '0'), 'power', context.reader);
  }
  return before;
}

/**
 * Waits for a state; returns the last one that was seen. Projectors may drop the network while they switch, so a lost
 * connection does not end the wait; silence for a minute does, because then it is no switching any more.
 */
async function awaitPower(
  isWanted: (power: PjlinkPower) => boolean,
  limitMs: number,
  context: CommandContext,
): Promise<PjlinkPower | undefined> {
  const { clock, signal } = context;
  const endsAt = clock.mono() + limitMs;
  let answeredAt = clock.mono();
  let seen: PjlinkPower | undefined;
  while (clock.mono() < endsAt) {
    await clock.wait(powerStepMs, signal);
    const answer = await tryReadPower(context);
    if (answer instanceof DeviceError) {
      if (clock.mono() - answeredAt > maxSilenceMs) throw answer;
      continue;
    }
    answeredAt = clock.mono();
    seen = answer;
    context.onPower(answer);
    if (isWanted(answer)) break;
  }
  return seen;
}

/** The power state, or why it cannot be read at this moment. */
async function tryReadPower(context: CommandContext): Promise<PjlinkPower | DeviceError> {
  try {
    const { conversation, power } = await context.open();
    await using _ = conversation;
    return requirePower(power);
  } catch (thrown) {
    if (thrown instanceof DeviceError && thrown.code !== 'authentication') return thrown;
    throw thrown;
  }
}

async function selectInput(id: string, context: CommandContext): Promise<Output> {
  if (!isInput(id)) throw new FatalError('invalid-arguments', `${id} is no PJLink input such as 31`);
  return await inConversation(context, async (conversation) => {
    const command = { code: queries.input.code, class: context.class };
    throwFailure(await conversation.set(command, id), `input ${id}`, context.reader, command.code);
    await awaitEffect(
      context,
      `input ${id}`,
      async () => (await context.reader.readInput(conversation, context.class)) === id,
    );
    return { id };
  });
}

async function setMute(what: 'video' | 'audio', on: boolean, context: CommandContext): Promise<Output> {
  return await inConversation(context, async (conversation) => {
    const parameter = `${what === 'video' ? 1 : 2}${on ? 1 : 0}`;
    throwFailure(await conversation.set(queries.mute, parameter), `${what} mute`, context.reader, queries.mute.code);
    await awaitEffect(context, `${what} mute`, async () => {
      return (await context.reader.read(conversation, queries.mute))?.[what] === on;
    });
    return what === 'video' ? { blanked: on } : { muted: on };
  });
}

async function freeze(on: boolean, context: CommandContext): Promise<Output> {
  requireClass2(context, 'video', 'freeze');
  return await inConversation(context, async (conversation) => {
    throwFailure(await conversation.set(queries.frozen, on ? '1' : '0'), 'freeze', context.reader, queries.frozen.code);
    await awaitEffect(context, 'freeze', async () => (await context.reader.read(conversation, queries.frozen)) === on);
    return { frozen: on };
  });
}

/** One step louder or softer. The wire has no question for the volume, so the acknowledgement is all there is. */
async function stepVolume(up: boolean, context: CommandContext): Promise<Output> {
  requireClass2(context, 'volume', 'step');
  return await inConversation(context, async (conversation) => {
    const command = { code: 'SVOL', class: 2 } as const;
    throwFailure(await conversation.set(command, up ? '1' : '0'), 'volume', context.reader, command.code);
    return { direction: up ? 'up' : 'down', verified: false };
  });
}

async function inConversation(
  context: CommandContext,
  work: (conversation: Conversation) => Promise<Output>,
): Promise<Output> {
  const { conversation } = await context.open();
  await using _ = conversation;
  return await work(conversation);
}

async function awaitEffect(context: CommandContext, what: string, isSeen: () => Promise<boolean>): Promise<void> {
  const endsAt = context.clock.mono() + effectWaitMs;
  for (;;) {
    if (await isSeen()) return;
    if (context.clock.mono() >= endsAt) {
      throw new DeviceError('no-effect', `the projector acknowledged ${what}, and nothing changed`);
    }
    await context.clock.wait(effectStepMs, context.signal);
  }
}

const failureCodes: Readonly<Record<PjlinkFailure, DeviceErrorCode>> = {
  'undefined-command': 'unsupported',
  'out-of-parameter': 'unsupported',
  'unavailable-time': 'unavailable',
  'projector-failure': 'device-fault',
};

/** Throws what a refused command means; an ERR1 is remembered, so that the command is offered no longer. */
function throwFailure(failure: PjlinkFailure | undefined, what: string, reader: Reader, code?: string): void {
  if (failure === undefined) return;
  if (failure === 'undefined-command' && code !== undefined) reader.learnUnknown(code);
  throw new DeviceError(failureCodes[failure], `the projector refuses ${what}: ${failure}`, { details: { failure } });
}

function requireClass2(context: CommandContext, capability: string, name: string): void {
  if (context.class !== 2) throw unsupported({ capability, name });
}

function unsupported(command: { readonly capability: string; readonly name: string }): FatalError {
  return new FatalError(
    'unsupported-command',
    `a projector of this kind has no command ${command.capability}.${command.name}`,
  );
}
