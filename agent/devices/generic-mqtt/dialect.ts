import type { DeviceView, ViewUpdate } from './view.ts';

/** A message to the device. */
export interface Request {
  readonly topic: string;
  readonly payload: string;
}

/** A request to which the device answers, and the topic of the answer. */
export interface Question extends Request {
  readonly answer: string;
}

/** What a message tells, and whether the device itself spoke just now: a last will and a bridge are others. */
export interface Told {
  readonly update: ViewUpdate;
  readonly isSignOfLife: boolean;
}

/** How one kind of device uses MQTT: topics, questions and commands, as pure functions. */
export interface Dialect {
  /** Topics that the device may publish to and subscribe to. */
  readonly publish: readonly string[];
  readonly subscribe: readonly string[];
  /** How long a device may be silent that is not asked. */
  readonly silentAfterMs: number;
  /** Undefined for a message that tells nothing of this device. Throws ProtocolError. */
  read(view: DeviceView, topic: string, payload: Uint8Array): Told | undefined;
  /** What to ask after `silentMs` of silence; `isFirst` asks for everything. Empty where nothing can be asked. */
  ask(view: DeviceView, silentMs: number, isFirst: boolean): readonly Question[];
  /** Undefined while the device has nothing that can be switched. */
  switchPower(view: DeviceView, power: 'on' | 'off'): Request | undefined;
  /** Whether the device tells its power, so that a command can be verified. */
  tellsPower(view: DeviceView): boolean;
  readonly reboot?: Request;
}
