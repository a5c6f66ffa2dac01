import type { Severity } from '../../protocols/api/operation/problems.ts';
import type { ProblemEventKind } from '../store/tables/problem.ts';
import { openedAgain } from './flapping.ts';

/** What changes of a cause mean for its problem: pure. */

/** A cause that was written just now, and what became of it; health's and those of rules alike. */
export interface StoryChange {
  readonly what: 'opened' | 'resumed' | 'changed' | 'resolved';
  readonly cause: {
    readonly id: string;
    readonly kind: string;
    readonly code: string;
    readonly unitId: number;
    readonly deviceId: string | undefined;
    readonly affected: number;
  };
  readonly before?: { readonly affected: number };
}

/** A problem as far as its story decides. */
export interface ProblemState {
  readonly severity: Severity;
  readonly openings: readonly number[];
  readonly flaps: boolean;
  /** It is over but for its calm. */
  readonly held: boolean;
}

export interface StoryEvent {
  readonly kind: ProblemEventKind;
  readonly detail: Readonly<Record<string, unknown>>;
}

export interface Told {
  readonly state: ProblemState;
  readonly events: readonly StoryEvent[];
  /** It opened anew, so that minutes without acknowledgement count from now. */
  readonly fresh: boolean;
}

/** `before` is undefined for a problem that is new, or that was never written down. */
export function tell(
  { what, cause, before: was }: StoryChange,
  before: ProblemState | undefined,
  { severity, nowMs }: { readonly severity: Severity; readonly nowMs: number },
): Told {
  const { code, affected } = cause;
  if (!before || what === 'opened') {
    const state = { severity, openings: [nowMs], flaps: false, held: false };
    const opened: StoryEvent = { kind: 'opened', detail: { code, affected } };
    return { state, events: what === 'resolved' ? [opened, resolved] : [opened], fresh: true };
  }
  if (what === 'resolved') return { state: { ...before, flaps: false, held: false }, events: [resolved], fresh: false };
  const again = what === 'resumed' || before.held;
  const { openings, flaps } = again ? openedAgain(before, nowMs) : before;
  const reopened: StoryEvent = { kind: 'reopened', detail: { code, affected, openings: openings.length } };
  const events: readonly StoryEvent[] = [
    ...(again ? [reopened] : sizeOf(affected, was?.affected)),
    ...(flaps && !before.flaps ? [{ kind: 'flapping' as const, detail: { openings: openings.length } }] : []),
    ...(severity === before.severity
      ? []
      : [{ kind: 'severity' as const, detail: { before: before.severity, severity } }]),
  ];
  return { state: { severity, openings, flaps, held: false }, events, fresh: what === 'resumed' && !before.held };
}

function sizeOf(affected: number, before: number | undefined): readonly StoryEvent[] {
  if (before === undefined || before === affected) return [];
  return [{ kind: affected > before ? 'grew' : 'shrank', detail: { affected, before } }];
}

const resolved: StoryEvent = { kind: 'resolved', detail: {} };
