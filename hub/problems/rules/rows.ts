import { randomUUID } from 'node:crypto';
import { type Selectable, type SqlBool, sql } from 'kysely';
import type { Condition, RuleBody } from '../../../protocols/api/operation/rules.ts';
import { conditionSchema, ruleFilterSchema } from '../../../protocols/api/operation/rules.ts';
import type { Label } from '../../../protocols/fleet/capabilities/index.ts';
import type { Queries, Trx } from '../../store/index.ts';
import type { Severity } from '../../store/tables/problem.ts';
import type { Tables } from '../../store/tables.ts';
import { flapLimits } from '../flapping.ts';
import type { Journal } from '../journal.ts';
import type { Watch } from './machine.ts';

/** A rule as the engine holds it. */
export interface LoadedRule {
  readonly id: number;
  readonly unitId: number;
  readonly unitPath: string;
  readonly name: string;
  readonly title: Label;
  readonly next: Label;
  readonly severity: Severity;
  readonly filter: RuleBody['filter'];
  readonly condition: Condition;
  readonly enabled: boolean;
  readonly updatedBy: string;
  readonly updatedAt: Date;
}

export async function readRules(db: Queries): Promise<LoadedRule[]> {
  const rows = await db
    .selectFrom('problem_rule')
    .innerJoin('unit', 'unit.id', 'problem_rule.unit_id')
    .selectAll('problem_rule')
    .select('unit.path')
    .where('problem_rule.removed_at', 'is', null)
    .orderBy('problem_rule.id')
    .execute();
  return rows.flatMap((row) => {
    // A rule of a newer version that this one cannot read watches nothing.
    const condition = conditionSchema.safeParse(row.condition).data;
    const filter = ruleFilterSchema.safeParse(row.filter).data;
    return condition && filter ? [loadedOf(row, condition, filter)] : [];
  });
}

function loadedOf(
  row: Selectable<Tables['problem_rule']> & { readonly path: string },
  condition: Condition,
  filter: RuleBody['filter'],
): LoadedRule {
  return {
    id: row.id,
    unitId: row.unit_id,
    unitPath: row.path,
    name: row.name,
    title: row.title,
    next: row.next,
    severity: row.severity,
    filter,
    condition,
    enabled: row.enabled,
    updatedBy: row.updated_by,
    updatedAt: row.updated_at,
  };
}

/** A device on which a rule is not calm. */
export interface Entry {
  readonly watch: Watch;
  readonly causeId: string | undefined;
}

export async function readEntries(db: Queries): Promise<{ rule: number; device: string; entry: Entry }[]> {
  const rows = await db.selectFrom('problem_rule_state').selectAll().execute();
  return rows.map((row) => ({
    rule: row.rule_id,
    device: row.device_id,
    entry: { watch: row.state as unknown as Watch, causeId: row.cause_id ?? undefined },
  }));
}

/** `undefined` for one that is calm again and needs no row. */
export async function writeEntry(trx: Trx, rule: number, device: string, entry: Entry | undefined): Promise<void> {
  if (!entry) {
    await trx.deleteFrom('problem_rule_state').where('rule_id', '=', rule).where('device_id', '=', device).execute();
    return;
  }
  const fields = { state: JSON.stringify(entry.watch), cause_id: entry.causeId ?? null };
  await trx
    .insertInto('problem_rule_state')
    .values({ rule_id: rule, device_id: device, ...fields })
    .onConflict((conflict) => conflict.columns(['rule_id', 'device_id']).doUpdateSet(fields))
    .execute();
}

interface Target {
  readonly rule: LoadedRule;
  readonly device: { readonly id: string; readonly agentId: string; readonly unitId: number; readonly name: string };
  readonly said: string;
}

/** Opens the cause of a rule, or goes on with the one that ended a moment ago or is held. Returns its id. */
export async function openCause(
  trx: Trx,
  journal: Journal,
  { rule, device, said }: Target,
  nowMs: number,
): Promise<string> {
  const now = new Date(nowMs);
  const older = await trx
    .selectFrom('cause')
    .innerJoin('problem', 'problem.cause_id', 'cause.id')
    .select('cause.id')
    .where('problem.rule_id', '=', rule.id)
    .where('cause.device_id', '=', device.id)
    .where(
      sql<SqlBool>`(cause.resolved_at > ${new Date(nowMs - flapLimits.againMs)} or (cause.resolved_at is null and problem.calm_at is not null))`,
    )
    .orderBy('cause.opened_at', 'desc')
    .limit(1)
    .executeTakeFirst();
  const id = older?.id ?? randomUUID();
  const fields = {
    code: codeOfRule(rule.severity),
    unit_id: device.unitId,
    affected: 1,
    affected_peak: 1,
    evidence: JSON.stringify([device.name, said]),
    words: JSON.stringify({ title: rule.title, next: rule.next }),
  };
  if (older)
    await trx
      .updateTable('cause')
      .set({ ...fields, resolved_at: null })
      .where('id', '=', id)
      .execute();
  else
    await trx
      .insertInto('cause')
      .values({ id, kind: 'rule', agent_id: device.agentId, device_id: device.id, opened_at: now, ...fields })
      .execute();
  const cause = { id, kind: 'rule', code: fields.code, unitId: device.unitId, deviceId: device.id, affected: 1 };
  await journal.changed(trx, [{ what: older ? 'resumed' : 'opened', cause }], rule);
  return id;
}

/** Ends the cause of a rule, unless it flaps. */
export async function resolveCause(
  trx: Trx,
  journal: Journal,
  causeId: string,
  rule: LoadedRule | undefined,
  nowMs: number,
): Promise<void> {
  const row = await trx
    .selectFrom('cause')
    .selectAll()
    .where('id', '=', causeId)
    .where('resolved_at', 'is', null)
    .executeTakeFirst();
  if (!row) return;
  const held = await journal.hold(trx, [{ id: causeId }]);
  const over = held.has(causeId) ? {} : { resolved_at: new Date(nowMs) };
  await trx
    .updateTable('cause')
    .set({ affected: 0, ...over })
    .where('id', '=', causeId)
    .execute();
  if (held.has(causeId)) return;
  const cause = {
    id: causeId,
    kind: 'rule',
    code: row.code,
    unitId: row.unit_id,
    deviceId: row.device_id ?? undefined,
    affected: 0,
  };
  await journal.changed(trx, [{ what: 'resolved', cause, before: { affected: row.affected } }], rule);
}

function codeOfRule(severity: Severity): 'EF-3001' | 'EF-3002' {
  return severity === 'critical' || severity === 'major' ? 'EF-3002' : 'EF-3001';
}
