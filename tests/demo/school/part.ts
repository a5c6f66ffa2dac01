import type { Address } from '../../../agent/platform/network.ts';
import type { Clock } from '../../../protocols/ports.ts';
import type { Habit } from './life.ts';

/** One simulated device: where it stands, what it is, how to sign in, and what its driver must know. */
export interface SchoolDevice {
  readonly name: string;
  readonly room: string;
  readonly family: string;
  /** Absent for one that comes to the agent by itself. */
  readonly address?: Address;
  readonly credentials?: { readonly username?: string; readonly password?: string };
  readonly settings?: Readonly<Record<string, unknown>>;
  /** Discovery finds and proposes it; the others are added by a person. */
  readonly isFound: boolean;
}

/** The devices of one family. Who started them disposes of them by the stack. */
export interface SchoolPart {
  readonly devices: readonly SchoolDevice[];
  /** What happens to them by itself, again and again. */
  readonly habits: readonly Habit[];
  /** Records that simulators keep for tests; a school that runs for days forgets them. */
  readonly records: readonly unknown[][];
}

export interface PartOptions {
  readonly clock: Clock;
  /** Decides who the devices are. */
  readonly seed: number;
  /** Address of the n-th host of this school. */
  readonly host: (n: number) => string;
  /** Where the agent of this school listens for devices that come by themselves. */
  readonly broker: Address;
  readonly stack: AsyncDisposableStack;
}

export const classrooms = ['Phòng 1', 'Phòng 2', 'Phòng 3', 'Phòng 4', 'Thư viện', 'Hội trường'] as const;
export const workrooms = ['Phòng thu', 'Phòng thực tế ảo', 'Văn phòng', 'Phòng máy chủ'] as const;
