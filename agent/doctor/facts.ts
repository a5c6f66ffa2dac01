import type { MachineNeed } from '../devices/driver.ts';
import type { LaneAccount } from '../uplink/outbox.ts';

/** What was seen of one thing that could not be looked at: the words of whoever refused. */
export interface Unseen {
  readonly state: 'unseen';
  readonly detail: string;
}

export type IdentityFact =
  | {
      readonly state: 'enrolled';
      readonly agentId: string;
      readonly name: string;
      readonly notBeforeMs: number;
      readonly notAfterMs: number;
    }
  | { readonly state: 'none' }
  /** It holds a voucher and enrols by itself. */
  | {
      readonly state: 'prepared';
      readonly hubUrl: string;
      /** The hub's no, by its code, and when it came. */
      readonly refused?: { readonly code: string; readonly at: number };
    }
  | { readonly state: 'broken'; readonly detail: string }
  /** This user may not read it. */
  | { readonly state: 'forbidden' };

/** Why a door of the hub did not open as it should. */
export type DoorCause =
  | 'refused'
  | 'no-answer'
  | 'unreachable'
  | 'not-secure'
  | 'not-trusted'
  /** A certificate is outside its validity by this machine's clock. */
  | 'wrong-time'
  /** The hub ended the connection when it saw this agent's certificate. */
  | 'rejected';

export type DoorFact =
  | { readonly state: 'open'; readonly place: string; readonly tookMs: number }
  | { readonly state: 'failed'; readonly place: string; readonly cause: DoorCause; readonly detail: string }
  /** Its address is not known yet, or its name has no address. */
  | { readonly state: 'not-tried' };

export type NameFact =
  | { readonly state: 'found'; readonly host: string; readonly addresses: readonly string[] }
  | { readonly state: 'address'; readonly host: string }
  | { readonly state: 'unknown'; readonly host: string; readonly detail: string }
  | { readonly state: 'not-tried' };

export interface HubFacts {
  readonly name: NameFact;
  readonly gateway: DoorFact;
  readonly broker: DoorFact;
  /** How far this machine's clock is ahead of the hub's, in milliseconds; undefined when the hub told no time. */
  readonly clockAheadMs: number | undefined;
}

export type FolderFact =
  | {
      readonly state: 'writable';
      readonly freeBytes: number;
      readonly totalBytes: number;
      /** Undefined where the file system does not count them. */
      readonly freeFiles: number | undefined;
    }
  | { readonly state: 'absent' }
  | { readonly state: 'not-writable'; readonly detail: string };

export type OutboxFact =
  | {
      readonly state: 'read';
      readonly fileBytes: number;
      readonly lanes: Readonly<Record<'urgent' | 'state' | 'samples', LaneAccount>>;
      /** When a running agent last proved that it works; wall clock. */
      readonly aliveAt: number | undefined;
    }
  | { readonly state: 'absent' }
  | Unseen;

export type RunningFact = { readonly state: 'running'; readonly pid: number } | { readonly state: 'stopped' } | Unseen;

export interface DeviceFact {
  readonly name: string;
  readonly family: string;
  /** Undefined when it has no address, or a name that does not resolve. */
  readonly isAllowed: boolean | undefined;
}

export type NeedFact = {
  readonly need: Exclude<MachineNeed, { readonly kind: 'broker' }>;
  readonly isThere: boolean;
  readonly devices: readonly string[];
};

/** Who has the port of the agent's own broker. */
export type BrokerPortFact = 'free' | 'taken' | 'unusable';

export interface DoctorFacts {
  readonly now: number;
  readonly dataDir: string;
  readonly identity: IdentityFact;
  readonly running: RunningFact;
  readonly hub: HubFacts;
  readonly folder: FolderFact;
  readonly outbox: OutboxFact;
  /** What may wait for the hub. */
  readonly outboxMaxBytes: number;
  readonly memory: { readonly totalBytes: number; readonly availableBytes: number };
  readonly policy: {
    readonly allow: readonly string[];
    readonly deny: readonly string[];
    readonly ports: readonly string[];
    readonly broadcast: boolean;
  };
  /** What the hub last wished; undefined when that cannot be read. */
  readonly devices: readonly DeviceFact[] | undefined;
  readonly needs: readonly NeedFact[];
  readonly localBroker: {
    readonly isEnabled: boolean;
    readonly place: string;
    readonly port: BrokerPortFact;
    /** Names of the devices that need it. */
    readonly devices: readonly string[];
  };
}
