import { isDeepStrictEqual } from 'node:util';
import type { DesiredDevice } from '../../protocols/fleet/messages.ts';

/** What must happen so that exactly the desired devices run. */
export interface DevicePlan {
  /** Ids of devices to stop for good. */
  readonly stop: readonly string[];
  /** Devices to start, new ones and those whose address, credentials, family or settings changed (they stop first). */
  readonly start: readonly DesiredDevice[];
}

/** The difference between what runs and what is desired. A new name or configuration alone restarts nothing; of equal ids the first counts. */
export function planDevices(
  running: ReadonlyMap<string, DesiredDevice>,
  desired: readonly DesiredDevice[],
): DevicePlan {
  const wanted = new Map<string, DesiredDevice>();
  for (const device of desired) if (!wanted.has(device.id)) wanted.set(device.id, device);
  return {
    stop: [...running.keys()].filter((id) => !wanted.has(id)),
    start: [...wanted.values()].filter((device) => !isSameWork(running.get(device.id), device)),
  };
}

function isSameWork(running: DesiredDevice | undefined, desired: DesiredDevice): boolean {
  return running !== undefined && isDeepStrictEqual(workOf(running), workOf(desired));
}

function workOf({ name: _name, configuration: _configuration, ...work }: DesiredDevice) {
  return work;
}
