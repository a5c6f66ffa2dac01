import type { TLSSocket } from 'node:tls';
import type { Client } from 'aedes';
import type { PeerIdentity } from '../../provisioning/authority/index.ts';

/** One agent on one connection, from the moment its certificate and id were found good. */
export interface Session {
  /** Name of this connection for health and log; never used twice. */
  readonly id: string;
  readonly identity: PeerIdentity;
  readonly address: string;
  readonly client: Client;
  readonly socket: TLSSocket;
  /** Topics that it subscribed to. */
  readonly granted: Set<string>;
  refusedFilters: number;
  /** When a sound message of it last came (monotonic). */
  heardMono: number;
  /** The hub has its hello: it may get what it lacks. */
  greeted: boolean;
  /** Generation of the desired document last sent or known to be held, and when it was last sent (monotonic). */
  generation: number;
  generationSentMs: number;
  /** Number of the bundle of policies last sent or known to be held. */
  policy: number;
  /** Set as soon as it broke the contract: what is still on its way from it is dropped. */
  ended: boolean;
  /** Whether its agent opens credentials that are sealed to its certificate. */
  opensSealed: boolean;
  sendCommands: () => Promise<void>;
  sendDesired: () => Promise<void>;
  sendPolicies: () => Promise<void>;
}

/**
 * Live sessions by agent. The library's own table is not used: when a client is taken over while it is closing, it
 * forgets the new one.
 */
export interface Sessions {
  /** The session of a client that was let in; kept until the connection ends. */
  remember(session: Session): void;
  of(client: Client): Session | undefined;
  /** Makes a session the live one of its agent; returns the one that it takes over. */
  enter(session: Session): Session | undefined;
  /** True when this was the live session of its agent. */
  leave(session: Session): boolean;
  live(agentId: string): Session | undefined;
  all(): Iterable<Session>;
  readonly size: number;
}

export function createSessions(): Sessions {
  const byClient = new WeakMap<Client, Session>();
  const byAgent = new Map<string, Session>();
  return {
    remember: (session) => {
      byClient.set(session.client, session);
    },
    of: (client) => byClient.get(client),
    enter: (session) => {
      const before = byAgent.get(session.identity.agentId);
      byAgent.set(session.identity.agentId, session);
      return before === session ? undefined : before;
    },
    leave: (session) => {
      if (byAgent.get(session.identity.agentId) !== session) return false;
      return byAgent.delete(session.identity.agentId);
    },
    live: (agentId) => byAgent.get(agentId),
    all: () => byAgent.values(),
    get size() {
      return byAgent.size;
    },
  };
}
