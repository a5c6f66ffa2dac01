import type { Address } from '../../../agent/platform/network.ts';
import type { Clock } from '../../../protocols/ports.ts';
import type { OnvifCamera } from '../../simulators/onvif-camera/index.ts';
import type { ProjectorSimulator } from '../../simulators/pjlink-projector.ts';
import { startBoards } from './boards.ts';
import { startCameras } from './cameras.ts';
import { startGate } from './gate.ts';
import { startHeadsets } from './headsets.ts';
import { type Habit, startLife } from './life.ts';
import { startNetwork } from './network.ts';
import { classrooms, type SchoolDevice, type SchoolPart, workrooms } from './part.ts';
import { startPlugs } from './plugs.ts';
import { startProjectors } from './projectors.ts';
import { startServer } from './server.ts';
import { startStudio } from './studio.ts';

export type { SchoolDevice } from './part.ts';

/** A school made of software: each device is an endpoint of its own and speaks its true wire on loopback. */
export interface SimulatedSchool extends AsyncDisposable {
  /** Where devices expect the agent that they come to by themselves. */
  readonly broker: Address;
  readonly devices: readonly SchoolDevice[];
  readonly cameras: readonly OnvifCamera[];
  readonly projectors: readonly ProjectorSimulator[];
}

export interface SchoolOptions {
  readonly clock: Clock;
  /** Decides who the devices are and what happens when. */
  readonly seed: number;
  /** Third number of their addresses: 10 is 127.0.10.x, so that two schools can stand side by side. */
  readonly network?: number;
  /** Cameras, and as many projectors. */
  readonly each?: number;
  /** Only what discovery finds: cameras and projectors. */
  readonly isSmall?: boolean;
  /** Nothing happens by itself: a test moves what it wants. */
  readonly isStill?: boolean;
}

export const demoRooms: readonly string[] = [...classrooms, ...workrooms];

/** What a person must add, a family a line. */
const others = [startBoards, startStudio, startGate, startHeadsets, startNetwork, startServer, startPlugs];

const brokerPort = 1_883;

/** How often simulators forget what tests would ask them, and how much of it stays. */
const forgetMs = 60_000;
const keep = 100;

/** Starts every family of the school, or its cameras and projectors. Throws when an address is taken. */
export async function startSchool(options: SchoolOptions): Promise<SimulatedSchool> {
  await using stack = new AsyncDisposableStack();
  const { seed, clock, network = 10, each = 6 } = options;
  const host = (n: number) => `127.0.${network}.${n}`;
  const broker = { host: host(2), port: brokerPort };
  const place = { clock, seed, stack, broker, host };
  const cameras = await startCameras(place, each);
  const projectors = await startProjectors(place, each);
  const parts: SchoolPart[] = [cameras, projectors];
  if (!options.isSmall) for (const start of others) parts.push(await start(place));
  const records = parts.flatMap((part) => part.records);
  const forget: Habit = async ({ pause }) => {
    await pause(forgetMs);
    for (const list of records) list.splice(0, Math.max(0, list.length - keep));
  };
  const habits = options.isStill ? [] : parts.flatMap((part) => part.habits);
  stack.defer(startLife([forget, ...habits], clock, seed));
  const owned = stack.move();
  return {
    broker,
    devices: parts.flatMap((part) => part.devices),
    cameras: cameras.cameras,
    projectors: projectors.projectors,
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}
