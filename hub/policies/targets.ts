import type { PolicyTarget } from '../../protocols/api/operation/policies.ts';
import type { PathOf, PolicyDevice, StandingPolicy } from './ports.ts';

/** Whether a policy at this unit means this device, whatever it offers. */
export function isMeant(target: PolicyTarget, unitPath: string, device: PolicyDevice, pathOf: PathOf): boolean {
  const { families, devices, unit, exceptUnits = [] } = target;
  if (!device.unitPath.startsWith(unitPath)) return false;
  if (families && !families.includes(device.family)) return false;
  if (devices && !devices.includes(device.id)) return false;
  if (unit !== undefined && !isBelow(unit, device, pathOf)) return false;
  return !exceptUnits.some((except) => isBelow(except, device, pathOf));
}

export function offersCommand({ offers }: PolicyDevice, capability: string, name: string): boolean {
  return Object.hasOwn(offers, capability) && (offers[capability]?.commands.includes(name) ?? false);
}

export function offersCapability({ offers }: PolicyDevice, capability: string): boolean {
  return Object.hasOwn(offers, capability);
}

function isBelow(unit: number, { unitPath }: PolicyDevice, pathOf: PathOf): boolean {
  const path = pathOf(unit);
  return path !== undefined && unitPath.startsWith(path);
}

/**
 * Path of the unit whose schedules count for one capability of a device: the nearest one above it that has any. Undefined when
 * none has.
 */
export function decidingUnit(
  policies: readonly StandingPolicy[],
  device: PolicyDevice,
  capability: string,
  pathOf: PathOf,
): string | undefined {
  let nearest: string | undefined;
  for (const { enabled, unitPath, body } of policies) {
    if (!enabled || body.kind !== 'schedule') continue;
    if (nearest !== undefined && unitPath.length <= nearest.length) continue;
    if (!body.steps.some(({ command }) => command.capability === capability)) continue;
    if (isMeant(body.target, unitPath, device, pathOf)) nearest = unitPath;
  }
  return nearest;
}
