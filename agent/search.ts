import type { Clock, Log } from '../protocols/ports.ts';
import type { AgentConfig } from './config.ts';
import type { Driver, Proposal } from './devices/driver.ts';
import { type SearchPolicy, searchRound } from './discovery/round.ts';
import { Surveyor } from './discovery/surveyor.ts';
import type { Network } from './platform/network.ts';

export interface SearchOptions {
  readonly drivers: readonly Driver[];
  readonly config: Pick<AgentConfig, 'discovery' | 'network'>;
  readonly network: Network;
  readonly clock: Clock;
  readonly log: Log;
  readonly signal: AbortSignal;
}

/** What the local configuration lets a search do. */
export function searchPolicy({ discovery, network }: Pick<AgentConfig, 'discovery' | 'network'>): SearchPolicy {
  return {
    targets: discovery.targets.map(({ host, port }) => ({ host, ...(port ? { port } : {}) })),
    ranges: discovery.ranges,
    communities: discovery.communities,
    broadcast: network.broadcast,
  };
}

/** Searches once, adopted devices included. Throws FatalError `invalid-ranges`, or the signal's reason. */
export async function searchOnce({ config, ...options }: SearchOptions): Promise<readonly Proposal[]> {
  const policy = searchPolicy(config);
  const surveyor = new Surveyor({ ...options, policy, adopted: () => [] });
  return await searchRound({ ...options, policy, surveyor });
}
