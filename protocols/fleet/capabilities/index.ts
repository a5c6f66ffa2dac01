import type { z } from 'zod';
import { FatalError } from '../../errors.ts';
import type { Capability, CapabilityCommand, Metric } from './capability.ts';
import { apps } from './equipment/apps.ts';
import { battery } from './equipment/battery.ts';
import { diagnostics } from './equipment/diagnostics.ts';
import { energy } from './equipment/energy.ts';
import { lock } from './equipment/lock.ts';
import { message } from './equipment/message.ts';
import { ports } from './equipment/ports.ts';
import { sensors } from './equipment/sensors.ts';
import { supplies } from './equipment/supplies.ts';
import { ups } from './equipment/ups.ts';
import { usage } from './equipment/usage.ts';
import { wake } from './equipment/wake.ts';
import { firmware } from './firmware.ts';
import { gate } from './gate.ts';
import { host } from './host.ts';
import { identity } from './identity.ts';
import { input } from './input.ts';
import { lamp } from './lamp.ts';
import { motion } from './motion.ts';
import { power } from './power.ts';
import { ptz } from './ptz.ts';
import { reachability } from './reachability.ts';
import { recording } from './rig/recording.ts';
import { scene } from './rig/scene.ts';
import { sound } from './rig/sound.ts';
import { streaming } from './rig/streaming.ts';
import { studio } from './rig/studio.ts';
import { virtualcamera } from './rig/virtualcamera.ts';
import { detection } from './sensing/detection.ts';
import { imaging } from './sensing/imaging.ts';
import { relay } from './sensing/relay.ts';
import { surroundings } from './sensing/surroundings.ts';
import { snapshot } from './snapshot.ts';
import { storage } from './storage.ts';
import { tagreader } from './tagreader.ts';
import { temperature } from './temperature.ts';
import { accounts } from './upkeep/accounts.ts';
import { certificate } from './upkeep/certificate.ts';
import { configuration } from './upkeep/configuration.ts';
import { log } from './upkeep/log.ts';
import { network } from './upkeep/network.ts';
import { time } from './upkeep/time.ts';
import { video } from './video.ts';
import { volume } from './volume.ts';

export type { Capability, CapabilityCommand, Metric } from './capability.ts';
export type { Label } from './label.ts';
export { findPrecondition, obstaclesOf, type Precondition, type ReportedStates } from './precondition.ts';

/** Every capability, by name. A new one is a file beside this and a line here. */
export const capabilities = {
  identity,
  reachability,
  host,
  power,
  input,
  volume,
  lamp,
  temperature,
  video,
  snapshot,
  motion,
  detection,
  ptz,
  imaging,
  relay,
  surroundings,
  storage,
  gate,
  tagreader,
  firmware,
  battery,
  apps,
  ports,
  supplies,
  ups,
  lock,
  message,
  usage,
  energy,
  diagnostics,
  sensors,
  wake,
  studio,
  scene,
  recording,
  streaming,
  sound,
  virtualcamera,
  time,
  network,
  accounts,
  certificate,
  configuration,
  log,
} as const;

export type CapabilityName = keyof typeof capabilities;
/** The reported state of one capability, by its name. */
export type CapabilityState<N extends CapabilityName> = z.infer<(typeof capabilities)[N]['state']>;

export const capabilityNames = Object.keys(capabilities) as readonly CapabilityName[];

/** Looks a capability up by a name from outside; undefined when this version does not know it. */
export function findCapability(name: string): Capability | undefined {
  return Object.hasOwn(capabilities, name) ? capabilities[name as CapabilityName] : undefined;
}

/** The metric behind a key such as `lamp.hours` or `host.networkIn@eth0`; undefined when this version does not know it. */
export function findMetric(key: string): Metric | undefined {
  const [capability = '', metric = ''] = (key.split('@', 1)[0] ?? '').split('.', 2);
  const metrics = findCapability(capability)?.metrics;
  return metrics && Object.hasOwn(metrics, metric) ? metrics[metric] : undefined;
}

/** The command `name` of `capability`. Throws FatalError `unknown-command` when there is none. */
export function requireCommand(capability: string, name: string): CapabilityCommand {
  const commands = findCapability(capability)?.commands;
  const command = commands && Object.hasOwn(commands, name) ? commands[name] : undefined;
  if (!command) throw new FatalError('unknown-command', `capability ${capability} has no command ${name}`);
  return command;
}
