import { toError } from '../../protocols/errors.ts';
import type { Clock, Log } from '../../protocols/ports.ts';
import type { Driver, Sighting } from '../devices/driver.ts';
import type { AnnouncementSource } from '../platform/local-broker.ts';
import type { Network } from '../platform/network.ts';
import { type AddressRanges, readRanges } from './address-range.ts';
import { searchServices } from './announcements.ts';
import { searchRootDevices } from './root-devices.ts';
import { type SweepTarget, sweepPorts } from './sweep.ts';

/** What the local configuration allows to be looked at without asking a family. */
export interface SurveyPolicy {
  readonly targets: readonly { readonly host: string; readonly port?: number }[];
  readonly broadcast: boolean;
  /** IPv4 blocks whose addresses are swept; none unless a person set them. */
  readonly ranges: readonly string[];
}

interface Place {
  readonly host: string;
  /** All of the device's own ports unless given. */
  readonly port?: number | undefined;
}

export interface SurveyorOptions {
  readonly drivers: readonly Driver[];
  readonly policy: SurveyPolicy;
  readonly network: Network;
  readonly clock: Clock;
  readonly log: Log;
  /** Places of devices that are adopted: their ports are left alone. */
  readonly adopted: () => readonly (Place | undefined)[];
  /** What clients of the agent's own broker have announced; nothing without one. */
  readonly announcements?: AnnouncementSource | undefined;
}

/** Of the ranges, in one round; the next one goes on behind them. */
const mostAddresses = 1_024;

/** Looks around on behalf of all families: who announces itself, and which of their usual ports are open. */
export class Surveyor {
  readonly #options: SurveyorOptions;
  readonly #ranges: AddressRanges;
  #place = 0;

  /** Throws FatalError `invalid-ranges`. */
  constructor(options: SurveyorOptions) {
    this.#options = options;
    this.#ranges = readRanges(options.policy.ranges);
  }

  /** One look. What fails is told and left out. Throws only the signal's reason. */
  async look(signal: AbortSignal): Promise<readonly Sighting[]> {
    const { drivers, policy, network, clock, log } = this.#options;
    const { targets, broadcast } = policy;
    const ask = { ...network, clock, log, broadcast, signal };
    const services = [...new Set(drivers.flatMap(({ traces }) => traces?.services ?? []))];
    const searchTargets = new Set(drivers.flatMap(({ traces }) => traces?.searchTargets ?? []));
    const hasRootDevices = drivers.some(({ traces }) => traces?.searchTargets);
    const parts: readonly Promise<readonly Sighting[]>[] = [
      this.#part('DNS-SD', signal, () => searchServices(services, targets, ask)),
      this.#part('SSDP', signal, async () =>
        hasRootDevices ? await searchRootDevices([...searchTargets], targets, ask) : [],
      ),
      this.#part('ports', signal, () => this.#sweep(signal)),
    ];
    return [...(await Promise.all(parts)).flat(), ...this.announced()];
  }

  /** What was heard without asking. */
  announced(): readonly Sighting[] {
    const heard = this.#options.announcements?.all() ?? [];
    return heard.map((one) => ({ kind: 'announcement', ...one }));
  }

  async #part(
    what: string,
    signal: AbortSignal,
    search: () => Promise<readonly Sighting[]>,
  ): Promise<readonly Sighting[]> {
    try {
      return await search();
    } catch (thrown) {
      signal.throwIfAborted();
      this.#options.log.warn('a search on behalf of all families failed', { search: what, error: toError(thrown) });
      return [];
    }
  }

  async #sweep(signal: AbortSignal): Promise<readonly Sighting[]> {
    const { drivers, policy } = this.#options;
    const ports = [...new Set(drivers.flatMap(({ traces }) => traces?.ports ?? []))];
    if (ports.length === 0) return [];
    // A target with a port of its own is asked by the families, not swept.
    const named = policy.targets.filter(({ port }) => port === undefined).map(({ host }) => host);
    const hosts = [...named, ...this.#ranges.take(this.#place, mostAddresses)];
    const targets = hosts.map((host) => ({ host, ports: this.#foreignPorts(host, ports) }));
    const { open, looked } = await sweepPorts(targets, { ...this.#options.network, ...this.#options, signal });
    if (this.#ranges.size > 0) this.#place = (this.#place + Math.max(0, looked - named.length)) % this.#ranges.size;
    return open;
  }

  #foreignPorts(host: string, ports: readonly number[]): SweepTarget['ports'] {
    const ours = this.#options.adopted().filter((place) => place?.host.toLowerCase() === host.toLowerCase());
    if (ours.some((place) => place?.port === undefined)) return [];
    return ports.filter((port) => !ours.some((place) => place?.port === port));
  }
}
