import { isDeepStrictEqual } from 'node:util';
import { proposalRecordSchema } from '../../protocols/fleet/record.ts';
import type { Clock, Log } from '../../protocols/ports.ts';
import type { Driver, Proposal } from '../devices/driver.ts';
import type { AnnouncementSource } from '../platform/local-broker.ts';
import type { Network } from '../platform/network.ts';
import type { RecordSink } from '../runtime/reporter.ts';
import { chooseProposals, type Known } from './choice.ts';
import { recogniseAnnounced, type SearchPolicy, searchRound } from './round.ts';
import { Surveyor } from './surveyor.ts';

/** What the local configuration allows. */
export interface DiscoveryPolicy extends SearchPolicy {
  readonly enabled: boolean;
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
  /** What clients of the agent's own broker announce; proposed within seconds, between the rounds. */
  readonly announcements?: AnnouncementSource;
}

/** An unchanged proposal is told again after a day, for a hub that has lost it. */
const repeatMs = 24 * 3_600_000;
/** Proposals that are remembered; beyond, the one told longest ago is forgotten and may be told again. */
const maxTold = 2_000;
const firstDelayMs = 20_000;
/** A device that comes announces itself in several messages. */
const listenMs = 5_000;

/** Looks for devices and proposes them; a person adopts. Rounds are periodic and on request, never two at once. */
export class Discovery implements AsyncDisposable {
  readonly #options: DiscoveryOptions;
  readonly #surveyor: Surveyor;
  readonly #stop = new AbortController();
  readonly #told = new Map<string, { readonly proposal: Proposal; readonly atMs: number }>();
  #round: Promise<void> | undefined;
  #schedule: Promise<void> | undefined;
  #listening: Promise<void> | undefined;

  /** Throws FatalError `invalid-ranges`. */
  constructor(options: DiscoveryOptions) {
    this.#options = options;
    const adopted = () => options.known().devices.map(({ address }) => address);
    this.#surveyor = new Surveyor({ ...options, adopted });
  }

  /** Begins the periodic rounds, the first one shortly after. Does nothing when the policy forbids. */
  start(): void {
    if (!this.#options.policy.enabled) return;
    this.#schedule ??= this.#repeat();
    this.#listening ??= this.#listen();
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
    await Promise.all([this.#schedule, this.#listening, this.#round]);
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

  async #search(): Promise<void> {
    try {
      this.#choose(await searchRound({ ...this.#options, surveyor: this.#surveyor, signal: this.#stop.signal }));
    } catch (thrown) {
      if (!this.#stop.signal.aborted) throw thrown;
    }
  }

  /** Looks at what was announced since the last look; what is missed meanwhile the next round finds. */
  async #listen(): Promise<void> {
    const { clock, announcements } = this.#options;
    const { signal } = this.#stop;
    if (!announcements) return;
    let seen = announcements.revision;
    try {
      for (;;) {
        await clock.wait(listenMs, signal);
        if (announcements.revision === seen || this.#round !== undefined) continue;
        seen = announcements.revision;
        this.#choose(await recogniseAnnounced({ ...this.#options, surveyor: this.#surveyor, signal }));
      }
    } catch (thrown) {
      if (!signal.aborted) throw thrown;
    }
  }

  #choose(found: readonly Proposal[]): void {
    const { log, known } = this.#options;
    const { chosen, contested } = chooseProposals(found, known());
    for (const key of contested) log.warn('two addresses claim to be the same device', { device: key });
    for (const proposal of chosen) this.#tell(proposal);
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
