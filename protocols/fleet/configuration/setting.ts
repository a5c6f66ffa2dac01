import type { z } from 'zod';
import type { CapabilityName, CapabilityState, Label } from '../capabilities/index.ts';

/**
 * When a device that differs is set right. `heal`: whenever it differs; `power-on`: once each time it comes on, so that a
 * teacher's choice lives until the device goes off; `report`: never, the difference is only shown.
 */
export const keepings = ['heal', 'power-on', 'report'] as const;
export type Keeping = (typeof keepings)[number];

/** The command of the setting's capability that sets a value. */
export interface SettingCommand {
  readonly name: string;
  readonly args: Readonly<Record<string, unknown>>;
}

/** One thing that can be wished of a device and told by it; its key is `<capability>.<name>`. */
export interface Setting<N extends CapabilityName = CapabilityName, T = unknown> {
  readonly capability: N;
  readonly label: Label;
  readonly value: z.ZodType<T>;
  /** Whether a value can stand for many devices; what must differ from device to device is wished of one only. */
  readonly shared: boolean;
  /** What a fresh wish does unless its author says otherwise. */
  readonly keeping: Keeping;
  /** The value that the device tells; undefined when it tells none, so that it cannot be kept. */
  reported(state: CapabilityState<N>): T | undefined;
  /** Whether two values are one; equality unless given. */
  isSame?(a: T, b: T): boolean;
  /** How it is set; undefined when this device says that it cannot take this value. */
  command(value: T, state: CapabilityState<N>): SettingCommand | undefined;
}

/** Declares a setting; ties its parts to one capability and one type. */
export function defineSetting<N extends CapabilityName, T>(setting: Setting<N, T>): Setting<N, T> {
  return setting;
}
