import { BlockList, isIP } from 'node:net';
import type { Clock } from '../../protocols/ports.ts';
import { type Resolve, systemResolve, untilAborted } from './dial.ts';
import type { HubPlace } from './network-policy.ts';

export interface HubPlaceOptions {
  /** Host names and addresses at which the agent finds its hub; asked again with each look, since a machine may be enrolled meanwhile. */
  readonly hosts: () => readonly string[];
  readonly clock: Clock;
  /** The machine's resolver unless given. */
  readonly resolve?: Resolve;
}

/** How long an answer of the resolver is believed. */
const freshMs = 60_000;
/** A school without internet has no resolver: its devices must not wait for it. */
const resolveLimitMs = 2_000;

/** Where the hub stands, looked up again once a minute as long as somebody connects. */
export function createHubPlace(options: HubPlaceOptions): HubPlace {
  return new LookedUpPlace(options);
}

class LookedUpPlace implements HubPlace {
  readonly #options: HubPlaceOptions;
  /** By host; one that does not resolve any more keeps its last addresses. */
  readonly #addresses = new Map<string, readonly string[]>();
  #hosts: ReadonlySet<string> = new Set();
  #list = new BlockList();
  #lookedAt = Number.NEGATIVE_INFINITY;
  #looking: Promise<void> | undefined;

  constructor(options: HubPlaceOptions) {
    this.#options = options;
    this.#take(hostsOf(options));
  }

  isAt(ip: string): boolean {
    const version = isIP(ip);
    return version !== 0 && this.#list.check(ip, version === 6 ? 'ipv6' : 'ipv4');
  }

  isCalled(host: string): boolean {
    return this.#hosts.has(host.toLowerCase());
  }

  async settle(signal?: AbortSignal): Promise<void> {
    const { clock } = this.#options;
    if (clock.mono() - this.#lookedAt < freshMs) return;
    this.#looking ??= this.#look().finally(() => {
      this.#lookedAt = clock.mono();
      this.#looking = undefined;
    });
    await (signal ? untilAborted(this.#looking, signal) : this.#looking);
  }

  async #look(): Promise<void> {
    const { clock, resolve = systemResolve } = this.#options;
    const hosts = hostsOf(this.#options);
    using deadline = clock.deadline(resolveLimitMs);
    await Promise.all(
      [...hosts].map(async (host) => {
        if (isIP(host) !== 0) return;
        // Without an answer the last one holds.
        const found = await untilAborted(resolve(host), deadline.signal).catch(() => undefined);
        if (found) this.#addresses.set(host, found);
      }),
    );
    this.#take(hosts);
  }

  #take(hosts: ReadonlySet<string>): void {
    const list = new BlockList();
    for (const host of hosts) {
      const ips = isIP(host) === 0 ? (this.#addresses.get(host) ?? []) : [host];
      for (const ip of ips) list.addAddress(ip, isIP(ip) === 6 ? 'ipv6' : 'ipv4');
    }
    for (const host of this.#addresses.keys()) if (!hosts.has(host)) this.#addresses.delete(host);
    this.#hosts = hosts;
    this.#list = list;
  }
}

function hostsOf({ hosts }: HubPlaceOptions): ReadonlySet<string> {
  return new Set(hosts().map((host) => host.toLowerCase().replace(/^\[(.*)\]$/, '$1')));
}
