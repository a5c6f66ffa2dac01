import { getPresets, type PtzPreset, removePreset, setPreset } from '../../../../protocols/onvif/ptz.ts';
import type { DriverCommand } from '../../driver.ts';
import { DeviceError } from '../../error.ts';
import type { CameraScene } from '../aspect.ts';
import type { CameraServices } from '../survey.ts';

/** Presets whose token is longer could not be commanded through the contract. */
const maxTokenLength = 80;

/**
 * Stores where the camera looks now and looks whether it did; returns the token of the preset. A token that is given is
 * replaced. Throws DeviceError `unsupported` for an unknown one, `no-effect`.
 */
export async function savePreset(
  scene: CameraScene,
  ptz: NonNullable<CameraServices['ptz']>,
  { args }: DriverCommand,
  signal: AbortSignal,
): Promise<string> {
  const name = String(args['name']);
  const replaced = typeof args['token'] === 'string' ? args['token'] : undefined;
  const before = await readPresets(scene, ptz, signal);
  if (replaced !== undefined && !before.some(({ token }) => token === replaced)) {
    throw new DeviceError('unsupported', `the camera has no preset ${replaced}; read its presets again`);
  }
  const token = await scene.client.call(ptz.location, setPreset(ptz.profile, name, replaced), { signal });
  const presets = await readPresets(scene, ptz, signal);
  if (!presets.some((preset) => preset.token === token)) {
    throw new DeviceError('no-effect', `the camera acknowledged and has no preset ${token}`);
  }
  return token;
}

/** Forgets a stored position and looks whether it did; one that is not there is forgotten already. Throws DeviceError `no-effect`. */
export async function forgetPreset(
  scene: CameraScene,
  ptz: NonNullable<CameraServices['ptz']>,
  { args }: DriverCommand,
  signal: AbortSignal,
): Promise<string> {
  const token = String(args['token']);
  const has = (presets: readonly PtzPreset[]) => presets.some((preset) => preset.token === token);
  if (!has(await readPresets(scene, ptz, signal))) return token;
  await scene.client.call(ptz.location, removePreset(ptz.profile, token), { signal });
  if (has(await readPresets(scene, ptz, signal))) {
    throw new DeviceError('no-effect', `the camera acknowledged and still has preset ${token}`);
  }
  return token;
}

/** Asks for the presets, and remembers them for the next report. */
async function readPresets(
  { client, amend }: CameraScene,
  ptz: NonNullable<CameraServices['ptz']>,
  signal: AbortSignal,
): Promise<readonly PtzPreset[]> {
  const found = await client.call(ptz.location, getPresets(ptz.profile), { signal });
  const presets = found.filter(({ token }) => token.length <= maxTokenLength);
  amend({ presets });
  return presets;
}
