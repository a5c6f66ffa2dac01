import type { Clock } from '../../protocols/ports.ts';

/** Tells a machine that lost its line from two machines with one identity: the latter throw each other out again and again. */
export interface Takeovers {
  /** Notes that a session which was heard `heardMsAgo` was taken over; true once the agent looks like two machines. */
  note(agentId: string, heardMsAgo: number): boolean;
}

/** So many takeovers of a session that was alive, within the window. */
const suspicious = { takeovers: 6, windowMs: 600_000, aliveMs: 35_000 } as const;

export function createTakeovers(clock: Clock): Takeovers {
  const times = new Map<string, number[]>();
  return {
    note: (agentId, heardMsAgo) => {
      if (heardMsAgo > suspicious.aliveMs) return false;
      const now = clock.mono();
      const recent = (times.get(agentId) ?? []).filter((at) => now - at < suspicious.windowMs);
      recent.push(now);
      const isSuspicious = recent.length >= suspicious.takeovers;
      // Told once a window, not once a takeover.
      if (isSuspicious) times.delete(agentId);
      else times.set(agentId, recent);
      return isSuspicious;
    },
  };
}
