/** Bounds of the broker. Tests may tighten them; nothing turns one off. */
export interface BrokerLimits {
  /** Largest MQTT packet, checked before anything of it is kept and before anyone is known. */
  readonly packetBytes: number;
  /** Longest keep-alive that a client may ask for; none is refused. */
  readonly keepaliveSeconds: number;
  /** From the end of the handshake to the end of CONNECT. */
  readonly connectTimeoutMs: number;
  readonly handshakeTimeoutMs: number;
  /** How long a client may leave its socket full before it is cut. */
  readonly drainTimeoutMs: number;
  readonly maxConnections: number;
  /** Sockets that have not yet become an agent's session: of one address, and in all. */
  readonly strangersPerAddress: number;
  readonly strangers: number;
  /** Bytes that may wait for one agent before it is cut as a slow reader. */
  readonly waitingBytes: number;
  /** How long an agent that broke the contract is not let in. */
  readonly banMs: number;
  /** Filters outside the contract that one session may ask for before that counts as breaking it. */
  readonly refusedFilters: number;
  /** How often live sessions are compared with the database. */
  readonly sweepMs: number;
  /** How long the database may take to say whether a certificate is good. */
  readonly checkTimeoutMs: number;
}

/** reference: aedes 1.2.0 as measured; each figure is the one under which the broker was attacked in tests. */
export const defaultLimits: BrokerLimits = {
  packetBytes: 256 * 1024,
  keepaliveSeconds: 120,
  connectTimeoutMs: 10_000,
  handshakeTimeoutMs: 10_000,
  drainTimeoutMs: 10_000,
  maxConnections: 5_000,
  strangersPerAddress: 100,
  strangers: 1_000,
  waitingBytes: 1024 * 1024,
  banMs: 60_000,
  refusedFilters: 20,
  sweepMs: 4_000,
  checkTimeoutMs: 10_000,
};

/** Deliveries at once before the emitter queues: high, because one frozen reader holds a place until it is cut. */
export const concurrency = 1_000;
/** Packets of one client that may wait for its CONNECT to be answered. */
export const queueLimit = 42;
export const maxInflightInbound = 100;
export const maxTopicLevels = 10;
