import type { Telemetry } from '../../protocols/api/devices.ts';
import type { HealthState, HealthVerdict } from '../../protocols/api/health.ts';
import type { Severity } from '../../protocols/api/operation/problems.ts';
import type { Calendar } from '../../protocols/fleet/calendar/calendar.ts';
import type { Label } from '../../protocols/fleet/capabilities/index.ts';
import type { Clock, Log } from '../../protocols/ports.ts';
import type { Audit } from '../audit/index.ts';
import type { Bus } from '../events/bus.ts';
import type { Store } from '../store/index.ts';
import type { Lifecycle, UnitKind } from '../store/tables.ts';

interface UnitRef {
  readonly id: number;
  readonly name: string;
  readonly kind: UnitKind;
}

interface ProblemDevice {
  readonly id: string;
  readonly sid: number;
  readonly agentId: string;
  readonly unitId: number;
  readonly unitPath: string;
  readonly family: string;
  readonly name: string;
  readonly lifecycle: Lifecycle;
}

/** What problems need of their neighbours, and no more. */
export interface ProblemDeps {
  readonly store: Store;
  readonly registry: {
    deviceOf(id: string): ProblemDevice | undefined;
    devices(): Iterable<ProblemDevice>;
    agentOf(id: string): { readonly id: string; readonly name: string } | undefined;
  };
  readonly organisation: {
    pathOf(unitId: number): string;
    refOf(unitId: number): UnitRef;
    schoolOf(unitId: number): UnitRef | undefined;
  };
  /** The calendar that holds for a unit. */
  readonly calendarOf: (unitId: number) => Calendar;
  /** What a code of health says; undefined for one that it does not know. */
  readonly codeOf: (
    code: string,
  ) => { readonly state: HealthState; readonly title: Label; readonly next: Label } | undefined;
  /** Health knows whether a device can be seen. */
  readonly verdictOf: (deviceId: string) => Pick<HealthVerdict, 'state'> | undefined;
  readonly telemetry: {
    latestOf(deviceId: string): Readonly<Record<string, { readonly value: number }>>;
    series(
      owner: { readonly id: string; readonly sid: number; readonly agentId: string },
      query: { readonly metric: string; readonly from: string; readonly to: string; readonly step: '5m' | '1h' },
    ): Promise<Telemetry>;
  };
  readonly audit: Pick<Audit, 'append'>;
  readonly bus: Bus;
  readonly clock: Clock;
  readonly log: Log;
}

/** A cause as far as its severity goes. */
export interface Weighed {
  readonly kind: string;
  readonly code: string;
  readonly unitId: number;
  readonly deviceId: string | undefined;
  readonly affected: number;
  readonly fixed?: Severity | undefined;
}

export type SeverityOf = (cause: Weighed, atMs?: number) => Severity;
