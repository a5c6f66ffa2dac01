import type { Clock } from '../../../protocols/ports.ts';
import { DeviceError } from '../error.ts';
import type { Effect, StudioMember, Undo } from './member.ts';
import type { PlannedStep } from './scene-run.ts';
import type { Seat } from './seat.ts';
import type { Step } from './settings.ts';

/** What a step may use. */
export interface StepContext {
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** Throws DeviceError when there is no such part. */
  seat(name: string): Seat;
  /** A part is told to end what it does. */
  onEnding(part: string): void;
}

type PartStep<D extends Step['do']> = Extract<Step, { do: D }>;
type Perform = PlannedStep['perform'];

/** Makes a step of the settings one that can be carried out. */
export function planStep(step: Step, context: StepContext): PlannedStep {
  return { label: labelOf(step), perform: performerOf(step, context) };
}

/** The parts that these steps need. */
export function partsOf(steps: readonly Step[]): readonly string[] {
  return [...new Set(steps.flatMap((step) => (step.do === 'wait' ? [] : [step.part])))];
}

function labelOf(step: Step): string {
  switch (step.do) {
    case 'show':
      return `${step.part}: show ${step.scene}`;
    case 'preset':
      return `${step.part}: go to preset ${step.preset}`;
    case 'record':
      return `${step.part}: ${step.on ? 'record' : 'end the recording'}`;
    case 'stream':
      return `${step.part}: ${step.on ? 'go live' : 'end the stream'}`;
    case 'mute':
      return `${step.part}: ${step.muted ? 'mute' : 'open'} ${step.input}`;
    case 'power':
      return `${step.part}: ${step.on ? 'turn on' : 'go into standby'}`;
    case 'wait':
      return `wait ${step.seconds} s`;
  }
}

function performerOf(step: Step, context: StepContext): Perform {
  switch (step.do) {
    case 'show':
      return (register) => show(step, context, register);
    case 'preset':
      return (register) => goToPreset(step, context, register);
    case 'record':
      return (register) => record(step, context, register);
    case 'stream':
      return (register) => stream(step, context, register);
    case 'mute':
      return (register) => mute(step, context, register);
    case 'power':
      return (register) => power(step, context, register);
    case 'wait':
      return async () => {
        await context.clock.wait(step.seconds * 1_000, context.signal);
        return 'unchanged';
      };
  }
}

type Register = Parameters<Perform>[0];
type Change = Awaited<ReturnType<Perform>>;

type Keep = (undo: Undo) => void;

/**
 * Every order begins with a look, so that only what we change is ever taken back. What takes it back waits for the part as
 * an order does, because the failure may have cost its connection.
 */
async function withPart(
  part: string,
  { seat, signal }: StepContext,
  register: Register,
  work: (member: StudioMember, keep: Keep) => Promise<Effect>,
): Promise<Change> {
  const place = seat(part);
  const keep: Keep = (undo) => register((undoSignal) => place.use(() => undo(undoSignal)));
  return await place.use(async (member) => {
    await member.poll(signal);
    return (await work(member, keep)).changed ? 'changed' : 'unchanged';
  });
}

async function show({ part, scene }: PartStep<'show'>, context: StepContext, register: Register): Promise<Change> {
  return await withPart(part, context, register, async (member, keep) => {
    const scenes = able(member.can.scenes);
    const before = member.reading.scenes?.current;
    if (before !== undefined && before !== scene) keep((signal) => asVoid(scenes.show(before, signal)));
    return await scenes.show(scene, context.signal);
  });
}

async function goToPreset(
  { part, preset }: PartStep<'preset'>,
  context: StepContext,
  register: Register,
): Promise<Change> {
  return await withPart(part, context, register, async (member, keep) => {
    const camera = able(member.can.camera);
    const back = camera.remember();
    if (back) keep(back);
    return await camera.goToPreset(String(preset), context.signal);
  });
}

async function record({ part, on }: PartStep<'record'>, context: StepContext, register: Register): Promise<Change> {
  return await withPart(part, context, register, async (member, keep) => {
    const recording = able(member.can.recording);
    if (!on) return await ended(part, context, recording.stop(context.signal));
    if (member.reading.recording?.state === 'stopped') {
      keep((signal) => asVoid(ended(part, context, recording.stop(signal))));
    }
    return await recording.start(context.signal);
  });
}

async function stream({ part, on }: PartStep<'stream'>, context: StepContext, register: Register): Promise<Change> {
  return await withPart(part, context, register, async (member, keep) => {
    const streaming = able(member.can.streaming);
    if (!on) return await ended(part, context, streaming.stop(context.signal));
    if (member.reading.streaming?.state === 'stopped') {
      keep((signal) => asVoid(ended(part, context, streaming.stop(signal))));
    }
    return await streaming.start(context.signal);
  });
}

function ended(part: string, { onEnding }: StepContext, stop: Promise<Effect>): Promise<Effect> {
  onEnding(part);
  return stop;
}

async function mute(
  { part, input, muted }: PartStep<'mute'>,
  context: StepContext,
  register: Register,
): Promise<Change> {
  return await withPart(part, context, register, async (member, keep) => {
    const sound = able(member.can.sound);
    const effect = await sound.mute(input, muted, context.signal);
    if (effect.changed) keep((signal) => asVoid(sound.mute(input, !muted, signal)));
    return effect;
  });
}

async function power({ part, on }: PartStep<'power'>, context: StepContext, register: Register): Promise<Change> {
  return await withPart(part, context, register, async (member, keep) => {
    const camera = able(member.can.camera);
    if (member.reading.camera?.isOn === !on) keep((signal) => asVoid(camera.setPower(!on, signal)));
    return await camera.setPower(on, context.signal);
  });
}

/** The settings have been checked; a part that cannot is a mistake of ours. */
function able<T>(ability: T | undefined): T {
  if (ability !== undefined) return ability;
  throw new DeviceError('unsupported', 'this part cannot do that');
}

async function asVoid(work: Promise<unknown>): Promise<void> {
  await work;
}
