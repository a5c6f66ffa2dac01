import { FatalError } from '../../../protocols/errors.ts';
import type { Clock } from '../../../protocols/ports.ts';
import type { DriverCommand, Reporter } from '../driver.ts';
import { DeviceError, type DeviceErrorCode } from '../error.ts';
import type { Abilities, Effect, StudioMember } from './member.ts';
import { currentHold, holdFor, requireObeyed, type StudioMemory } from './memory.ts';
import { type RigView, workUnderWay } from './rig-view.ts';
import { runSteps } from './scene-run.ts';
import type { Seat } from './seat.ts';
import type { Settings } from './settings.ts';
import { partsOf, planStep } from './steps.ts';

/** What a command needs of its session. */
export interface CommandContext {
  readonly seats: readonly Seat[];
  readonly settings: Settings;
  readonly memory: StudioMemory;
  readonly clock: Clock;
  readonly reporter: Reporter;
  readonly signal: AbortSignal;
  /** Sends a picture to the hub for the command that asked for it. */
  upload(commandId: string, bytes: Uint8Array): Promise<void>;
  /** Looks at every part, and returns what is seen. */
  look(): Promise<RigView>;
  /** Tells what has changed. */
  publish(): void;
}

type Output = Readonly<Record<string, unknown>>;
type Scene = Settings['scenes'][number];

const undoLimitMs = 60_000;

/** Carries out one command and verifies its effect. Throws DeviceError, or FatalError `unsupported-command`. */
export async function executeCommand(command: DriverCommand, context: CommandContext): Promise<Output> {
  const run = commandOf(command, context);
  if (!run) throw new FatalError('unsupported-command', `this studio has no ${command.capability}.${command.name}`);
  try {
    return await run();
  } finally {
    context.publish();
  }
}

function commandOf(
  { id, capability, name, args }: DriverCommand,
  context: CommandContext,
): (() => Promise<Output>) | undefined {
  const key = `${capability}.${name}`;
  switch (key) {
    case 'studio.lock':
      return async () => lock(args, context);
    case 'studio.unlock':
      return async () => unlock(args, context);
    case 'studio.runScene':
      return context.settings.scenes.length === 0 ? undefined : () => runScene(args, context);
    case 'snapshot.take':
      return has(context, 'picture') ? () => takePicture(id, args, context) : undefined;
    case 'power.on':
    case 'power.off':
      return has(context, 'camera') ? () => switchPower(name === 'on', context) : undefined;
    default: {
      const order = Object.hasOwn(orders, key) ? orders[key] : undefined;
      if (!order || !context.seats.some(({ member }) => order.of(member.can))) return undefined;
      return () => give(order, args, context);
    }
  }
}

/** A command that goes to one part. */
interface Order {
  /** The order as this member takes it; undefined where it cannot. */
  readonly of: (can: Abilities) => ((args: Output, signal: AbortSignal) => Promise<Effect>) | undefined;
  /** It ends what the part does, so that the end is no failure. */
  readonly isEnd?: boolean;
}

const orders: Readonly<Record<string, Order>> = {
  'recording.start': { of: ({ recording }) => recording && ((_, signal) => recording.start(signal)) },
  'recording.stop': { of: ({ recording }) => recording && ((_, signal) => recording.stop(signal)), isEnd: true },
  'recording.pause': {
    of: ({ recording }) => recording?.pause && ((_, signal) => required(recording.pause)(signal)),
  },
  'recording.resume': {
    of: ({ recording }) => recording?.resume && ((_, signal) => required(recording.resume)(signal)),
  },
  'streaming.start': { of: ({ streaming }) => streaming && ((_, signal) => streaming.start(signal)) },
  'streaming.stop': { of: ({ streaming }) => streaming && ((_, signal) => streaming.stop(signal)), isEnd: true },
  'scene.set': { of: ({ scenes }) => scenes && ((args, signal) => scenes.show(String(args['name']), signal)) },
  'sound.mute': {
    of: ({ sound }) => sound && ((args, signal) => sound.mute(String(args['input']), args['muted'] === true, signal)),
  },
  'virtualcamera.set': {
    of: ({ virtualCamera }) => virtualCamera && ((args, signal) => virtualCamera.set(args['active'] === true, signal)),
  },
  'ptz.move': {
    of: ({ camera }) =>
      camera &&
      ((args, signal) => {
        const number = (key: string) => Number(args[key]);
        const velocity = {
          pan: number('pan'),
          tilt: number('tilt'),
          zoom: number('zoom'),
          durationMs: number('durationMs'),
        };
        return camera.move(velocity, signal);
      }),
  },
  'ptz.stop': { of: ({ camera }) => camera && ((_, signal) => camera.stop(signal)) },
  'ptz.goToPreset': {
    of: ({ camera }) => camera && ((args, signal) => camera.goToPreset(String(args['token']), signal)),
  },
};

function required<T>(method: T | undefined): T {
  if (method !== undefined) return method;
  throw new DeviceError('unsupported', 'this part cannot do that');
}

async function give(order: Order, args: Output, context: CommandContext): Promise<Output> {
  requireObeyed(context.memory, context.clock, textOf(args['holder']));
  const seat = seatFor(textOf(args['part']), ({ can }) => order.of(can) !== undefined, context);
  if (order.isEnd) context.memory.ending.add(seat.name);
  try {
    const effect = await seat.use((member) => required(order.of(member.can))(args, context.signal));
    const { changed, output, isVerified } = effect;
    return {
      part: seat.name,
      changed,
      ...(output === undefined ? {} : { output }),
      ...(isVerified === undefined ? {} : { verified: isVerified }),
    };
  } finally {
    context.publish();
    context.memory.ending.delete(seat.name);
  }
}

