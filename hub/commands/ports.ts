import type { z } from 'zod';
import type { DevicesQuery } from '../../protocols/api/devices.ts';
import type { unitRefSchema } from '../../protocols/api/page.ts';
import type { Moment } from '../../protocols/fleet/calendar/moment.ts';
import type { Clock, Log } from '../../protocols/ports.ts';
import type { Scope } from '../access/index.ts';
import type { Bus } from '../events/bus.ts';
import type { Store } from '../store/index.ts';
import type { Lifecycle } from '../store/tables.ts';

/** What commands need of their neighbours, and no more. */

export interface CommandDevice {
  readonly id: string;
  readonly agentId: string;
  readonly unitId: number;
  readonly unitPath: string;
  readonly supplierId?: number | undefined;
  readonly lifecycle: Lifecycle;
}

type DeviceFilter = Pick<DevicesQuery, 'unit' | 'q' | 'agent' | 'family' | 'lifecycle' | 'health' | 'capability'>;

export interface CommandRegistry {
  deviceOf(deviceId: string): CommandDevice | undefined;
  agentOf(agentId: string): { readonly status: 'active' | 'quarantined' | 'revoked' } | undefined;
  /** Ids of the devices that match, by name, at most `limit`. */
  matchDevices(scope: Scope, filter: DeviceFilter, limit: number): Promise<string[]>;
}

type UnitRef = z.infer<typeof unitRefSchema>;

export interface CommandOrganisation {
  /** Throws NotFoundError. */
  pathOf(unitId: number): string;
  refOf(unitId: number): UnitRef;
  schoolOf(unitId: number): UnitRef | undefined;
}

export interface CommandAudit {
  append(entry: {
    readonly actor: string;
    readonly action: string;
    readonly subject: string;
    readonly unitId?: number;
    readonly reason?: string;
    readonly detail: Readonly<Record<string, unknown>>;
  }): Promise<unknown>;
}

/** What the files of this feature share. */
export interface CommandContext {
  readonly store: Store;
  readonly registry: CommandRegistry;
  readonly organisation: CommandOrganisation;
  /** What the calendar of a unit says of an instant. */
  readonly momentAt: (unitId: number, atMs: number) => Moment;
  readonly bus: Bus;
  readonly audit: CommandAudit;
  readonly clock: Clock;
  readonly log: Log;
}

/** Tells the hub that holds the agent that something waits for it. */
export const queuedChannel = 'command_queued';
