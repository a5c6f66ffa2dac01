import { getDeviceInformation } from '../../../../protocols/onvif/device.ts';
import { systemReboot } from '../../../../protocols/onvif/upkeep/system.ts';
import { DeviceError } from '../../error.ts';
import type { CameraAspect, CameraScene, Output } from '../aspect.ts';
import { isRefusal } from '../failure.ts';

/** A camera must be gone within this after it has promised to restart, and back within that. */
const leaveLimitMs = 90_000;
const returnLimitMs = 6 * 60_000;
const probeIntervalMs = 1_000;
const probeTimeoutMs = 2_500;

/** The camera's power, as far as it goes by wire: it runs, and it can be restarted. */
export function openRestart(scene: CameraScene): CameraAspect {
  const limitMs = leaveLimitMs + returnLimitMs + 60_000;
  return {
    survey: async () => undefined,
    offers: () => ({ power: { reboot: { limitMs, run: (_command, signal) => reboot(scene, signal) } } }),
    report: () => scene.context.reporter.report('power', { state: 'on' }),
  };
}

/** Restarts the camera once and sees it go and come back; a promise to restart is not believed. Throws DeviceError. */
async function reboot(scene: CameraScene, signal: AbortSignal): Promise<Output> {
  const { context, client } = scene;
  const { clock, log } = context;
  const askedAt = clock.mono();
  try {
    await client.call(client.deviceService, systemReboot(), { signal });
  } catch (thrown) {
    signal.throwIfAborted();
    if (isRefusal(thrown)) throw thrown;
    // Some cameras go before they answer. What they do tells; nothing is sent a second time.
    log.info('a camera did not answer to its restart', { error: thrown });
  }
  await seeLeave(scene, signal);
  const leftAt = clock.mono();
  await seeReturn(scene, signal);
  return {
    awaySeconds: Math.round((clock.mono() - leftAt) / 1_000),
    tookSeconds: Math.round((clock.mono() - askedAt) / 1_000),
  };
}

/** Waits until the camera does not answer. Throws DeviceError `no-effect`. */
async function seeLeave(scene: CameraScene, signal: AbortSignal): Promise<void> {
  const { clock } = scene.context;
  const endsAt = clock.mono() + leaveLimitMs;
  while (await answers(scene, signal)) {
    if (clock.mono() >= endsAt) {
      throw new DeviceError(
        'no-effect',
        `the camera promised to restart and was never away within ${leaveLimitMs / 1_000} s`,
      );
    }
    await clock.wait(probeIntervalMs, signal);
  }
}

/** Waits until the camera lets us in again. Throws DeviceError `timeout`. */
async function seeReturn(scene: CameraScene, signal: AbortSignal): Promise<void> {
  const { context } = scene;
  const endsAt = context.clock.mono() + returnLimitMs;
  for (;;) {
    // The look at its clock comes first: that may have changed, and no sign-in must be a wrong one.
    if ((await answers(scene, signal)) && (await letsUsIn(scene, signal))) return;
    if (context.clock.mono() >= endsAt) {
      throw new DeviceError(
        'timeout',
        `the camera went away to restart and is not back after ${returnLimitMs / 1_000} s`,
      );
    }
    await context.clock.wait(probeIntervalMs, signal);
  }
}

/** A camera that starts may fail at first; one that refuses us is not asked again. */
async function letsUsIn({ client }: CameraScene, signal: AbortSignal): Promise<boolean> {
  try {
    await client.call(client.deviceService, getDeviceInformation(), { signal });
    return true;
  } catch (thrown) {
    signal.throwIfAborted();
    if (!(thrown instanceof DeviceError) || thrown.code === 'authentication') throw thrown;
    return false;
  }
}

/** Whether the camera tells its clock, without credentials: a camera that starts may refuse right ones. */
export async function answers({ client, context }: CameraScene, signal: AbortSignal): Promise<boolean> {
  using deadline = context.clock.deadline(probeTimeoutMs, signal);
  try {
    await client.readClock(deadline.signal);
    return true;
  } catch (thrown) {
    signal.throwIfAborted();
    // A camera that never tells its clock answers all the same; anything else that goes wrong means that it is not there yet.
    return isRefusal(thrown) && thrown.code !== 'protocol';
  }
}
