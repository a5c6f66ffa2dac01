import { createHash } from 'node:crypto';
import { type InstalledPackage, parsePackageFailure } from '../../../protocols/adb/readings.ts';
import { isPackageName } from '../../../protocols/adb/services.ts';
import { FatalError } from '../../../protocols/errors.ts';
import type { Clock } from '../../../protocols/ports.ts';
import type { DriverCommand, HttpPort } from '../driver.ts';
import { DeviceError } from '../error.ts';
import type { AdbClient } from './client.ts';

/** What a command needs from its session. */
export interface CommandContext {
  readonly client: AdbClient;
  readonly serial: string;
  readonly http: HttpPort;
  readonly clock: Clock;
  readonly maxPackageBytes: number;
  readonly signal: AbortSignal;
  /** Whether the server sees the headset ready. */
  readonly isReady: () => Promise<boolean>;
  /** Reads and reports what is installed. */
  readonly readPackages: () => Promise<readonly InstalledPackage[]>;
}

type Output = Readonly<Record<string, unknown>>;

const downloadTimeoutMs = 240_000;
const cleanUpMs = 3_000;
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
    case 'apps.install':
      return await install(packageOf(args), String(args['url']), String(args['sha256']), context);
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

async function install(id: string, url: string, sha256: string, context: CommandContext): Promise<Output> {
  const { client, serial, signal } = context;
  const file = await fetchPackage(url, sha256, context);
  try {
    await client.stage(serial, file, signal);
    const failure = parsePackageFailure(await client.run(serial, { kind: 'install-staged' }, signal));
    if (failure !== undefined) throw new DeviceError('device-fault', `the headset refuses the package: ${failure}`);
  } finally {
    // What was begun is cleaned up although the command was cut off, within a moment.
    using moment = context.clock.deadline(cleanUpMs);
    await client.run(serial, { kind: 'discard-staged' }, moment.signal).catch(() => {
      // The next install writes over what is left.
    });
  }
  const installed = (await context.readPackages()).find((entry) => entry.id === id);
  if (!installed) throw new DeviceError('no-effect', `the headset took the package, and it is not ${id}`);
  return { id, version: installed.version, bytes: file.length };
}

/** Only a file with exactly this hash goes on. Throws DeviceError `unavailable` or `protocol`. */
async function fetchPackage(url: string, sha256: string, context: CommandContext): Promise<Uint8Array> {
  const { http, maxPackageBytes, signal } = context;
  const { status, body } = await http.request({
    method: 'GET',
    url,
    timeoutMs: downloadTimeoutMs,
    maxBytes: maxPackageBytes,
    signal,
  });
  if (status !== 200) throw new DeviceError('unavailable', `the package cannot be fetched: HTTP status ${status}`);
  const found = createHash('sha256').update(body).digest('hex');
  if (found !== sha256) {
    throw new DeviceError('protocol', 'the fetched package is not the one that was asked for: its SHA-256 differs', {
      details: { wanted: sha256, found },
    });
  }
  return body;
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
