import type { Clock } from '../../../protocols/ports.ts';
import type { CameraIdentity } from './identity.ts';
import type { Senses, SenseTraits } from './sensing/senses.ts';
import type { Upkeep } from './upkeep/upkeep.ts';

/** Pan and tilt -1 to 1, zoom 0 to 1. */
export interface Position {
  readonly pan: number;
  readonly tilt: number;
  readonly zoom: number;
}

export interface Preset {
  readonly token: string;
  readonly name: string;
  readonly position: Position;
}

export interface Profile {
  readonly token: string;
  readonly name: string;
  readonly encoding: 'H264' | 'H265' | 'JPEG';
  readonly width: number;
  readonly height: number;
  readonly framesPerSecond: number;
  readonly bitrateKbps: number;
}

/** What a simulated camera can do and how it behaves; all of it can be switched off, as on cheaper models. */
export interface CameraTraits extends SenseTraits {
  readonly hasPtz: boolean;
  readonly hasEvents: boolean;
  /** False for a camera that announces the event service and answers none of its questions. */
  readonly hasPullPoints: boolean;
  /** False for a camera whose pull points cannot be renewed and live on by being pulled. */
  readonly knowsRenew: boolean;
  readonly hasMedia2: boolean;
  /** Announces Media 2 and answers its questions with nothing at all, as some firmware does. */
  readonly isMedia2Broken: boolean;
  /** False for a device of before 2011, which knows only GetCapabilities. */
  readonly knowsGetServices: boolean;
  /** False for a camera that can move and cannot tell where it is. */
  readonly tellsPosition: boolean;
  /** Acknowledges every movement and makes none. */
  readonly isStuck: boolean;
  /** Gives a page in place of a picture. */
  readonly isPictureBroken: boolean;
  /** Names its pull points by a reference parameter, as Axis does, instead of by a path. */
  readonly usesReferenceParameters: boolean;
  /** Host that it advertises in place of its own. */
  readonly advertisedHost: string | undefined;
}

/** The state of one simulated camera, apart from every wire. */
export interface Camera {
  readonly identity: CameraIdentity;
  readonly traits: CameraTraits;
  readonly clock: Clock;
  readonly seed: number;
  readonly profiles: readonly Profile[];
  presets: readonly Preset[];
  firmware: string;
  clockSkewMs: number;
  readonly motor: Motor;
  readonly senses: Senses;
  readonly upkeep: Upkeep;
  /** Aborts when the simulator ends. */
  readonly ending: AbortSignal;
  isMotion: boolean;
  isTampered: boolean;
  pictures: number;
  /** Origin that it puts into its addresses. */
  baseUrl: string;
}

/** The camera's own idea of now, in milliseconds since the Unix epoch. */
export function cameraNow(camera: Camera): number {
  return camera.clock.now() + camera.clockSkewMs;
}

export const someProfiles: readonly Profile[] = [
  {
    token: 'main',
    name: 'Main stream',
    encoding: 'H264',
    width: 1920,
    height: 1080,
    framesPerSecond: 25,
    bitrateKbps: 4096,
  },
  {
    token: 'sub',
    name: 'Sub stream',
    encoding: 'H264',
    width: 640,
    height: 360,
    framesPerSecond: 15,
    bitrateKbps: 512,
  },
  {
    token: 'photo',
    name: 'Photo & web',
    encoding: 'JPEG',
    width: 1280,
    height: 720,
    framesPerSecond: 5,
    bitrateKbps: 2048,
  },
];

export const somePresets: readonly Preset[] = [
  { token: '1', name: 'Board', position: { pan: -0.5, tilt: 0.1, zoom: 0.4 } },
  { token: '2', name: 'Whole room', position: { pan: 0, tilt: 0, zoom: 0 } },
  { token: '3', name: 'Cửa lớp', position: { pan: 0.8, tilt: -0.2, zoom: 0.2 } },
];

const axes = ['pan', 'tilt', 'zoom'] as const;
const limits = { pan: [-1, 1], tilt: [-1, 1], zoom: [0, 1] } as const;
/** Units of the generic spaces that full speed covers in a second. */
const fullSpeed = 0.5;

/** Moves in the time of the clock; where it is follows from when it was started, so it needs no timer. */
export class Motor {
  readonly #clock: Clock;
  #from: Position = { pan: 0, tilt: 0, zoom: 0 };
  #velocity: Position = { pan: 0, tilt: 0, zoom: 0 };
  #startedAt = 0;
  #endsAt = 0;
  #target: Position | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get position(): Position {
    if (this.#target && this.#clock.mono() >= this.#endsAt) return this.#target;
    const seconds = (Math.min(this.#clock.mono(), this.#endsAt) - this.#startedAt) / 1_000;
    const at = (axis: keyof Position) => {
      const moved = this.#from[axis] + this.#velocity[axis] * fullSpeed * Math.max(0, seconds);
      return Math.min(limits[axis][1], Math.max(limits[axis][0], moved));
    };
    return { pan: at('pan'), tilt: at('tilt'), zoom: at('zoom') };
  }

  get isMoving(): boolean {
    return this.#clock.mono() < this.#endsAt && axes.some((axis) => this.#velocity[axis] !== 0);
  }

  drive(velocity: Position, timeoutMs: number): void {
    this.#begin(velocity, timeoutMs, undefined);
  }

  goTo(target: Position): void {
    const from = this.position;
    const way = Math.max(...axes.map((axis) => Math.abs(target[axis] - from[axis])));
    const seconds = way / fullSpeed;
    const speed = (axis: keyof Position) => (way === 0 ? 0 : (target[axis] - from[axis]) / seconds / fullSpeed);
    this.#begin({ pan: speed('pan'), tilt: speed('tilt'), zoom: speed('zoom') }, seconds * 1_000, target);
  }

  stop(): void {
    this.#begin({ pan: 0, tilt: 0, zoom: 0 }, 0, undefined);
  }

  /** Puts it somewhere at once, as a hand does. */
  place(position: Partial<Position>): void {
    this.#from = { ...this.position, ...position };
    this.#velocity = { pan: 0, tilt: 0, zoom: 0 };
    this.#target = undefined;
    this.#startedAt = this.#clock.mono();
    this.#endsAt = this.#startedAt;
  }

  #begin(velocity: Position, durationMs: number, target: Position | undefined): void {
    this.#from = this.position;
    this.#velocity = velocity;
    this.#startedAt = this.#clock.mono();
    this.#endsAt = this.#startedAt + durationMs;
    this.#target = target;
  }
}
