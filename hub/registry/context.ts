import type { DesiredDevice } from '../../protocols/fleet/messages.ts';
import type { Clock, Log } from '../../protocols/ports.ts';
import type { Bus } from '../events/bus.ts';
import type { Organisation } from '../organisation/index.ts';
import type { Sealer, Store, Trx } from '../store/index.ts';
import type { Directory } from './directory.ts';
import type { Facets } from './facets.ts';
import type { Families } from './families.ts';

/** What an agent is told of how its devices shall be set, by device. */
export type WishesOf = (
  trx: Trx,
  devices: readonly { readonly id: string; readonly family: string; readonly unitPath: string }[],
) => Promise<ReadonlyMap<string, NonNullable<DesiredDevice['configuration']>>>;

/** What the parts of the registry share. */
export interface RegistryContext {
  readonly store: Store;
  readonly organisation: Organisation;
  readonly bus: Bus;
  readonly clock: Clock;
  readonly log: Log;
  readonly sealer: Sealer;
  readonly facets: Facets;
  readonly directory: Directory;
  readonly families: Pick<Families, 'labelOf' | 'settingsOf'>;
  /** How devices shall be set, read with the rest of the desired document; nothing is wished without it. */
  readonly wishesOf?: WishesOf;
  /**
   * Raises the desired generation of this agent, to above `held` at least; after the commit memory follows, and whoever
   * must send it is told.
   */
  bumpGeneration(trx: Trx, agentId: string, held?: number): Promise<void>;
  /** Reads an agent and its devices again, here and on the other hubs. */
  announce(agentId: string): void;
}

/** The most devices and refused keys that one desired document carries (`desiredSchema`). */
export const desiredLimits = { devices: 1_000, refused: 5_000 } as const;
