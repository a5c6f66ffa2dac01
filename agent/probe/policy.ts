import type { Address } from '../platform/network.ts';
import { createAddressFilter, type NetworkPolicy } from '../platform/network-policy.ts';

/** Which rule of the local configuration decided. */
export type Ruling =
  | { readonly allowed: true; readonly rule: string }
  | {
      readonly allowed: false;
      /** `port` is not in the list of ports; `denied` by an entry of deny; `special` a name that leads to this machine or to everyone; `hub` it is the hub of this agent; `unlisted` nothing allows it. */
      readonly reason: 'port' | 'denied' | 'special' | 'hub' | 'unlisted';
      readonly rule?: string;
    };

/** Why the policy lets `address`, which resolved to `ips`, be reached or not. It asks the very filter that the network uses. */
export function explainPolicy(policy: NetworkPolicy, address: Address, ips: readonly string[]): Ruling {
  const { host, port } = address;
  const open: NetworkPolicy = { allow: [], deny: [], ports: [], broadcast: false };
  const allows = (tried: NetworkPolicy) => {
    const filter = createAddressFilter(tried);
    return ips.some((ip) => filter.allows(host, ip, port));
  };
  const withEntry = (entry: string) => allows({ ...policy, allow: [entry] });
  if (allows(policy)) return { allowed: true, rule: policy.allow.find(withEntry) ?? host };
  const { hub: _, ...withoutHub } = policy;
  if (allows(withoutHub)) return { allowed: false, reason: 'hub' };
  if (!allows({ ...open, allow: ips, ports: policy.ports })) {
    return { allowed: false, reason: 'port', rule: policy.ports.join(', ') };
  }
  const denied = policy.deny.find((entry) => allows({ ...open, allow: [entry] }));
  if (denied !== undefined) return { allowed: false, reason: 'denied', rule: denied };
  const named = policy.allow.find((entry) => entry.toLowerCase() === host.toLowerCase());
  if (named !== undefined) return { allowed: false, reason: 'special', rule: named };
  return { allowed: false, reason: 'unlisted' };
}
