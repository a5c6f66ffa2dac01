import { z } from 'zod';
import type { Device } from '../../protocols/api/devices.ts';
import { type Scope, seesDevice } from '../access/index.ts';
import type { RegistryContext } from './context.ts';

/** What this file reads of a reported state: the ports of a device, and the devices that it hears there. */
const portsSchema = z.object({
  ports: z.array(z.object({ id: z.string(), name: z.string(), devices: z.array(z.string()).optional() })),
});

export interface Listener {
  readonly id: string;
  readonly state: unknown;
}

/**
 * Through which port of which device another one reaches the network. Several may hear it, one behind the other: the port with
 * the fewest devices is the nearest.
 */
export function findVia(deviceId: string, listeners: readonly Listener[]): { id: string; port: string } | undefined {
  const heard = listeners.flatMap(({ id, state }) => {
    const ports = portsSchema.safeParse(state).data?.ports ?? [];
    return ports.flatMap(({ name, devices = [] }) =>
      id !== deviceId && devices.includes(deviceId) ? [{ id, port: name, count: devices.length }] : [],
    );
  });
  const [nearest] = heard.sort((a, b) => a.count - b.count || (a.id < b.id ? -1 : 1));
  return nearest && { id: nearest.id, port: nearest.port };
}

/** As `findVia` says, among the devices of the same agent that this person may see. */
export async function readVia(
  { store, directory }: RegistryContext,
  scope: Scope,
  deviceId: string,
): Promise<Device['via']> {
  const agentId = directory.device(deviceId)?.agentId;
  if (agentId === undefined) return undefined;
  const rows = await store.db
    .selectFrom('twin')
    .innerJoin('device', 'device.id', 'twin.device_id')
    .select(['twin.device_id as id', 'twin.state'])
    .where('twin.capability', '=', 'ports')
    .where('device.agent_id', '=', agentId)
    .where('device.lifecycle', 'in', ['in-service', 'maintenance'])
    .limit(200)
    .execute();
  const via = findVia(deviceId, rows);
  const device = via && directory.device(via.id);
  return device && seesDevice(scope, device)
    ? { device: { id: device.id, name: device.name }, port: via.port }
    : undefined;
}
