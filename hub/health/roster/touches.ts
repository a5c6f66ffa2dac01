import type { AgentTouch, HealthRegistry } from '../ports.ts';

/** Signs of life that wait to be written together: one write a tick, however many heartbeats came. */
export interface Touches {
  add(agentId: string, fields: Omit<AgentTouch, 'id'>): void;
  /** Writes what waits; when it rejects all of it waits again. */
  flush(): Promise<void>;
}

/** Bounded by the fleet: one entry an agent, newer fields over older ones. */
export function createTouches(registry: Pick<HealthRegistry, 'touchAgents'>): Touches {
  let waiting = new Map<string, AgentTouch>();
  return {
    add: (agentId, fields) => {
      waiting.set(agentId, { ...waiting.get(agentId), ...fields, id: agentId });
    },
    flush: async () => {
      if (waiting.size === 0) return;
      const batch = waiting;
      waiting = new Map();
      try {
        await registry.touchAgents([...batch.values()]);
      } catch (thrown) {
        for (const [id, old] of batch) waiting.set(id, { ...old, ...waiting.get(id) });
        throw thrown;
      }
    },
  };
}
