import type { Severity } from '../../protocols/api/operation/problems.ts';
import { type Trx, tryLock } from '../store/index.ts';
import type { ProblemDeps, SeverityOf } from './context.ts';
import { type EscalationPolicy, escalate } from './escalation.ts';
import { type EventToWrite, lockStory, writeEvents } from './rows.ts';

/** What time alone does to problems: mutes end, calm is over, lessons begin, nobody acknowledges. */

type WatchDeps = Pick<ProblemDeps, 'store' | 'registry' | 'calendarOf' | 'bus' | 'clock'> & {
  readonly severityOf: SeverityOf;
  readonly policyOf: (unitId: number) => EscalationPolicy;
};

interface OpenProblem {
  readonly id: string;
  readonly kind: string;
  readonly code: string;
  readonly unit_id: number;
  readonly device_id: string | null;
  readonly affected: number;
  readonly severity: Severity;
  readonly acknowledged_at: Date | null;
  readonly muted_until: Date | null;
  readonly escalation_step: number;
  readonly escalates_from: Date;
  readonly calm_at: Date | null;
  readonly rule_severity: Severity | null;
}

/** One round. Of several hubs one does it; the others find it done. */
export async function watchProblems(deps: WatchDeps): Promise<void> {
  const changed = await deps.store.transaction(async (trx) => {
    if (!(await tryLock(trx, 'problems'))) return 0;
    await lockStory(trx);
    const now = new Date(deps.clock.now());
    const events: EventToWrite[] = [];
    for (const row of await readOpen(trx)) events.push(...(await watchOne(deps, trx, row, now)));
    await writeEvents(trx, events, now);
    return events.length;
  });
  if (changed > 0) deps.bus.publish({ type: 'causes-changed' }, undefined);
}

function readOpen(trx: Trx): Promise<OpenProblem[]> {
  return trx
    .selectFrom('cause')
    .innerJoin('problem', 'problem.cause_id', 'cause.id')
    .leftJoin('problem_rule', 'problem_rule.id', 'problem.rule_id')
    .select(['cause.id', 'cause.kind', 'cause.code', 'cause.unit_id', 'cause.device_id', 'cause.affected'])
    .select(['problem.severity', 'problem.acknowledged_at', 'problem.muted_until', 'problem.escalation_step'])
    .select(['problem.escalates_from', 'problem.calm_at', 'problem_rule.severity as rule_severity'])
    .where('cause.resolved_at', 'is', null)
    .orderBy('cause.id')
    .execute();
}

async function watchOne(deps: WatchDeps, trx: Trx, row: OpenProblem, now: Date): Promise<EventToWrite[]> {
  if (row.calm_at !== null && row.calm_at <= now) return endCalm(trx, row, now);
  const severity = deps.severityOf({
    kind: row.kind,
    code: row.code,
    unitId: row.unit_id,
    deviceId: row.device_id ?? undefined,
    affected: row.affected,
    fixed: row.rule_severity ?? undefined,
  });
  const unmutes = row.muted_until !== null && row.muted_until <= now;
  const waiting = {
    severity,
    acknowledged: row.acknowledged_at !== null,
    muted: row.muted_until !== null && !unmutes,
    step: row.escalation_step,
    fromMs: row.escalates_from.getTime(),
  };
  const policy = deps.policyOf(row.unit_id);
  // What is well at this moment, and waits for its calm, calls nobody.
  const step =
    row.calm_at === null ? escalate(policy, waiting, now.getTime(), deps.calendarOf(row.unit_id)) : waiting.step;
  const events: EventToWrite[] = [];
  const told = { causeId: row.id, severity };
  if (severity !== row.severity) events.push({ ...told, kind: 'severity', detail: { before: row.severity, severity } });
  if (unmutes) events.push({ ...told, kind: 'unmuted', detail: {} });
  for (let taken = row.escalation_step + 1; taken <= step; taken++)
    events.push({ ...told, kind: 'escalated', detail: { step: taken, of: policy.steps.length } });
  if (events.length > 0)
    await trx
      .updateTable('problem')
      .set({
        severity,
        escalation_step: step,
        ...(unmutes ? { muted_until: null, muted_by: null, window_id: null } : {}),
      })
      .where('cause_id', '=', row.id)
      .execute();
  return events;
}

/** It came and went, and has been well for long enough. */
async function endCalm(trx: Trx, { id, severity }: OpenProblem, now: Date): Promise<EventToWrite[]> {
  await trx.updateTable('cause').set({ resolved_at: now, affected: 0 }).where('id', '=', id).execute();
  await trx.updateTable('problem').set({ calm_at: null, flapping_since: null }).where('cause_id', '=', id).execute();
  return [{ causeId: id, severity, kind: 'resolved', detail: { calm: true } }];
}
