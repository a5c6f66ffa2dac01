import { randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import type { HealthState } from '../../../protocols/api/health.ts';
import { healthStates } from '../../../protocols/api/health.ts';
import type { Queries, Trx } from '../../store/index.ts';
import type { Verdict } from '../judgement/assess.ts';
import { findCode, kindOf } from '../judgement/codes.ts';
import type { CausePlan, OpenCause } from './causes.ts';

/** SQL of verdicts and causes; nothing here decides. */

/** Rows of one UPDATE; a wide outage is written in several. */
const chunk = 2_000;

/** The last verdict of every device, as the database keeps it. */
export async function readVerdicts(db: Queries): Promise<Map<string, Verdict>> {
  const rows = await db.selectFrom('device').select(['id', 'health', 'health_since', 'health_code']).execute();
  return new Map(
    rows.map((row) => [
      row.id,
      { state: stateOf(row.health), code: findCode(row.health_code), sinceMs: row.health_since.getTime() },
    ]),
  );
}

export async function writeVerdicts(trx: Trx, verdicts: readonly (readonly [string, Verdict])[]): Promise<void> {
  for (let from = 0; from < verdicts.length; from += chunk) {
    const rows = verdicts.slice(from, from + chunk).map(([id, { state, code, sinceMs }]) => ({
      id,
      health: state,
      since: new Date(sinceMs).toISOString(),
      code: code ?? null,
    }));
    await sql`update device set health = v.health, health_since = v.since, health_code = v.code
      from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as v(id text, health text, since timestamptz, code text)
      where device.id = v.id`.execute(trx);
  }
}

/** Open causes by agent. One that this version does not know is left alone. */
export async function readOpenCauses(db: Queries): Promise<Map<string, OpenCause[]>> {
  const rows = await db.selectFrom('cause').selectAll().where('resolved_at', 'is', null).execute();
  const byAgent = new Map<string, OpenCause[]>();
  for (const row of rows) {
    const code = findCode(row.code);
    const kind = kindOf(code);
    if (!code || !kind || row.agent_id === null) continue;
    const causes = byAgent.get(row.agent_id) ?? [];
    causes.push({
      id: row.id,
      kind,
      code,
      agentId: row.agent_id,
      deviceId: row.device_id ?? undefined,
      unitId: row.unit_id,
      affected: row.affected,
      affectedPeak: row.affected_peak,
      openedAtMs: row.opened_at.getTime(),
    });
    byAgent.set(row.agent_id, causes);
  }
  return byAgent;
}

export interface PlannedAgent {
  readonly agentId: string;
  readonly open: readonly OpenCause[];
  readonly plan: CausePlan;
}

/** Carries a plan out and returns the causes of the agent that stand afterwards. */
export async function writePlan(
  trx: Trx,
  { agentId, open, plan }: PlannedAgent,
  options: { readonly now: Date; readonly evidenceOf: (members: readonly string[]) => readonly string[] },
): Promise<OpenCause[]> {
  const gone = new Set(plan.resolve.map(({ id }) => id));
  const standing = new Map(open.filter(({ id }) => !gone.has(id)).map((cause) => [cause.id, cause]));
  if (gone.size > 0)
    await trx
      .updateTable('cause')
      .set({ resolved_at: options.now, affected: 0 })
      .where('id', 'in', [...gone])
      .execute();
  for (const { cause, wanted } of plan.update) {
    const affected = wanted.members.length;
    const affectedPeak = Math.max(affected, cause.affectedPeak);
    const next = { ...cause, code: wanted.code, unitId: wanted.unitId, affected, affectedPeak };
    await trx
      .updateTable('cause')
      .set({
        code: next.code,
        unit_id: next.unitId,
        affected,
        affected_peak: affectedPeak,
        evidence: JSON.stringify(options.evidenceOf(wanted.members)),
      })
      .where('id', '=', cause.id)
      .execute();
    standing.set(cause.id, next);
  }
  for (const wanted of plan.open) {
    const { kind, code, deviceId, unitId, openedAtMs, members } = wanted;
    const affected = members.length;
    const cause = {
      id: randomUUID(),
      kind,
      code,
      agentId,
      deviceId,
      unitId,
      affected,
      affectedPeak: affected,
      openedAtMs,
    };
    await trx
      .insertInto('cause')
      .values({
        id: cause.id,
        kind,
        code,
        agent_id: agentId,
        device_id: deviceId ?? null,
        unit_id: unitId,
        affected,
        affected_peak: affected,
        opened_at: new Date(openedAtMs),
        evidence: JSON.stringify(options.evidenceOf(members)),
      })
      .execute();
    standing.set(cause.id, cause);
  }
  return [...standing.values()];
}

function stateOf(text: string): HealthState {
  return healthStates.find((state) => state === text) ?? 'unknown';
}
