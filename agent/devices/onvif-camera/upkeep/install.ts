import { randomUUID } from 'node:crypto';
import { getDeviceInformation } from '../../../../protocols/onvif/device.ts';
import { buildMtomFrame } from '../../../../protocols/onvif/upkeep/multipart.ts';
import { startFirmwareUpgrade, upgradeSystemFirmware } from '../../../../protocols/onvif/upkeep/system.ts';
import type { Artifact, InstallProgress } from '../../driver.ts';
import { DeviceError } from '../../error.ts';
import { relocate } from '../address.ts';
import type { CameraScene } from '../aspect.ts';
import type { Parcel } from '../client.ts';
import { isRefusal, statusError } from '../failure.ts';
import { answers } from './restart.ts';

type OnProgress = (progress: InstallProgress) => void;

/** What is left to do once the camera has the image. */
interface Sent {
  /** How long the camera may be away at the longest. */
  readonly awayLimitMs: number;
}

/** Slowest link that is waited for, and the time that a camera may take to write what it got before it answers. */
const slowestBytesPerMs = 64;
const writeLimitMs = 10 * 60_000;
const maxUploadDelayMs = 10 * 60_000;
const awayMs = { unknown: 5 * 60_000, shortest: 60_000, longest: 15 * 60_000 } as const;
const probeIntervalMs = 5_000;
/** A camera that starts may refuse right credentials once; a second time it means it. */
const refusedIntervalMs = 30_000;

/** Everything together that an installation may take. */
export const installLimitMs = 2 * 3_600_000;

/**
 * Gives a camera its firmware and sees which version runs then. Sending is never broken off once it has begun: half an
 * image may leave a camera dead, so an end of the agent waits for it, within the limits of this file.
 * Throws DeviceError: `unsupported` the camera takes no firmware or not this one, `device-fault` it failed on it,
 * `no-effect` it took the image and runs what it ran, `timeout` it did not come back.
 */
export async function installFirmware(
  scene: CameraScene,
  artifact: Artifact,
  onProgress: OnProgress,
  signal: AbortSignal,
): Promise<{ readonly version?: string }> {
  const { log } = scene.context;
  if (artifact.kind !== 'firmware') throw new DeviceError('unsupported', 'a camera takes firmware and no apps');
  const { upgrades } = scene.survey().upkeep;
  if (!upgrades || upgrades.length === 0)
    throw new DeviceError('unsupported', 'this camera takes no firmware by ONVIF');
  const before = await readVersion(scene, signal);
  if (before !== undefined && before === artifact.version) return { version: before };
  log.info('a camera gets firmware', { from: before, to: artifact.version, sizeBytes: artifact.sizeBytes });
  const { awayLimitMs } = await sendImage(scene, upgrades, artifact, onProgress, signal);
  onProgress({ stage: 'restarting' });
  const version = await seeVersion(scene, { before, wanted: artifact.version, awayLimitMs, onProgress }, signal);
  return version === undefined ? {} : { version };
}

/** By HTTP where the camera offers it; by SOAP when it knows only that, or takes back its offer before any byte has gone. */
async function sendImage(
  scene: CameraScene,
  ways: readonly ('http' | 'soap')[],
  artifact: Artifact,
  onProgress: OnProgress,
  signal: AbortSignal,
): Promise<Sent> {
  if (!ways.includes('http')) return await sendBySoap(scene, artifact, onProgress, signal);
  const { client } = scene;
  try {
    const offer = await client.call(client.deviceService, startFirmwareUpgrade(), { signal });
    return await sendByHttp(scene, offer, artifact, onProgress, signal);
  } catch (thrown) {
    const isUnknown = thrown instanceof DeviceError && thrown.code === 'unsupported' && thrown.details?.['fault'];
    if (!isUnknown || !ways.includes('soap')) throw thrown;
    return await sendBySoap(scene, artifact, onProgress, signal);
  }
}

