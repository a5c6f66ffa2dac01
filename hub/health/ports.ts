import type { Calendar } from '../../protocols/fleet/calendar/calendar.ts';
import type { Scope } from '../access/index.ts';
import type { Page } from '../store/page.ts';
import type { Lifecycle, UnitKind } from '../store/tables.ts';

/** What health needs of its neighbours, and no more. */

export interface HealthDevice {
  readonly id: string;
  readonly agentId: string;
  readonly unitId: number;
  readonly unitPath: string;
  readonly name: string;
  readonly lifecycle: Lifecycle;
  readonly supplierId?: number | undefined;
}

export interface HealthAgent {
  readonly id: string;
  readonly name: string;
  readonly unitId: number;
  readonly unitPath: string;
  readonly status: 'active' | 'quarantined' | 'revoked';
  readonly lastSeenAt: Date | undefined;
}

/** What a sign of life says; what is left out stays as it was. */
export interface AgentTouch {
  readonly id: string;
  readonly lastSeenAt?: Date;
  readonly connectedAt?: Date;
  readonly disconnectedAt?: Date;
  readonly session?: string;
  readonly clockSkewMs?: number;
  readonly heldGeneration?: number;
  readonly queue?: { readonly records: number; readonly bytes: number; readonly shed: number };
  readonly load?: { readonly rssBytes: number; readonly cpuPercent: number; readonly loopDelayP99Ms: number };
}

export interface HealthRegistry {
  agents(): Iterable<HealthAgent>;
  devices(): Iterable<HealthDevice>;
  agentOf(id: string): HealthAgent | undefined;
  deviceOf(id: string): HealthDevice | undefined;
  devicesOfAgent(agentId: string): readonly HealthDevice[];
  touchAgents(batch: readonly AgentTouch[]): Promise<void>;
}

export interface HealthTwin {
  /** The last report of a capability, from memory. */
  stateOf(
    deviceId: string,
    capability: string,
  ): { readonly state: Readonly<Record<string, unknown>>; readonly receivedAt: Date } | undefined;
}

export interface HealthTelemetry {
  /** The last value of each metric, from memory. */
  latestOf(deviceId: string): Readonly<Record<string, { readonly value: number }>>;
}

interface HealthUnit {
  readonly id: number;
  readonly name: string;
  readonly kind: UnitKind;
}

export interface HealthOrganisation {
  pathOf(unitId: number): string;
  refOf(unitId: number): HealthUnit;
  schoolOf(unitId: number): HealthUnit | undefined;
  list(scope: Scope, query: { readonly kind: 'school'; readonly limit: number }): Page<unknown>;
}

export interface HealthQuarantine {
  countSince(scope: Scope, sinceMs: number): Promise<number>;
}

export interface HealthCalendars {
  /** The calendar that holds for a unit, from memory. */
  calendarOf(unitId: number): Calendar;
  /** Tells below which unit something changed, by its path. */
  onChanged(listener: (unitPath: string) => void): Disposable;
}

export interface HealthPolicies {
  /** What the power schedules of a device want at an instant; undefined where none says. From memory. */
  expectedPowerOf(deviceId: string, atMs: number): 'on' | 'off' | undefined;
  onChanged(listener: (unitPath: string) => void): Disposable;
}