/** What the part named as the profile shows, else the first that can; nobody's work is disturbed, so nobody is asked. */
async function takePicture(id: string, args: Output, context: CommandContext): Promise<Output> {
  const seat = seatFor(textOf(args['profile']), ({ can }) => can.picture !== undefined, context);
  const bytes = await seat.use((member) => required(member.can.picture).take(context.signal));
  await context.upload(id, bytes);
  return { sizeBytes: bytes.byteLength, profile: seat.name };
}

function lock(args: Output, { memory, clock, reporter }: CommandContext): Output {
  const holder = String(args['holder']);
  requireObeyed(memory, clock, holder);
  const hold = holdFor(memory, clock, holder, Number(args['minutes']));
  reporter.emit({ capability: 'studio', name: 'lock', severity: 'info', data: { holder, by: holder } });
  return { holder, until: hold.untilWall };
}

function unlock(args: Output, { memory, clock, reporter }: CommandContext): Output {
  const by = textOf(args['holder']);
  const hold = currentHold(memory, clock);
  if (!hold) return { changed: false };
  if (args['force'] !== true) requireObeyed(memory, clock, by);
  memory.hold = undefined;
  const severity = by === hold.holder ? 'info' : 'warning';
  reporter.emit({ capability: 'studio', name: 'lock', severity, data: by === undefined ? {} : { by } });
  return { changed: true, holder: hold.holder };
}

/** All cameras. A studio that works is not touched: its picture would be gone from recording and stream. */
async function switchPower(on: boolean, context: CommandContext): Promise<Output> {
  requireObeyed(context.memory, context.clock, undefined);
  const work = workUnderWay(await context.look());
  if (work) {
    const doing = work === 'live' ? 'is live' : 'is recording';
    throw new DeviceError('busy', `the studio ${doing}; power is left alone until that has ended`, {
      details: { work },
    });
  }
  const cameras = context.seats.filter(({ member }) => member.can.camera);
  const results = await Promise.allSettled(
    cameras.map((seat) => seat.use((member) => required(member.can.camera).setPower(on, context.signal))),
  );
  context.signal.throwIfAborted();
  const failed = results.find((result) => result.status === 'rejected');
  if (failed) throw failed.reason;
  return { state: on ? 'on' : 'off', cameras: cameras.length };
}

/** One button: every part must answer before the first step, and what fails is taken back. */
async function runScene(args: Output, context: CommandContext): Promise<Output> {
  const { memory, clock, settings, signal } = context;
  requireObeyed(memory, clock, textOf(args['holder']));
  const scene = settings.scenes.find(({ id }) => id === args['scene']);
  if (!scene) throw new DeviceError('unsupported', `this studio has no scene ${String(args['scene'])}`);
  for (const part of partsOf(scene.steps)) {
    await seatFor(part, () => true, context).use(async () => {});
  }
  const steps = scene.steps.map((step) =>
    planStep(step, {
      clock,
      signal,
      seat: (name) => seatFor(name, () => true, context),
      onEnding: (part) => memory.ending.add(part),
    }),
  );
  const result = await runSteps(steps, async (undo, label) => {
    // An agent that stops has no time to take back; what stays is told.
    signal.throwIfAborted();
    using deadline = clock.deadline(undoLimitMs, signal);
    context.publish();
    await undo(deadline.signal).catch((thrown) => {
      throw new DeviceError('no-effect', `${label} was not taken back`, { cause: thrown });
    });
  });
  context.publish();
  memory.ending.clear();
  const failed = result.outcome === 'done' ? undefined : steps[result.step]?.label.slice(0, 200);
  noteRun(scene, result.outcome, failed, context);
  if (result.outcome === 'done') return { scene: scene.id, steps: steps.length };
  throw sceneFailure(scene, failed ?? '', result.failure, result.remains);
}

function noteRun(
  scene: Scene,
  outcome: 'done' | 'undone' | 'left-as-is',
  failed: string | undefined,
  { memory, clock, reporter }: CommandContext,
): void {
  const data = { scene: scene.id, outcome, ...(failed === undefined ? {} : { failed }) };
  memory.lastRun = { ...data, at: Math.round(clock.now()) };
  if (outcome === 'done') memory.scene = scene.id;
  const severity = outcome === 'done' ? 'info' : 'warning';
  reporter.emit({ capability: 'studio', name: 'sceneRun', severity, data });
}

function sceneFailure(scene: Scene, failed: string, failure: unknown, remains: readonly string[]): DeviceError {
  const code: DeviceErrorCode = failure instanceof DeviceError ? failure.code : 'device-fault';
  const why = failure instanceof Error ? failure.message : String(failure);
  const rest = remains.length === 0 ? 'everything was taken back' : `this stays as it is: ${remains.join('; ')}`;
  return new DeviceError(code, `scene ${scene.name} failed at "${failed}": ${why}; ${rest}`, {
    cause: failure,
    details: { failed, remains },
  });
}

/** The named part, or the first that can. Throws DeviceError `unsupported`. */
function seatFor(name: string | undefined, canDo: (member: StudioMember) => boolean, { seats }: CommandContext): Seat {
  const seat =
    name === undefined ? seats.find(({ member }) => canDo(member)) : seats.find((each) => each.name === name);
  if (!seat) throw new DeviceError('unsupported', `this studio has no part ${name ?? 'that can do that'}`);
  if (!canDo(seat.member)) throw new DeviceError('unsupported', `${seat.name} cannot do that`);
  return seat;
}

function has({ seats }: CommandContext, ability: keyof Abilities): boolean {
  return seats.some(({ member }) => member.can[ability] !== undefined);
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}
