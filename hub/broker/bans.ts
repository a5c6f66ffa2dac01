import type { Clock } from '../../protocols/ports.ts';

/** Agents that broke the contract and are kept out for a while. Bounded by the fleet: only proven identities get in. */
export interface Bans {
  add(agentId: string): void;
  has(agentId: string): boolean;
}

export function createBans(clock: Clock, banMs: number): Bans {
  const until = new Map<string, number>();
  return {
    add: (agentId) => {
      for (const [id, end] of until) if (end <= clock.mono()) until.delete(id);
      until.set(agentId, clock.mono() + banMs);
    },
    has: (agentId) => (until.get(agentId) ?? Number.NEGATIVE_INFINITY) > clock.mono(),
  };
}