async function sendByHttp(
  scene: CameraScene,
  offer: { readonly uploadUri: string; readonly uploadDelayMs: number; readonly downTimeMs: number | undefined },
  artifact: Artifact,
  onProgress: OnProgress,
  signal: AbortSignal,
): Promise<Sent> {
  const { client, context } = scene;
  const place = relocate(offer.uploadUri, client.origin);
  if (!place) throw new DeviceError('protocol', 'the camera gives an upload address that is not HTTP');
  if (offer.uploadDelayMs > maxUploadDelayMs) {
    throw new DeviceError(
      'busy',
      `the camera wants the image only in ${Math.round(offer.uploadDelayMs / 60_000)} minutes`,
    );
  }
  await context.clock.wait(offer.uploadDelayMs, signal);
  await withoutInterruption(scene, artifact, signal, onProgress, async (parcel, inner, timeoutMs) => {
    const status = await client.send(place, parcel, { signal: inner, timeoutMs });
    if (status < 200 || status > 299) throw uploadError(status);
  });
  const expectedMs = offer.downTimeMs ?? awayMs.unknown;
  return { awayLimitMs: Math.min(awayMs.longest, Math.max(awayMs.shortest, expectedMs)) * 2 };
}

async function sendBySoap(
  scene: CameraScene,
  artifact: Artifact,
  onProgress: OnProgress,
  signal: AbortSignal,
): Promise<Sent> {
  const { client } = scene;
  const operation = upgradeSystemFirmware();
  await withoutInterruption(scene, artifact, signal, onProgress, async (parcel, inner, timeoutMs) => {
    try {
      await client.call(client.deviceService, operation, {
        signal: inner,
        timeoutMs,
        pack: (envelope, action) => packed(envelope, action, operation.imageId, parcel),
      });
    } catch (thrown) {
      throw isWrongImage(thrown) ? new DeviceError('unsupported', notForIt, { cause: thrown }) : thrown;
    }
  });
  return { awayLimitMs: awayMs.unknown * 2 };
}

/** The envelope and the image as one message, read from the artifact while it goes. */
function packed(envelope: string, action: string, attachmentId: string, image: Parcel): Parcel {
  const boundary = `edufleet-${randomUUID()}`;
  const { contentType, before, after } = buildMtomFrame({ envelope, action, attachmentId, boundary });
  const { body } = image;
  if (typeof body === 'string' || !('open' in body)) throw new DeviceError('unsupported', 'only a stream is packed');
  return {
    contentType,
    body: {
      sizeBytes: before.byteLength + body.sizeBytes + after.byteLength,
      open: async function* (signal) {
        yield before;
        yield* body.open(signal);
        yield after;
      },
    },
  };
}

/**
 * Runs `send` under a time limit only: the signal of the caller is heard before the first byte and after the last. A
 * connection that breaks once the whole image is gone is no failure yet, for some cameras restart without an answer.
 */
async function withoutInterruption(
  scene: CameraScene,
  artifact: Artifact,
  signal: AbortSignal,
  onProgress: OnProgress,
  send: (parcel: Parcel, signal: AbortSignal, timeoutMs: number) => Promise<void>,
): Promise<void> {
  const { clock, log } = scene.context;
  signal.throwIfAborted();
  const timeoutMs = writeLimitMs + Math.ceil(artifact.sizeBytes / slowestBytesPerMs);
  using deadline = clock.deadline(timeoutMs);
  const warn = () => log.warn('a camera is being written; that is finished before anything ends', {});
  signal.addEventListener('abort', warn, { once: true });
  const counted = countedImage(artifact, onProgress);
  try {
    await send({ contentType: 'application/octet-stream', body: counted.body }, deadline.signal, timeoutMs);
  } catch (thrown) {
    if (!counted.isGone() || isRefusal(thrown) || !isBroken(thrown)) throw thrown;
    log.info('a camera took its firmware and ended without an answer', { error: thrown });
  } finally {
    signal.removeEventListener('abort', warn);
  }
  signal.throwIfAborted();
}

function isBroken(thrown: unknown): boolean {
  return thrown instanceof DeviceError && (thrown.code === 'connection-lost' || thrown.code === 'timeout');
}

