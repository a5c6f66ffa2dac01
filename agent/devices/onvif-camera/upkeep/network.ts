import type { CapabilityState } from '../../../../protocols/fleet/capabilities/index.ts';
import {
  getDefaultGateways,
  getDns,
  getHostnameSettings,
  getInterfaceAddresses,
  getNetworkProtocols,
  setHostname,
} from '../../../../protocols/onvif/upkeep/network.ts';
import type { DriverCommand } from '../../driver.ts';
import type { CameraAspect, CameraScene, Output } from '../aspect.ts';
import { printable } from '../failure.ts';
import { optional } from '../survey.ts';
import { readBack } from './read-back.ts';

type NetworkState = CapabilityState<'network'>;

const settleMs = 5_000;

/** How the camera stands in the network. */
export function openNetwork(scene: CameraScene): CameraAspect {
  const { context, client } = scene;
  let state: NetworkState | undefined;

  const report = () => {
    if (state) context.reporter.report('network', state);
  };
  const rename = async ({ args }: DriverCommand, signal: AbortSignal): Promise<Output> => {
    const hostname = String(args['hostname']);
    await client.call(client.deviceService, setHostname(hostname), { signal });
    await readBack(context.clock, {
      read: () => client.call(client.deviceService, getHostnameSettings(), { signal }),
      isAsSet: ({ name }) => name?.toLowerCase() === hostname.toLowerCase(),
      limitMs: settleMs,
      message: `the camera acknowledged the host name ${hostname} and does not have it; some take it only after a restart`,
      signal,
    });
    if (state) state = { ...state, hostname };
    report();
    return { hostname };
  };

  return {
    survey: async (signal) => {
      state = await readNetwork(scene, signal);
    },
    offers: () => (state ? { network: { setHostname: { run: rename } } } : {}),
    report,
  };
}

/** Undefined for a camera that does not even tell its host name. */
async function readNetwork({ client }: CameraScene, signal: AbortSignal): Promise<NetworkState | undefined> {
  const { deviceService } = client;
  const hostname = await optional(client.call(deviceService, getHostnameSettings(), { signal }));
  if (!hostname) return undefined;
  const interfaces = (await optional(client.call(deviceService, getInterfaceAddresses(), { signal }))) ?? [];
  const gateways = (await optional(client.call(deviceService, getDefaultGateways(), { signal }))) ?? [];
  const dns = (await optional(client.call(deviceService, getDns(), { signal }))) ?? [];
  const services = await optional(client.call(deviceService, getNetworkProtocols(), { signal }));
  return {
    ...(hostname.name === undefined ? {} : { hostname: printable(hostname.name, 253) }),
    interfaces: interfaces.slice(0, 32).map(({ name, mac, addresses, isFromDhcp }) => ({
      name: printable(name, 40),
      addresses: addressList(addresses),
      ...(mac === undefined ? {} : { mac }),
      ...(isFromDhcp === undefined ? {} : { dhcp: isFromDhcp }),
    })),
    gateways: addressList(gateways),
    dns: addressList(dns),
    ...(services === undefined
      ? {}
      : {
          services: services.slice(0, 32).map(({ name, isEnabled, ports }) => ({
            name: printable(name, 40),
            enabled: isEnabled,
            ports: ports.slice(0, 16),
          })),
        }),
  };
}

function addressList(addresses: readonly string[]): string[] {
  return addresses.slice(0, 16).map((address) => printable(address, 64));
}
