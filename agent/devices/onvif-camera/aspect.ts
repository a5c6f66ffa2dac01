import type { CapabilityName } from '../../../protocols/fleet/capabilities/index.ts';
import type { Notification } from '../../../protocols/onvif/sensing/notification.ts';
import type { DriverCommand, DriverContext } from '../driver.ts';
import type { OnvifClient } from './client.ts';
import type { CameraFacts } from './mapping.ts';
import type { CameraSettings } from './settings.ts';
import type { Survey } from './survey.ts';

export type Output = Readonly<Record<string, unknown>>;

/** One thing that a camera can be told to do. */
export interface CameraCommand {
  /** Everything together that it may take, in milliseconds; 50 s unless given. */
  readonly limitMs?: number;
  /** Throws DeviceError. */
  run(command: DriverCommand, signal: AbortSignal): Promise<Output>;
}

/** Capabilities of one camera, each with the commands that it knows. */
export type Offers = { readonly [N in CapabilityName]?: Readonly<Record<string, CameraCommand>> };

/** What one session shares with the aspects of its camera. */
export interface CameraScene {
  readonly context: DriverContext<CameraSettings>;
  readonly client: OnvifClient;
  /** What is known of the camera now; each survey replaces it. */
  survey(): Survey;
  /** Replaces what has become known between two surveys. */
  amend(facts: Partial<CameraFacts>): void;
}

/** One side of a camera beside pictures and movement, such as its clock or its accounts. It lives as long as the session. */
export interface CameraAspect {
  /** Takes stock of what seldom changes, after each survey of the camera. Throws DeviceError only when the connection fails. */
  survey(signal: AbortSignal): Promise<void>;
  /** Asks what is due at each poll. Throws DeviceError. */
  poll?(signal: AbortSignal): Promise<void>;
  /** What this camera has of it now. */
  offers(): Offers;
  /** Reports the state of every capability that it offers. */
  report(): void;
  /** Numbers of this poll, by the keys of their metrics. */
  sample?(): Readonly<Record<string, number>>;
  /** Hears every event of the camera. */
  notice?(notification: Notification): void;
  /** The camera begins to tell all its states anew; what it does not repeat is over. */
  forget?(): void;
  /** Gives back what it holds at the camera. */
  close?(): Promise<void>;
}

export type OpenAspect = (scene: CameraScene) => CameraAspect;
