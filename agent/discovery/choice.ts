import type { DesiredDevice } from '../../protocols/fleet/messages.ts';
import type { Proposal } from '../devices/driver.ts';
import { contradicts } from './contest.ts';

/** What needs no proposal. */
export interface Known {
  /** Devices that are adopted already. */
  readonly devices: readonly (Pick<DesiredDevice, 'family' | 'address'> & Partial<Pick<DesiredDevice, 'settings'>>)[];
  /** Keys that a person refused. */
  readonly refused: ReadonlySet<string>;
}

export interface Choice {
  readonly chosen: readonly Proposal[];
  /** Keys that more than one address claims. */
  readonly contested: readonly string[];
}

/**
 * Leaves out what is adopted or refused, and joins what is found twice. A key, such as a Mac address, is only what a device
 * claims: when two addresses claim the same one, neither is believed, and each is proposed under its own address.
 */
export function chooseProposals(found: readonly Proposal[], known: Known): Choice {
  const hostsOfKey = new Map<string, Set<string>>();
  for (const { key, address } of found) {
    hostsOfKey.set(key, (hostsOfKey.get(key) ?? new Set()).add(address.host.toLowerCase()));
  }
  const contested = [...hostsOfKey].filter(([, hosts]) => hosts.size > 1).map(([key]) => key);
  const chosen = new Map<string, Proposal>();
  for (const proposal of found) {
    const isContested = contested.includes(proposal.key);
    const honest = isContested ? { ...proposal, key: addressKey(proposal) } : proposal;
    const isRefused = known.refused.has(honest.key) || (!isContested && known.refused.has(addressKey(proposal)));
    if (isRefused || isAdopted(proposal, known) || chosen.has(honest.key)) continue;
    chosen.set(honest.key, honest);
  }
  return { chosen: [...chosen.values()], contested };
}

/**
 * The same place: an address without a port means the family's own port, so there the family decides. Several devices behind
 * one address are told apart by what the family proposes to set for them, as are those that need no address.
 */
function isAdopted({ family, address, settings }: Proposal, { devices }: Known): boolean {
  return devices.some((device) => {
    if (!device.address) return device.family === family && agrees(settings, device.settings);
    if (device.address.host.toLowerCase() !== address.host.toLowerCase()) return false;
    if (device.family === family && contradicts(settings, device.settings)) return false;
    return device.address.port === undefined || address.port === undefined
      ? device.family === family
      : device.address.port === address.port;
  });
}

/** Settings that a device without an address has just as they are proposed. */
function agrees(settings: Proposal['settings'], held: Proposal['settings']): boolean {
  return settings !== undefined && held !== undefined && !contradicts(settings, held);
}

function addressKey({ address }: Proposal): string {
  return address.port === undefined ? address.host : `${address.host}:${address.port}`;
}
