import { toError } from '../protocols/errors.ts';
import type { Clock, Log } from '../protocols/ports.ts';
import type { AgentConfig } from './config.ts';
import type { Driver, Proposal } from './devices/driver.ts';
import type { Network } from './platform/network.ts';

export interface SearchOptions {
  readonly drivers: readonly Driver[];
  readonly config: Pick<AgentConfig, 'discovery' | 'network'>;
  readonly network: Network;
  readonly clock: Clock;
  readonly log: Log;
  readonly signal: AbortSignal;
}

/** Asks every family once, one after another, and yields what answers, as the person at the keyboard may want to see it. */
export async function* searchOnce({
  drivers,
  config,
  network,
  clock,
  log,
  signal,
}: SearchOptions): AsyncGenerator<Proposal> {
  for (const driver of drivers) {
    if (!driver.discover || signal.aborted) continue;
    try {
      yield* driver.discover({
        clock,
        log: log.child({ family: driver.family }),
        ...network,
        targets: config.discovery.targets.map(({ host, port }) => ({ host, ...(port ? { port } : {}) })),
        broadcast: config.network.broadcast,
        signal,
      });
    } catch (thrown) {
      if (!signal.aborted) log.warn('the search of a family failed', { family: driver.family, error: toError(thrown) });
    }
  }
}
