import type { Clock } from '../../../protocols/ports.ts';
import type { LocalBrokerLimits } from './limits.ts';

/** Addresses that are remembered; beyond, the one that was heard longest ago is forgotten, and may begin anew. */
const maxAddresses = 1_000;

interface Account {
  readonly left: number;
  readonly atMs: number;
}

/** Counts packets by the address that they come from, so that whoever is cut does not begin anew by coming again. */
export class PacketBudget {
  readonly #clock: Clock;
  readonly #limits: Pick<LocalBrokerLimits, 'packetBurst' | 'packetsPerSecond'>;
  readonly #accounts = new Map<string, Account>();

  constructor(clock: Clock, limits: Pick<LocalBrokerLimits, 'packetBurst' | 'packetsPerSecond'>) {
    this.#clock = clock;
    this.#limits = limits;
  }

  /** Takes one packet of `address`; false when it has sent more than it may. */
  take(address: string): boolean {
    const { packetBurst, packetsPerSecond } = this.#limits;
    const atMs = this.#clock.mono();
    const before = this.#accounts.get(address) ?? { left: packetBurst, atMs };
    const left = Math.min(packetBurst, before.left + ((atMs - before.atMs) / 1_000) * packetsPerSecond);
    const isTaken = left >= 1;
    this.#accounts.delete(address);
    this.#accounts.set(address, { left: isTaken ? left - 1 : left, atMs });
    const oldest = this.#accounts.keys().next().value;
    if (this.#accounts.size > maxAddresses && oldest !== undefined) this.#accounts.delete(oldest);
    return isTaken;
  }
}
