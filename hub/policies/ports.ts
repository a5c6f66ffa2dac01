import type { PolicyBody } from '../../protocols/api/operation/policies.ts';
import type { Calendar } from '../../protocols/fleet/calendar/calendar.ts';
import type { Descriptor } from '../../protocols/fleet/record.ts';

/** What policies need of their neighbours, and no more. */

/** A policy as it stands at a unit. */
export interface StandingPolicy {
  readonly id: number;
  readonly unitId: number;
  readonly unitPath: string;
  readonly name: string;
  readonly enabled: boolean;
  readonly revision: number;
  readonly body: PolicyBody;
  readonly since: Date;
}

/** A device in use, with what it offers. */
export interface PolicyDevice {
  readonly id: string;
  readonly name: string;
  readonly agentId: string;
  readonly unitId: number;
  readonly unitPath: string;
  readonly family: string;
  readonly offers: Descriptor['capabilities'];
}

/** Path of a unit, `/1/7/`; undefined for one that is no more. */
export type PathOf = (unitId: number) => string | undefined;
/** The same object for units of one calendar, as long as it holds. */
export type CalendarOf = (unitId: number) => Calendar;
