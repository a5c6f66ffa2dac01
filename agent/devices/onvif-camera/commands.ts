import { getSnapshotUri } from '../../../protocols/onvif/media.ts';
import type { DriverCommand } from '../driver.ts';
import { DeviceError } from '../error.ts';
import { relocate } from './address.ts';
import type { CameraScene, Offers, Output } from './aspect.ts';
import { pictureProfile, ptzState } from './mapping.ts';
import { Movement, type MovementResult } from './movement.ts';
import { forgetPreset, savePreset } from './sensing/presets.ts';

const maxPictureBytes = 4 * 1024 * 1024;

/** The commands of picture and movement, as far as this camera has them. */
export function sceneCommands(scene: CameraScene): Offers {
  const movement = movementOf(scene);
  return {
    ...(scene.survey().facts.hasSnapshot
      ? { snapshot: { take: { run: (command, signal) => takePicture(scene, command, signal) } } }
      : {}),
    ...(movement
      ? {
          ptz: {
            move: { run: async ({ args }, signal) => moved(scene, await movement.move(readMove(args), signal)) },
            stop: { run: async (_command, signal) => moved(scene, await movement.stop(signal)) },
            savePreset: { run: (command, signal) => stored(scene, savePreset, command, signal) },
            removePreset: { run: (command, signal) => stored(scene, forgetPreset, command, signal) },
            goToPreset: {
              run: async ({ args }, signal) => moved(scene, await movement.goToPreset(String(args['token']), signal)),
            },
          },
        }
      : {}),
  };
}

/** Moves this camera; undefined for one that cannot be moved. */
export function movementOf({ context, client, survey }: CameraScene): Movement | undefined {
  const { ptz } = survey().services;
  return ptz && new Movement(context.clock, client, ptz);
}

function moved({ context, survey }: CameraScene, { isVerified, status }: MovementResult): Output {
  const state = ptzState(survey().facts, status);
  context.reporter.report('ptz', state);
  const { presets: _known, ...where } = state;
  return { verified: isVerified, ...where };
}

/** Changes the stored positions and tells them. */
async function stored(
  scene: CameraScene,
  change: typeof savePreset,
  command: DriverCommand,
  signal: AbortSignal,
): Promise<Output> {
  const { ptz } = scene.survey().services;
  if (!ptz) throw new DeviceError('unsupported', 'this camera cannot be moved');
  const token = await change(scene, ptz, command, signal);
  const status = await movementOf(scene)?.status(signal);
  scene.context.reporter.report('ptz', ptzState(scene.survey().facts, status));
  return { verified: true, token };
}

async function takePicture(
  { context, client, survey }: CameraScene,
  command: DriverCommand,
  signal: AbortSignal,
): Promise<Output> {
  const { facts, services } = survey();
  const token = command.args['profile'] ?? pictureProfile(facts.profiles)?.token;
  const profile = facts.profiles.find((candidate) => candidate.token === token);
  if (!services.media || !profile) throw new DeviceError('unsupported', `the camera has no profile ${String(token)}`);
  const { version, location } = services.media;
  const uri = await client.call(location, getSnapshotUri(version, profile.token), { signal });
  const picture = relocate(uri, client.origin);
  if (!picture) throw new DeviceError('protocol', 'the camera gives a picture address that is not HTTP');
  const bytes = await client.fetch(picture, { signal, maxBytes: maxPictureBytes });
  if (!isJpeg(bytes)) throw new DeviceError('protocol', 'what the camera gives as a picture is no JPEG');
  await context.upload(command.id, 'image/jpeg', bytes, signal);
  return { sizeBytes: bytes.byteLength, profile: profile.token };
}

function isJpeg(bytes: Uint8Array): boolean {
  return bytes.length > 4 && bytes[0] === 0xff && bytes[1] === 0xd8 && bytes[2] === 0xff;
}

function readMove(args: DriverCommand['args']) {
  const number = (name: string) => Number(args[name] ?? 0);
  return { pan: number('pan'), tilt: number('tilt'), zoom: number('zoom'), durationMs: number('durationMs') };
}