/** The image as a body, which tells how much of it has gone. */
function countedImage(artifact: Artifact, onProgress: OnProgress) {
  let gone = 0;
  let told = -1;
  const body = {
    sizeBytes: artifact.sizeBytes,
    open: async function* (signal: AbortSignal) {
      gone = 0;
      for await (const chunk of artifact.open(signal)) {
        yield chunk;
        gone += chunk.byteLength;
        const percent = Math.floor((gone / Math.max(1, artifact.sizeBytes)) * 100);
        if (percent !== told) onProgress({ stage: 'sending', percent });
        told = percent;
      }
      onProgress({ stage: 'installing' });
    },
  };
  return { body, isGone: () => gone >= artifact.sizeBytes };
}

const notForIt = 'the camera says that this image is not for it and keeps what it has; check model and hardware';

/** What a status after an upload means [ONVIF Core 8.1.13]. */
function uploadError(status: number): DeviceError {
  const details = { status };
  if (status === 415) return new DeviceError('unsupported', notForIt, { details });
  if (status === 500) {
    return new DeviceError('device-fault', 'the camera failed while it took the image; look at its log', { details });
  }
  return statusError(status);
}

/** `ter:InvalidFirmware` of the older way. */
function isWrongImage(thrown: unknown): boolean {
  return thrown instanceof DeviceError && String(thrown.details?.['fault'] ?? '').includes('InvalidFirmware');
}

interface Expectation {
  readonly before: string | undefined;
  readonly wanted: string | undefined;
  readonly awayLimitMs: number;
  readonly onProgress: OnProgress;
}

type Told = { readonly version: string | undefined } | { readonly refusal: DeviceError };

/** Waits for the version that the camera has to run now, and believes only its own word for it. */
async function seeVersion(
  scene: CameraScene,
  expectation: Expectation,
  signal: AbortSignal,
): Promise<string | undefined> {
  const { clock } = scene.context;
  const endsAt = clock.mono() + expectation.awayLimitMs;
  let wasAway = false;
  let refusals = 0;
  for (;;) {
    const told = await lookAt(scene, signal);
    if (told && 'refusal' in told) {
      refusals += 1;
      if (refusals > 1) throw told.refusal;
      await clock.wait(refusedIntervalMs, signal);
      continue;
    }
    if (told && wasAway) expectation.onProgress({ stage: 'verifying' });
    if (told && isInstalled(told.version, expectation, wasAway)) return told.version;
    wasAway ||= told === undefined;
    if (clock.mono() >= endsAt) throw overdue(told !== undefined, expectation);
    await clock.wait(probeIntervalMs, signal);
  }
}

/** Throws DeviceError for a version that is neither the old nor the new one. */
function isInstalled(version: string | undefined, { before, wanted }: Expectation, wasAway: boolean): boolean {
  if (wanted === undefined) return wasAway || version !== before;
  if (version === wanted) return true;
  if (version === before) return false;
  throw new DeviceError('device-fault', `the camera runs ${version} now, not ${wanted}`);
}

function overdue(isThere: boolean, { before, awayLimitMs }: Expectation): DeviceError {
  const limit = `${Math.round(awayLimitMs / 1_000)} s`;
  return isThere
    ? new DeviceError('no-effect', `the camera took the image and still runs ${before} after ${limit}`)
    : new DeviceError('timeout', `the camera took the image and is not back after ${limit}; look at it on site`);
}

/** Undefined while the camera is away, or starts and answers nothing sound. */
async function lookAt(scene: CameraScene, signal: AbortSignal): Promise<Told | undefined> {
  if (!(await answers(scene, signal))) return undefined;
  try {
    return { version: await readVersion(scene, signal) };
  } catch (thrown) {
    signal.throwIfAborted();
    if (!(thrown instanceof DeviceError)) throw thrown;
    return thrown.code === 'authentication' ? { refusal: thrown } : undefined;
  }
}

async function readVersion({ client }: CameraScene, signal: AbortSignal): Promise<string | undefined> {
  return (await client.call(client.deviceService, getDeviceInformation(), { signal })).firmwareVersion;
}
