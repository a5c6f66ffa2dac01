import {
  continuousMove,
  getPresets,
  getStatus,
  gotoPreset,
  type PtzPosition,
  type PtzStatus,
  type PtzVelocity,
  stop,
} from '../../../protocols/onvif/ptz.ts';
import type { Clock } from '../../../protocols/ports.ts';
import { DeviceError } from '../error.ts';
import type { OnvifClient } from './client.ts';
import { isRefusal } from './failure.ts';
import type { CameraServices } from './survey.ts';

/** What became of a movement. `isVerified` is false where a camera tells neither position nor movement. */
export interface MovementResult {
  readonly isVerified: boolean;
  readonly status: PtzStatus | undefined;
}

interface Move extends PtzVelocity {
  readonly durationMs: number;
}

/** A camera that was told to stop must stand within this. */
const standstillMs = 3_000;
/** The longest way between two presets. */
const presetTravelMs = 20_000;
const statusIntervalMs = 400;
const stopTimeoutMs = 2_000;
const stopAttempts = 2;
/** Positions nearer than this are the same. */
const positionTolerance = 0.02;
const smallestChange = 0.001;

/** Moves one camera and looks whether it did. */
export class Movement {
  readonly #clock: Clock;
  readonly #client: OnvifClient;
  readonly #ptz: NonNullable<CameraServices['ptz']>;

  constructor(clock: Clock, client: OnvifClient, ptz: NonNullable<CameraServices['ptz']>) {
    this.#clock = clock;
    this.#client = client;
    this.#ptz = ptz;
  }

  /** Where it looks; undefined for a camera that cannot tell. Throws DeviceError. */
  async status(signal: AbortSignal): Promise<PtzStatus | undefined> {
    try {
      return await this.#client.call(this.#ptz.location, getStatus(this.#ptz.profile), { signal });
    } catch (thrown) {
      if (isRefusal(thrown)) return undefined;
      throw thrown;
    }
  }

  /** Drives for `durationMs` and stops, also when the wait is cut short; the camera has a timeout of its own beside. Throws DeviceError `no-effect`. */
  async move(move: Move, signal: AbortSignal): Promise<MovementResult> {
    const before = await this.status(signal);
    const timeoutMs = Math.ceil(move.durationMs / 1_000) * 1_000;
    const during = await this.#drive(move, timeoutMs, signal);
    const after = await this.#waitForStandstill(standstillMs, signal);
    return { isVerified: hasMoved(before, during, after), status: after };
  }

  /** Stops all axes and waits until the camera stands. Throws DeviceError `no-effect`. */
  async stop(signal: AbortSignal): Promise<MovementResult> {
    await this.#client.call(this.#ptz.location, stop(this.#ptz.profile), { signal });
    const after = await this.#waitForStandstill(standstillMs, signal);
    return { isVerified: after?.isMoving === false, status: after };
  }

  /** Moves to a stored position and waits for its arrival. Throws DeviceError `unsupported` for an unknown one, `no-effect`. */
  async goToPreset(token: string, signal: AbortSignal): Promise<MovementResult> {
    const presets = await this.#client.call(this.#ptz.location, getPresets(this.#ptz.profile), { signal });
    const preset = presets.find((candidate) => candidate.token === token);
    if (!preset) throw new DeviceError('unsupported', `the camera has no preset ${token}; read its presets again`);
    await this.#client.call(this.#ptz.location, gotoPreset(this.#ptz.profile, token), { signal });
    const after = await this.#waitForStandstill(presetTravelMs, signal, preset.position);
    const isThere = isNear(after?.position, preset.position);
    if (isThere === false) throw new DeviceError('no-effect', `the camera did not arrive at preset ${preset.name}`);
    return { isVerified: isThere ?? after?.isMoving === false, status: after };
  }

  /** Starts, looks in the middle, and stops; whatever goes wrong in between, a stop is sent. */
  async #drive(move: Move, timeoutMs: number, signal: AbortSignal): Promise<PtzStatus | undefined> {
    let during: PtzStatus | undefined;
    try {
      await this.#client.call(this.#ptz.location, continuousMove(this.#ptz.profile, move, timeoutMs), { signal });
      await this.#clock.wait(move.durationMs / 2, signal);
      const askedAt = this.#clock.mono();
      during = await this.status(signal);
      await this.#clock.wait(Math.max(0, move.durationMs / 2 - (this.#clock.mono() - askedAt)), signal);
    } catch (thrown) {
      // The first failure tells more than that of the stop after it, and the camera's own timeout still holds.
      await this.#stopForSure().catch(() => undefined);
      throw thrown;
    }
    await this.#stopForSure();
    return during;
  }

  /** A lost stop must never leave a camera running: it is sent again, and under no signal that may be aborted already. */
  async #stopForSure(): Promise<void> {
    for (let attempt = 1; ; attempt += 1) {
      using deadline = this.#clock.deadline(stopTimeoutMs);
      try {
        await this.#client.call(this.#ptz.location, stop(this.#ptz.profile), { signal: deadline.signal });
        return;
      } catch (thrown) {
        if (attempt >= stopAttempts) throw thrown;
      }
    }
  }

  /** The status once the camera stands (and is at `target`, where one is known). Throws DeviceError when it still moves at the end. */
  async #waitForStandstill(limitMs: number, signal: AbortSignal, target?: PtzPosition): Promise<PtzStatus | undefined> {
    const endsAt = this.#clock.mono() + limitMs;
    for (;;) {
      const status = await this.status(signal);
      const isArriving = target !== undefined && isNear(status?.position, target) === false;
      if (!status || (status.isMoving !== true && !isArriving)) return status;
      if (this.#clock.mono() >= endsAt) {
        if (status.isMoving !== true) return status;
        throw new DeviceError('no-effect', 'the camera still moves after it was told to stop');
      }
      await this.#clock.wait(statusIntervalMs, signal);
    }
  }
}

/** Whether the camera was seen moving; undefined positions cannot tell. Throws DeviceError `no-effect` when it was seen standing. */
function hasMoved(before: PtzStatus | undefined, during: PtzStatus | undefined, after: PtzStatus | undefined): boolean {
  if (during?.isMoving) return true;
  const changes = (['pan', 'tilt', 'zoom'] as const).flatMap((axis) => {
    const from = before?.position[axis];
    const to = after?.position[axis];
    return from === undefined || to === undefined ? [] : Math.abs(to - from);
  });
  if (changes.some((change) => change > smallestChange)) return true;
  if (changes.length === 0) return false;
  throw new DeviceError(
    'no-effect',
    'the camera acknowledged the movement and did not move; it may be at its end stop',
  );
}

/** Whether two positions are the same on every axis that both know; undefined when they share none. */
function isNear(a: PtzPosition | undefined, b: PtzPosition): boolean | undefined {
  const distances = (['pan', 'tilt', 'zoom'] as const).flatMap((axis) => {
    const from = a?.[axis];
    const to = b[axis];
    return from === undefined || to === undefined ? [] : Math.abs(to - from);
  });
  return distances.length === 0 ? undefined : distances.every((distance) => distance <= positionTolerance);
}
