import type { Clock, Log } from '../protocols/ports.ts';
import type { HubConfig } from './config.ts';
import { createOrganisation, dayOf, loadSample, removeSample } from './organisation/index.ts';
import { openStore } from './store/index.ts';

export interface SampleDeps {
  readonly config: HubConfig;
  readonly clock: Clock;
  readonly log: Log;
}

/** Loads sample data, or takes it away; returns the sentence to print. Hubs on the same PostgreSQL hear of it at once. */
export async function changeSample(
  { config, clock, log }: SampleDeps,
  what: { readonly load: number } | 'remove',
): Promise<string> {
  await using store = await openStore({ databaseUrl: config.databaseUrl, dataDir: config.dataDir, clock, log });
  await using organisation = createOrganisation({ store, clock });
  await organisation.load();
  if (what === 'remove') return `${await removeSample(organisation)} sample units were removed; the communes stay.`;
  const root = await organisation.ensureRoot(config.province);
  const settings = { schools: what.load, today: dayOf(clock.now()) };
  return `${await loadSample(organisation, root, settings)} units were made: the communes of Quảng Ngãi and sample schools.`;
}
