import { isIP } from 'node:net';
import type { DesiredDevice } from '../../protocols/fleet/messages.ts';
import type { Clock } from '../../protocols/ports.ts';
import type { Driver, MachineNeed } from '../devices/driver.ts';
import { systemResolve } from '../platform/dial.ts';
import type { Address } from '../platform/network.ts';
import type { AddressFilter } from '../platform/network-policy.ts';
import type { DeviceFact, NeedFact } from './facts.ts';
import { isInstalled, isListening } from './machine-look.ts';

interface DeviceNeeds {
  readonly device: DesiredDevice;
  readonly needs: readonly MachineNeed[];
}

/** What the family of each device says that it needs of this machine; a device that no driver takes needs nothing. */
export function needsOf(devices: readonly DesiredDevice[], drivers: readonly Driver[]): readonly DeviceNeeds[] {
  return devices.map((device) => {
    const driver = drivers.find(({ family }) => family === device.family);
    const settings = driver?.settings.safeParse(device.settings);
    return { device, needs: settings?.success ? (driver?.needs?.(settings.data) ?? []) : [] };
  });
}

interface LookOptions {
  readonly drivers: readonly Driver[];
  readonly filter: AddressFilter;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

/** Whether the policy lets each device be reached where its driver would reach it. */
export async function lookAtDevices(
  wanted: readonly DeviceNeeds[],
  { drivers, filter }: LookOptions,
): Promise<readonly DeviceFact[]> {
  return await Promise.all(
    wanted.map(async ({ device, needs }) => {
      const { name, family, address } = device;
      const usual = drivers.find((driver) => driver.family === family)?.defaultPort;
      const port = address?.port ?? usual;
      const server = needs.find((need) => need.kind === 'server');
      // A device behind a server is reached by way of it.
      const target = server?.address ?? (address && port ? { host: address.host, port } : undefined);
      return { name, family, isAllowed: target && (await isAllowed(target, filter)) };
    }),
  );
}

async function isAllowed({ host, port }: Address, filter: AddressFilter): Promise<boolean | undefined> {
  const ips = isIP(host) === 0 ? await systemResolve(host).catch(() => []) : [host];
  return ips.length === 0 ? undefined : ips.some((ip) => filter.allows(host, ip, port));
}

/** Each need once, with the devices that have it. */
export async function lookAtNeeds(
  wanted: readonly DeviceNeeds[],
  { clock, signal }: LookOptions,
): Promise<readonly NeedFact[]> {
  const found = new Map<string, { readonly need: NeedFact['need']; readonly devices: string[] }>();
  for (const { device, needs } of wanted) {
    for (const need of needs) {
      if (need.kind === 'broker') continue;
      const entry = found.get(JSON.stringify(need)) ?? { need, devices: [] };
      entry.devices.push(device.name);
      found.set(JSON.stringify(need), entry);
    }
  }
  return await Promise.all(
    [...found.values()].map(async ({ need, devices }) => ({
      need,
      devices,
      isThere:
        need.kind === 'program' ? await isInstalled(need.program) : await isListening(need.address, clock, signal),
    })),
  );
}
