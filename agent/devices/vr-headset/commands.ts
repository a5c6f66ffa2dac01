import { type InstalledPackage, parsePackageFailure } from '../../../protocols/adb/readings.ts';
import { isPackageName } from '../../../protocols/adb/services.ts';
import { FatalError } from '../../../protocols/errors.ts';
import type { Clock } from '../../../protocols/ports.ts';
import type { DriverCommand } from '../driver.ts';
import { DeviceError } from '../error.ts';
import type { AdbClient } from './client.ts';

/** What a command needs from its session. */
export interface CommandContext {
  readonly client: AdbClient;
  readonly serial: string;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** Whether the server sees the headset ready. */
  readonly isReady: () => Promise<boolean>;
  /** Reads and reports what is installed. */
  readonly readPackages: () => Promise<readonly InstalledPackage[]>;
}

type Output = Readonly<Record<string, unknown>>;

const effectWaitMs = 20_000;
/** A headset takes some seconds to shut down. */
const rebootWaitMs = 60_000;
const effectStepMs = 1_000;

/** Carries out one command and reads its effect back. Throws DeviceError, or FatalError `unsupported-command`. */
export async function executeCommand(command: DriverCommand, context: CommandContext): Promise<Output> {
  const { args } = command;
  switch (`${command.capability}.${command.name}`) {
    case 'power.reboot':
      return await reboot(context);
    case 'apps.remove':
      return await remove(packageOf(args), context);
    case 'apps.launch':
      return await launch(packageOf(args), context);
    default:
      throw new FatalError('unsupported-command', `a headset has no command ${command.capability}.${command.name}`);
  }
}

async function reboot(context: CommandContext): Promise<Output> {
  await context.client.run(context.serial, { kind: 'reboot' }, context.signal);
  await awaitEffect(context, 'the headset acknowledged the reboot and stayed', rebootWaitMs, async () => {
    return !(await context.isReady());
  });
  return { away: true };
}

async function remove(id: string, context: CommandContext): Promise<Output> {
  if (!has(await context.readPackages(), id)) return { id, changed: false };
  const answer = await context.client.run(context.serial, { kind: 'remove', package: id }, context.signal);
  const failure = parsePackageFailure(answer);
  if (failure !== undefined) throw new DeviceError('device-fault', `the headset does not remove ${id}: ${failure}`);
  if (has(await context.readPackages(), id)) throw new DeviceError('no-effect', `${id} is still installed`);
  return { id, changed: true };
}

async function launch(id: string, context: CommandContext): Promise<Output> {
  const { client, serial, signal } = context;
  if (!has(await context.readPackages(), id)) {
    throw new DeviceError('unsupported', `${id} is not among the installed apps of this headset`);
  }
  await client.run(serial, { kind: 'launch', package: id }, signal);
  await awaitEffect(context, `${id} was launched and does not run`, effectWaitMs, async () => {
    return /^\d+/.test(await client.run(serial, { kind: 'process', package: id }, signal));
  });
  return { id, running: true };
}

async function awaitEffect(
  { clock, signal }: CommandContext,
  otherwise: string,
  limitMs: number,
  isSeen: () => Promise<boolean>,
): Promise<void> {
  const endsAt = clock.mono() + limitMs;
  while (!(await isSeen())) {
    if (clock.mono() >= endsAt) throw new DeviceError('no-effect', otherwise);
    await clock.wait(effectStepMs, signal);
  }
}

function has(packages: readonly InstalledPackage[], id: string): boolean {
  return packages.some((entry) => entry.id === id);
}

/** Throws FatalError `invalid-arguments`. */
function packageOf(args: DriverCommand['args']): string {
  const id = String(args['id']);
  if (isPackageName(id)) return id;
  throw new FatalError('invalid-arguments', 'the id of an app has words of letters, digits and _, joined by dots');
}
