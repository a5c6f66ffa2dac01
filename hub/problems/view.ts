import type { Selectable } from 'kysely';
import { causeSchema } from '../../protocols/api/causes.ts';
import type { ProblemRow, Severity } from '../../protocols/api/operation/problems.ts';
import { inScope, type Scope } from '../access/index.ts';
import { hintOf } from '../health/index.ts';
import type { Tables } from '../store/tables.ts';
import type { ProblemDeps } from './context.ts';

/** A row of a cause with its problem, as the list reads it. */
export interface ProblemFields extends Selectable<Tables['cause']> {
  readonly severity: Severity | null;
  readonly acknowledged_at: Date | null;
  readonly acknowledged_by: string | null;
  readonly assignee: string | null;
  readonly muted_until: Date | null;
  readonly muted_by: string | null;
  readonly escalation_step: number | null;
  readonly flapping_since: Date | null;
  readonly rule_id: number | null;
  readonly rule_name: string | null;
  readonly window_name: string | null;
  readonly comments: number;
}

const unknownWords = { vi: 'Sự cố của một phiên bản khác', en: 'A problem of another version' };

type Deps = Pick<ProblemDeps, 'organisation' | 'registry' | 'codeOf'>;

/** Whoever sees only some devices in the place is told of the device, not of what else it touches there, the agent or people's work. */
export function viewOf(
  deps: Deps,
  scope: Scope,
  row: ProblemFields,
  names: ReadonlyMap<string, string>,
  nowMs: number,
): ProblemRow {
  const isWhole = inScope(scope, deps.organisation.pathOf(row.unit_id));
  const known = deps.codeOf(row.code);
  const hint = hintOf(row.hint);
  return {
    id: row.id,
    kind: causeSchema.shape.kind.safeParse(row.kind).data ?? 'device-attention',
    code: row.code,
    title: row.words?.title ?? known?.title ?? unknownWords,
    next: row.words?.next ?? known?.next ?? unknownWords,
    unit: deps.organisation.refOf(row.unit_id),
    ...placeOf(deps, row, isWhole),
    affected: isWhole ? row.affected : Math.min(row.affected, 1),
    affectedPeak: isWhole ? row.affected_peak : Math.min(row.affected_peak, 1),
    openedAt: row.opened_at.toISOString(),
    ...(row.resolved_at ? { resolvedAt: row.resolved_at.toISOString() } : {}),
    ...(hint && isWhole ? { hint } : {}),
    evidence: row.evidence,
    severity: row.severity ?? 'minor',
    ...(isWhole ? workOf(row, names, nowMs) : {}),
    flapping: row.flapping_since !== null,
    escalation: row.escalation_step ?? 0,
    comments: isWhole ? row.comments : 0,
    ...(row.rule_id === null || row.rule_name === null ? {} : { rule: { id: row.rule_id, name: row.rule_name } }),
  };
}

function placeOf({ organisation, registry }: Deps, row: ProblemFields, isWhole: boolean) {
  const agent = row.agent_id === null || !isWhole ? undefined : registry.agentOf(row.agent_id);
  const device = row.device_id === null ? undefined : registry.deviceOf(row.device_id);
  const school = organisation.schoolOf(row.unit_id);
  return {
    ...(school && school.id !== row.unit_id ? { school } : {}),
    ...(agent ? { agent: { id: agent.id, name: agent.name } } : {}),
    ...(device ? { device: { id: device.id, name: device.name } } : {}),
  };
}

/** What people did with it. */
function workOf(row: ProblemFields, names: ReadonlyMap<string, string>, nowMs: number) {
  const person = (id: string) => ({ id, name: names.get(id) ?? id });
  const { acknowledged_at: at, acknowledged_by: by, assignee } = row;
  const muted = mutedOf(row, person, nowMs);
  return {
    ...(at && by !== null ? { acknowledged: { at: at.toISOString(), by: person(by) } } : {}),
    ...(assignee === null ? {} : { assignee: person(assignee) }),
    ...(muted ? { muted } : {}),
  };
}

function mutedOf(row: ProblemFields, person: (id: string) => { id: string; name: string }, nowMs: number) {
  if (row.muted_until === null || row.muted_until.getTime() <= nowMs) return undefined;
  return {
    until: row.muted_until.toISOString(),
    ...(row.muted_by === null ? {} : { by: person(row.muted_by) }),
    ...(row.window_name === null ? {} : { window: row.window_name }),
  };
}
