import { capabilities } from '../../../protocols/fleet/capabilities/index.ts';
import type { HealthTwin } from '../ports.ts';

/** Where a device hangs: the device through which it reaches the network, and the name of the port there. */
export interface Via {
  readonly id: string;
  readonly port: string;
}

/**
 * For each device behind an agent the nearest one that hears it on a port: of several the port with the fewest devices. What a
 * dead switch told last still holds.
 */
export function readTopology(twin: HealthTwin, deviceIds: Iterable<string>): ReadonlyMap<string, Via> {
  const nearest = new Map<string, Via & { readonly count: number }>();
  for (const id of [...deviceIds].sort()) {
    const reported = twin.stateOf(id, 'ports');
    const state = reported && capabilities.ports.state.safeParse(reported.state).data;
    for (const { name, devices = [] } of state?.ports ?? []) {
      for (const device of devices) {
        const known = nearest.get(device);
        if (device === id || (known && known.count <= devices.length)) continue;
        nearest.set(device, { id, port: name, count: devices.length });
      }
    }
  }
  return nearest;
}
