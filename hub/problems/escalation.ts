import type { Severity } from '../../protocols/api/operation/problems.ts';
import type { Calendar } from '../../protocols/fleet/calendar/calendar.ts';
import { isAtLeast } from './severity.ts';
import { workingMs } from './teaching.ts';

/** Steps that are taken while nobody acknowledges a problem. */
export interface EscalationPolicy {
  readonly steps: readonly { readonly afterMinutes: number; readonly least: Severity }[];
  /** Minutes count on school days from 7 to 17 only. */
  readonly workingTime: boolean;
}

/** Where nobody said anything. */
export const defaultEscalation: EscalationPolicy = {
  steps: [
    { afterMinutes: 30, least: 'critical' },
    { afterMinutes: 120, least: 'major' },
    { afterMinutes: 480, least: 'major' },
  ],
  workingTime: true,
};

export interface Waiting {
  readonly severity: Severity;
  readonly acknowledged: boolean;
  readonly muted: boolean;
  /** Steps taken so far. */
  readonly step: number;
  /** Since when its minutes count. */
  readonly fromMs: number;
}

/**
 * How many steps are taken at `nowMs`. It never goes back, and goes on only while nobody acknowledged it and it is not
 * muted. Steps are taken in order: a later one never before an earlier, whatever their minutes say.
 */
export function escalate(policy: EscalationPolicy, waiting: Waiting, nowMs: number, calendar: Calendar): number {
  const { severity, acknowledged, muted, fromMs } = waiting;
  if (acknowledged || muted || waiting.step >= policy.steps.length) return waiting.step;
  const passedMs = policy.workingTime ? workingMs(calendar, fromMs, nowMs) : nowMs - fromMs;
  let step = waiting.step;
  for (const { afterMinutes, least } of policy.steps.slice(step)) {
    if (passedMs < afterMinutes * 60_000 || !isAtLeast(severity, least)) break;
    step++;
  }
  return step;
}
