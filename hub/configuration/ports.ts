import type { Device } from '../../protocols/api/devices.ts';
import type { Actor, Scope } from '../access/index.ts';
import type { UnitNode } from '../organisation/index.ts';
import type { Trx } from '../store/index.ts';

/** The parts of other features that configuration uses. */

export interface ConfiguredDevice {
  readonly id: string;
  readonly name: string;
  readonly agentId: string;
  readonly family: string;
  readonly unitId: number;
  readonly unitPath: string;
  readonly lifecycle: string;
}

export interface ConfigurationRegistry {
  requireDevice(scope: Scope, id: string): ConfiguredDevice;
  deviceOf(id: string): ConfiguredDevice | undefined;
  devices(): Iterable<ConfiguredDevice>;
  families(): readonly { readonly name: string }[];
  agentOf(id: string): { readonly desiredGeneration: number; readonly heldGeneration: number } | undefined;
  /** Has these agents sent their desired document anew, after the commit. */
  reissue(trx: Trx, agentIds: Iterable<string>): Promise<void>;
}

export interface ConfigurationOrganisation {
  /** Throw NotFoundError for a unit that does not exist. */
  pathOf(unitId: number): string;
  refOf(unitId: number): Pick<UnitNode, 'id' | 'name' | 'kind'>;
}

export interface ConfigurationTwin {
  reported(deviceId: string): Promise<Device['reported']>;
}

export interface ConfigurationAudit {
  append(entry: {
    readonly actor: string;
    readonly action: string;
    readonly subject: string;
    readonly unitId: number;
    readonly reason: string;
    readonly detail: Readonly<Record<string, unknown>>;
  }): Promise<unknown>;
}

/** Who changes wishes. */
export type Author = Pick<Actor, 'id' | 'name'>;
