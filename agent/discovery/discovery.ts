import { isDeepStrictEqual } from 'node:util';
import { toError } from '../../protocols/errors.ts';
import { proposalRecordSchema } from '../../protocols/fleet/record.ts';
import type { Clock, Log } from '../../protocols/ports.ts';
import type { DiscoveryContext, Driver, Proposal } from '../devices/driver.ts';
import type { Network } from '../platform/network.ts';
import type { RecordSink } from '../runtime/reporter.ts';
import { chooseProposals, type Known } from './choice.ts';

/** What the local configuration allows. */
export interface DiscoveryPolicy {
  readonly enabled: boolean;
  /** Addresses that may be asked directly. */
  readonly targets: DiscoveryContext['targets'];
  /** Whether everyone on the local network may be asked. */
  readonly broadcast: boolean;
  /** Between two rounds; each is spread by a quarter. */
  readonly intervalMs: number;
}

export interface DiscoveryOptions {
  readonly drivers: readonly Driver[];
  readonly policy: DiscoveryPolicy;
  readonly network: Network;
  readonly clock: Clock;
  readonly log: Log;
  readonly sink: RecordSink;
  /** What is adopted or refused at this moment. */
  readonly known: () => Known;
  /** In [0, 1). */
  readonly random: () => number;
}

/** Families end by themselves within a minute; one that does not is cut off. */
const familyLimitMs = 90_000;
/** Of one family in one round. */
const maxProposals = 500;
/** An unchanged proposal is told again after a day, for a hub that has lost it. */
const repeatMs = 24 * 3_600_000;
/** Proposals that are remembered; beyond, the one told longest ago is forgotten and may be told again. */
const maxTold = 2_000;
const firstDelayMs = 20_000;

/** Looks for devices and proposes them; a person adopts. Rounds are periodic and on request, never two at once. */
export class Discovery implements AsyncDisposable {
  readonly #options: DiscoveryOptions;
  readonly #stop = new AbortController();
  readonly #told = new Map<string, { readonly proposal: Proposal; readonly atMs: number }>();
  #round: Promise<void> | undefined;
  #schedule: Promise<void> | undefined;

  constructor(options: DiscoveryOptions) {
    this.#options = options;
  }

  /** Begins the periodic rounds, the first one shortly after. Does nothing when the policy forbids. */
  start(): void {
    if (this.#options.policy.enabled) this.#schedule ??= this.#repeat();
  }

  /** Runs one round now, or joins the one that runs. Resolves when it is over; never rejects. */
  async run(): Promise<void> {
    if (!this.#options.policy.enabled || this.#stop.signal.aborted) return;
    this.#round ??= this.#search().finally(() => {
      this.#round = undefined;
    });
    await this.#round;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort(new Error('discovery stops'));
    await Promise.all([this.#schedule, this.#round]);
  }

  async #repeat(): Promise<void> {
    const { clock, policy, random } = this.#options;
    let delayMs = firstDelayMs * (0.5 + random());
    try {
      for (;;) {
        await clock.wait(delayMs, this.#stop.signal);
        await this.run();
        delayMs = policy.intervalMs * (0.875 + random() / 4);
      }
    } catch (thrown) {
      if (!this.#stop.signal.aborted) throw thrown;
    }
  }

  /** All families at the same time: they mostly wait. */
  async #search(): Promise<void> {
    const found = await Promise.all(this.#options.drivers.map((driver) => this.#ask(driver)));
    if (this.#stop.signal.aborted) return;
    const { chosen, contested } = chooseProposals(found.flat(), this.#options.known());
    for (const key of contested) this.#options.log.warn('two addresses claim to be the same device', { device: key });
    for (const proposal of chosen) this.#tell(proposal);
  }

  async #ask(driver: Driver): Promise<readonly Proposal[]> {
    const { clock, log, network, policy } = this.#options;
    if (!driver.discover) return [];
    using deadline = clock.deadline(familyLimitMs, this.#stop.signal);
    const proposals: Proposal[] = [];
    const context: DiscoveryContext = {
      clock,
      log: log.child({ family: driver.family }),
      ...network,
      targets: policy.targets,
      broadcast: policy.broadcast,
      signal: deadline.signal,
    };
    try {
      for await (const proposal of driver.discover(context)) {
        if (proposals.length >= maxProposals) break;
        proposals.push(proposal);
      }
    } catch (thrown) {
      // What was found before still counts.
      if (!this.#stop.signal.aborted) {
        log.warn('a search ended early', { family: driver.family, error: toError(thrown) });
      }
    }
    return proposals;
  }

  #tell(proposal: Proposal): void {
    const { clock, sink, log } = this.#options;
    const nowMs = clock.mono();
    const before = this.#told.get(proposal.key);
    if (before && nowMs - before.atMs < repeatMs && isDeepStrictEqual(before.proposal, proposal)) return;
    const stamp = { at: Math.round(clock.now()), mono: Math.max(0, Math.round(nowMs)) };
    const parsed = proposalRecordSchema.omit({ seq: true }).safeParse({ kind: 'proposal', ...stamp, ...proposal });
    if (!parsed.success) {
      log.warn('a proposal breaks the contract', { family: proposal.family, error: parsed.error });
      return;
    }
    this.#told.delete(proposal.key);
    this.#told.set(proposal.key, { proposal, atMs: nowMs });
    const [oldest] = this.#told.size > maxTold ? this.#told.keys() : [];
    if (oldest !== undefined) this.#told.delete(oldest);
    sink('state', parsed.data);
  }
}
