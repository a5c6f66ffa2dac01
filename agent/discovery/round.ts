import { toError } from '../../protocols/errors.ts';
import type { Clock, Log } from '../../protocols/ports.ts';
import type { DiscoveryContext, Driver, Proposal } from '../devices/driver.ts';
import type { Network } from '../platform/network.ts';
import { settleContest } from './contest.ts';
import type { Surveyor, SurveyPolicy } from './surveyor.ts';

/** What the local configuration allows a search to do. */
export interface SearchPolicy extends SurveyPolicy {
  /** Community names that unknown boxes are asked with. */
  readonly communities: readonly string[];
}

export interface RoundOptions {
  readonly drivers: readonly Driver[];
  readonly policy: SearchPolicy;
  readonly surveyor: Surveyor;
  readonly network: Network;
  readonly clock: Clock;
  readonly log: Log;
  readonly signal: AbortSignal;
}

/** Families end by themselves within a minute; one that does not is cut off. */
const familyLimitMs = 90_000;
/** Of one family in one round. */
const maxProposals = 500;

/**
 * Searches once: each family in its own way and all of them together, at the same time since they mostly wait; then each family
 * looks at what was seen. One proposal for each device comes out. Throws only the signal's reason.
 */
export async function searchRound(options: RoundOptions): Promise<readonly Proposal[]> {
  const { drivers, surveyor, policy, signal } = options;
  const [found, sightings] = await Promise.all([
    Promise.all(drivers.map((driver) => collect(driver, options, (context) => driver.discover?.(context)))),
    surveyor.look(signal),
  ]);
  const { communities } = policy;
  const recognised = await Promise.all(
    drivers.map((driver) =>
      collect(driver, options, (context) => driver.recognise?.({ ...context, sightings, communities })),
    ),
  );
  return settleContest([...found.flat(), ...recognised.flat()]);
}

/** Looks only at what clients of the agent's own broker have announced. Throws only the signal's reason. */
export async function recogniseAnnounced(options: RoundOptions): Promise<readonly Proposal[]> {
  const { drivers, surveyor, policy } = options;
  const context = { sightings: surveyor.announced(), communities: policy.communities };
  const found = await Promise.all(
    drivers
      .filter(({ traces }) => traces?.topics)
      .map((driver) => collect(driver, options, (own) => driver.recognise?.({ ...own, ...context }))),
  );
  return settleContest(found.flat());
}

async function collect(
  { family }: Driver,
  { clock, log, network, policy, signal }: RoundOptions,
  search: (context: DiscoveryContext) => AsyncIterable<Proposal> | undefined,
): Promise<readonly Proposal[]> {
  using deadline = clock.deadline(familyLimitMs, signal);
  const proposals: Proposal[] = [];
  const context: DiscoveryContext = {
    clock,
    log: log.child({ family }),
    ...network,
    targets: policy.targets,
    broadcast: policy.broadcast,
    signal: deadline.signal,
  };
  try {
    for await (const proposal of search(context) ?? []) {
      if (proposals.length >= maxProposals) break;
      proposals.push(proposal);
    }
  } catch (thrown) {
    // What was found before still counts.
    if (!signal.aborted) log.warn('a search ended early', { family, error: toError(thrown) });
  }
  return proposals;
}
