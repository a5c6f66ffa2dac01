import type { Address } from './network.ts';

/** What one device may do at the agent's own broker. Filters are those of MQTT 3.1.1, section 4.7. */
export interface BrokerGrant {
  /** How the device signs in. Several grants may share a user name only with the same password, as devices behind one bridge do. */
  readonly username: string;
  readonly password: string;
  /** The only address that it may come from. */
  readonly from?: string;
  /** Topics that it may publish to; the seat receives what is published there. */
  readonly publish: readonly string[];
  /** Topics that it may subscribe to; the seat publishes there. */
  readonly subscribe: readonly string[];
}

export interface BrokerMessage {
  readonly topic: string;
  readonly payload: Uint8Array;
  /** Whether the message was there before the seat was taken. */
  readonly isRetained: boolean;
}

/** The agent's side of one grant. */
export interface BrokerSeat extends AsyncDisposable {
  /** Where the device finds the broker: the agent's address as a device at `host` sees it. */
  addressFor(host: string): Promise<Address>;
  /** Whether a client is signed in by this grant. */
  readonly isConnected: boolean;
  /** Sign-ins by this user name that were refused since the seat was taken: by another password, or from another address. */
  readonly refused: number;
  /**
   * The next message; first those that the broker has retained. Beyond 1,000 waiting ones, or 4 MiB, the oldest is dropped and
   * counted. Throws FatalError `seat-closed` after the seat was disposed of.
   */
  receive(signal?: AbortSignal): Promise<BrokerMessage>;
  /** Messages that were dropped because nobody received them in time. */
  readonly dropped: number;
  /**
   * Sends to whoever subscribes; never retained. Resolving means that the connection took it, not that the device read it.
   * Throws RecoverableError `not-connected` (nobody subscribes), FatalError `topic-not-granted`.
   */
  publish(topic: string, payload: Uint8Array | string, signal?: AbortSignal): Promise<void>;
}

export interface AdmitOptions {
  /**
   * Holds the grant for ten minutes after its seat was disposed of, or until this aborts: a driver that lost its session and
   * will come again gives the signal of its context, so that the device can connect meanwhile.
   */
  readonly holdUntil?: AbortSignal;
}

/** MQTT devices of the school publish to the agent itself: no cloud, and each only under its own topics. */
export interface BrokerPort {
  /**
   * Admits one device until the seat is disposed of. The broker listens while there is a grant; clients of a user without any
   * grant are cut, and what they had retained is forgotten.
   * Throws FatalError `broker-off` (the local configuration has none) | `grant-conflict` | `invalid-grant`,
   * RecoverableError `address-in-use`.
   */
  admit(grant: BrokerGrant, options?: AdmitOptions): Promise<BrokerSeat>;
}
