/** Bounds of the local broker. Tests may tighten them; nothing turns one off. */
export interface LocalBrokerLimits {
  /** Clients that are signed in: in all, and by one user name. */
  readonly clients: number;
  readonly clientsPerUser: number;
  /** Sockets that have not signed in: in all, and of one address. */
  readonly strangers: number;
  readonly strangersPerAddress: number;
  /** Largest MQTT packet before and after sign-in, refused as soon as its length is read. */
  readonly signInBytes: number;
  readonly packetBytes: number;
  /** From the connection to the end of CONNECT. */
  readonly connectTimeoutMs: number;
  /** How long a wrong password waits for its answer. */
  readonly refusalMs: number;
  /** Longest keep-alive that a client may ask for; none at all is refused, or a dead client would hold its place. */
  readonly keepaliveSeconds: number;
  /** How long a client may leave its socket full before it is cut, and what may wait for it meanwhile. */
  readonly drainTimeoutMs: number;
  readonly waitingBytes: number;
  /** Messages of one client: this many at once, then this many a second. What is faster waits at the device. */
  readonly burst: number;
  readonly messagesPerSecond: number;
  /**
   * Packets of any kind from one address: this many at once, then this many a second; one that sends more is cut. They cost
   * some 12 µs each, and only publications can be made to wait.
   */
  readonly packetBurst: number;
  readonly packetsPerSecond: number;
  /** Filters that one client may subscribe to; SUBACK 128 beyond. */
  readonly filters: number;
  /** Retained messages; beyond, the oldest goes of the user who holds most. */
  readonly retainedMessages: number;
  readonly retainedBytes: number;
  /** What waits in one seat; beyond, the oldest goes. */
  readonly seatMessages: number;
  readonly seatBytes: number;
  /** How long a grant is held for a driver that lost its session and will come again. */
  readonly holdMs: number;
}

const mebibyte = 1024 * 1024;

export const defaultLimits: LocalBrokerLimits = {
  clients: 200,
  clientsPerUser: 20,
  strangers: 40,
  strangersPerAddress: 20,
  signInBytes: 16 * 1024,
  packetBytes: 256 * 1024,
  connectTimeoutMs: 10_000,
  refusalMs: 1_000,
  keepaliveSeconds: 600,
  drainTimeoutMs: 10_000,
  waitingBytes: mebibyte,
  burst: 2_000,
  messagesPerSecond: 200,
  // Twice what the messages of all clients behind one bridge may come to.
  packetBurst: 10_000,
  packetsPerSecond: 4_000,
  filters: 100,
  retainedMessages: 2_000,
  retainedBytes: 8 * mebibyte,
  seatMessages: 1_000,
  seatBytes: 4 * mebibyte,
  // Longer than the longest wait between two attempts of a runner, 5 min.
  holdMs: 600_000,
};
