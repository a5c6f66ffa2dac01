import type { z } from 'zod';
import type { Label } from './label.ts';
import type { Precondition } from './precondition.ts';

/** One number that is sampled over time. Its key on the wire is `<capability>.<metric>`. */
export interface Metric {
  readonly label: Label;
  /** Unit symbol as shown to people: `%`, `°C`, `B`, `h`, `s`, `B/s`, or `` for a plain count. */
  readonly unit: string;
  /** Smallest change worth a sample; below it the agent reports by heartbeat interval only. */
  readonly deadband: number;
}

/** One action. `idempotent: false` means: at most once, never retried by itself. */
export interface CapabilityCommand {
  readonly label: Label;
  readonly args: z.ZodObject;
  readonly idempotent: boolean;
  /** What happens, and what people nearby notice; told before it runs. */
  readonly effect: Label;
  /** Who is disturbed: nobody, who is in the room, or everybody around. What disturbs waits for the end of a lesson. */
  readonly disturbs: 'none' | 'room' | 'school';
  /** How much harm a mistake does. `high` needs a second person, `medium` does when it is given to many. */
  readonly danger: 'low' | 'medium' | 'high';
  /** What must not be so while it runs; the hub asks before it queues, the agent again right before it acts. */
  readonly requires: readonly Precondition[];
}

/** What a device can be or do, whatever its brand: the only thing hub and dashboard know about devices. */
export interface Capability {
  readonly name: string;
  readonly label: Label;
  /** The whole reported state. A report replaces the one before it. */
  readonly state: z.ZodObject;
  readonly metrics: Readonly<Record<string, Metric>>;
  readonly events: Readonly<Record<string, z.ZodObject>>;
  readonly commands: Readonly<Record<string, CapabilityCommand>>;
}

/** Declares a capability; keeps the literal types of its parts. */
export function defineCapability<const C extends Capability>(capability: C): C {
  return capability;
}
