import type { Ack, Command, Desired, Heartbeat, Hello } from '../../protocols/fleet/messages.ts';
import type { PolicyEnvelope } from '../../protocols/fleet/policy/bundle.ts';
import type { PeerIdentity } from '../../provisioning/authority/index.ts';

/** What the broker needs of its neighbours, and no more. */

export interface BrokerCredentials {
  /**
   * Whether the holder of this certificate may be let in now; asked on every CONNECT.
   * Throws RecoverableError when the database does not answer.
   */
  check(identity: PeerIdentity): Promise<{ readonly ok: true } | { readonly ok: false; readonly message: string }>;
  /** Fingerprints that were withdrawn and have not run out: no session may stand on one of them. */
  withdrawn(): Promise<ReadonlySet<string>>;
}

export interface BrokerMachines {
  /** Whether an agent greets from the machine that it was enrolled on. Throws RecoverableError when the database does not answer. */
  greeted(
    agentId: string,
    machine: Hello['machine'],
    address: string,
  ): Promise<{ readonly ok: true } | { readonly ok: false; readonly message: string }>;
  /** Two machines throw each other out with one identity. */
  suspected(agentId: string, addresses: readonly string[]): Promise<void>;
}

export interface BrokerWitnesses {
  /** The head of the audit log, for an agent to keep. Throws RecoverableError when the database does not answer. */
  current(): Promise<Ack['witness']>;
  /** Compares the heads that an agent kept with the log, and tells people when the log contradicts one. Never throws. */
  compare(agentId: string, witnesses: Hello['witnesses']): Promise<void>;
}

export interface BrokerIngest {
  /** Resolves when the frame is durable. Rejects with RecoverableError when it cannot be stored now. */
  submit(agentId: string, payload: Uint8Array): Promise<Ack | undefined>;
  hello(agentId: string, hello: Hello): Promise<Ack>;
}

export interface BrokerHealth {
  connected(agentId: string, session: string): void;
  disconnected(agentId: string, session: string): void;
  heartbeat(agentId: string, heartbeat: Heartbeat): void;
  /** Any sound message is a sign of life, and so is a question whether the hub is there. */
  heard(agentId: string): void;
  /** The hub itself could not take somebody in: silence up to now counts for nobody. */
  deaf(): void;
}

export interface BrokerCommands {
  pendingFor(agentId: string, options?: { readonly again?: boolean }): Promise<Command[]>;
  /** Those that may go: one may have been taken back since it was read. */
  markSent(ids: readonly string[]): Promise<ReadonlySet<string>>;
  /** Ids of commands that were taken back after they had left. */
  cancellationsFor(agentId: string): Promise<string[]>;
}

export interface BrokerRegistry {
  desiredFor(agentId: string): Promise<Desired>;
}

export interface BrokerPolicies {
  /** Takes the number of the bundle that an agent says it holds. */
  held(agentId: string, number: number): Promise<void>;
  envelopeFor(agentId: string): Promise<{ readonly number: number; readonly envelope: PolicyEnvelope } | undefined>;
}

export interface BrokerQuarantine {
  /** Bounded, never throws, never waits. */
  add(entry: {
    readonly agentId?: string;
    readonly channel: string;
    readonly code: string;
    readonly message: string;
    readonly payload: Uint8Array;
  }): void;
}

export interface BrokerAudit {
  append(entry: {
    readonly actor: string;
    readonly action: string;
    readonly subject: string;
    readonly origin?: string;
    readonly detail: Readonly<Record<string, unknown>>;
  }): Promise<unknown>;
}
