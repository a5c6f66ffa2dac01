import { type InstalledPackage, parsePackageFailure } from '../../../protocols/adb/readings.ts';
import { isPackageName } from '../../../protocols/adb/services.ts';
import type { Clock } from '../../../protocols/ports.ts';
import type { Artifact, InstallProgress } from '../driver.ts';
import { DeviceError } from '../error.ts';
import type { AdbClient } from './client.ts';

/** What an installation needs from its session. */
export interface InstallContext {
  readonly client: AdbClient;
  readonly serial: string;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly onProgress: (progress: InstallProgress) => void;
  /** Reads and reports what is installed. */
  readonly readPackages: () => Promise<readonly InstalledPackage[]>;
}

const cleanUpMs = 3_000;

/**
 * Sends an app piece by piece, installs it over the one before and believes only the headset's own list; returns the version
 * code that it tells. Throws DeviceError: `unsupported` for firmware and for a name that is no package id, `protocol` for
 * content of another size, `device-fault` for a package that the headset refuses, `no-effect` for one that is not there then.
 */
export async function installApp(artifact: Artifact, context: InstallContext): Promise<{ readonly version: string }> {
  requireApp(artifact);
  const { client, serial, signal, onProgress } = context;
  try {
    onProgress({ stage: 'sending', percent: 0 });
    await client.stage(serial, countedPieces(artifact, context), artifact.sizeBytes, signal);
    onProgress({ stage: 'installing' });
    const failure = parsePackageFailure(await client.run(serial, { kind: 'install-staged' }, signal));
    if (failure !== undefined) throw new DeviceError('device-fault', `the headset refuses the package: ${failure}`);
  } finally {
    // What was begun is cleaned up although the installation was cut off, within a moment.
    using moment = context.clock.deadline(cleanUpMs);
    await client.run(serial, { kind: 'discard-staged' }, moment.signal).catch(() => {
      // The next installation writes over what is left.
    });
  }
  onProgress({ stage: 'verifying' });
  return { version: await verifiedVersion(artifact, context) };
}

function requireApp({ kind, name }: Artifact): void {
  if (kind !== 'app') throw new DeviceError('unsupported', `a headset takes apps by this way, no ${kind}`);
  if (!isPackageName(name)) throw new DeviceError('unsupported', 'the name of the artifact is no package id');
}

/** Tells each whole percent once; ends with an error where the content has another size than the artifact says. */
async function* countedPieces(artifact: Artifact, { signal, onProgress }: InstallContext): AsyncGenerator<Uint8Array> {
  const { sizeBytes } = artifact;
  let sentBytes = 0;
  let told = 0;
  for await (const piece of artifact.open(signal)) {
    sentBytes += piece.length;
    if (sentBytes > sizeBytes) break;
    yield piece;
    const percent = Math.floor((sentBytes / sizeBytes) * 100);
    if (percent > told) onProgress({ stage: 'sending', percent });
    told = percent;
  }
  if (sentBytes === sizeBytes) return;
  throw new DeviceError('protocol', 'the package has another size than its release says', {
    details: { wanted: sizeBytes, found: sentBytes },
  });
}

async function verifiedVersion(artifact: Artifact, context: InstallContext): Promise<string> {
  const installed = (await context.readPackages()).find(({ id }) => id === artifact.name);
  if (!installed) throw new DeviceError('no-effect', `the headset took the package, and it is not ${artifact.name}`);
  if (artifact.version !== undefined && installed.version !== artifact.version) {
    throw new DeviceError('no-effect', `the headset took ${artifact.name} and tells another version of it`, {
      details: { wanted: artifact.version, found: installed.version },
    });
  }
  return installed.version;
}
