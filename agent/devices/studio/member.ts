import type { CapabilityState } from '../../../protocols/fleet/capabilities/index.ts';
import type { Clock, Log } from '../../../protocols/ports.ts';
import type { Address, TcpPort, UdpPort, WebSocketPort } from '../driver.ts';

export type Role = CapabilityState<'studio'>['parts'][number]['role'];
export type RecordingState = CapabilityState<'recording'>['state'];
export type StreamingState = CapabilityState<'streaming'>['state'];

/** What a member said last, in words that no brand owns. */
export interface Reading {
  readonly vendor?: string;
  readonly model?: string;
  readonly firmware?: string;
  readonly serial?: string;
  readonly scenes?: { readonly current: string | undefined; readonly list: readonly string[] };
  readonly recording?: RecordingReading;
  readonly streaming?: {
    readonly state: StreamingState;
    readonly seconds?: number;
    readonly droppedPercent?: number;
  };
  readonly camera?: CameraReading;
  readonly sound?: readonly SoundInput[];
  /** Undefined where there is none. */
  readonly virtualCamera?: { readonly isOn: boolean } | undefined;
}

export interface SoundInput {
  readonly name: string;
  readonly isMuted: boolean;
  /** Of its fader; absent while that is closed. */
  readonly decibels?: number;
}

export interface RecordingReading {
  readonly state: RecordingState;
  readonly seconds?: number;
  /** Where it writes. */
  readonly output?: string;
  readonly lastOutput?: string;
  readonly freeBytes?: number;
  readonly freeSeconds?: number;
}

export interface CameraReading {
  /** Undefined when it does not say. */
  readonly isOn?: boolean;
  /** -1 to 1 each, zoom 0 to 1. */
  readonly pan?: number;
  readonly tilt?: number;
  readonly zoom?: number;
  readonly presets: readonly { readonly token: string; readonly name: string }[];
}

export interface Velocity {
  readonly pan: number;
  readonly tilt: number;
  readonly zoom: number;
  readonly durationMs: number;
}

/** Whether an order changed anything; false where it was so already. */
export interface Effect {
  readonly changed: boolean;
  readonly output?: string;
  /** False where the member cannot prove it. */
  readonly isVerified?: boolean;
}

/** Puts things back as they were; absent where that cannot be. */
export type Undo = (signal: AbortSignal) => Promise<void>;

/**
 * What a member can be told. Every order is verified: it returns once its effect is seen, and throws DeviceError `no-effect`
 * when it is acknowledged and nothing happens.
 */
export interface Abilities {
  readonly recording?: {
    start(signal: AbortSignal): Promise<Effect>;
    stop(signal: AbortSignal): Promise<Effect>;
    pause?(signal: AbortSignal): Promise<Effect>;
    resume?(signal: AbortSignal): Promise<Effect>;
  };
  readonly streaming?: {
    start(signal: AbortSignal): Promise<Effect>;
    stop(signal: AbortSignal): Promise<Effect>;
  };
  readonly scenes?: { show(name: string, signal: AbortSignal): Promise<Effect> };
  readonly sound?: { mute(input: string, muted: boolean, signal: AbortSignal): Promise<Effect> };
  readonly virtualCamera?: { set(on: boolean, signal: AbortSignal): Promise<Effect> };
  /** A JPEG of what it shows at this moment. */
  readonly picture?: { take(signal: AbortSignal): Promise<Uint8Array> };
  readonly camera?: {
    /** Drives and then stops, whatever happens in between. */
    move(velocity: Velocity, signal: AbortSignal): Promise<Effect>;
    stop(signal: AbortSignal): Promise<Effect>;
    goToPreset(token: string, signal: AbortSignal): Promise<Effect>;
    setPower(on: boolean, signal: AbortSignal): Promise<Effect>;
    /** How to come back to where it looks now; undefined when it does not say where that is. */
    remember(): Undo | undefined;
  };
}

/** One device of a studio. It knows its wire and nothing of the others. */
export interface StudioMember {
  readonly role: Role;
  readonly can: Abilities;
  /** Stays after a connection is lost. */
  readonly reading: Reading;
  /** Connects, signs in and reads everything. A lost connection may be opened again. Throws DeviceError. */
  connect(signal: AbortSignal): Promise<void>;
  /** Reads what may have changed. Throws DeviceError. */
  poll(signal: AbortSignal): Promise<void>;
  /** Lets go of the connection. A camera that is driven is stopped first. */
  disconnect(): Promise<void>;
}

/** What a member may touch. */
export interface MemberContext {
  readonly address: Address;
  readonly password: string | undefined;
  readonly clock: Clock;
  readonly log: Log;
  readonly tcp: TcpPort;
  readonly udp: UdpPort;
  readonly websocket: WebSocketPort;
  /** The reading has changed without being asked for. */
  onChange(): void;
  /** The connection is gone. */
  onLost(reason: unknown): void;
}
