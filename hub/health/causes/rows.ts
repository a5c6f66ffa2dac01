import { randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import type { HealthState } from '../../../protocols/api/health.ts';
import { healthStates } from '../../../protocols/api/health.ts';
import type { Queries, Trx } from '../../store/index.ts';
import type { Verdict } from '../judgement/assess.ts';
import { findCode, healthCodes, kindOf } from '../judgement/codes.ts';
import type { CausePlan, OpenCause, WantedCause } from './cause.ts';
import { findHint } from './hints.ts';
import type { CauseChange, CauseJournal, ResumedCause } from './journal.ts';

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

/** The last verdict of every agent that has one. */
export async function readAgentVerdicts(db: Queries): Promise<Map<string, Verdict>> {
  const rows = await db
    .selectFrom('agent')
    .select(['id', 'health_code', 'health_since'])
    .where('health_since', 'is not', null)
    .execute();
  return new Map(
    rows.map(({ id, health_code, health_since }) => {
      const code = findCode(health_code);
      return [id, { state: code ? healthCodes[code].state : 'ok', code, sinceMs: health_since?.getTime() ?? 0 }];
    }),
  );
}

export async function writeAgentVerdicts(trx: Trx, verdicts: readonly (readonly [string, Verdict])[]): Promise<void> {
  if (verdicts.length === 0) return;
  const rows = verdicts.map(([id, { code, sinceMs }]) => ({
    id,
    since: new Date(sinceMs).toISOString(),
    code: code ?? null,
  }));
  await sql`update agent set health_since = v.since, health_code = v.code
    from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as v(id text, since timestamptz, code text)
    where agent.id = v.id`.execute(trx);
}

/** Open causes by agent; those that reach beyond one agent have none. Rows of rules, and unknown ones, are left alone. */
export async function readOpenCauses(db: Queries): Promise<Map<string | undefined, OpenCause[]>> {
  const rows = await db.selectFrom('cause').selectAll().where('resolved_at', 'is', null).execute();
  const byAgent = new Map<string | undefined, OpenCause[]>();
  for (const row of rows) {
    const code = findCode(row.code);
    const kind = kindOf(code);
    if (!code || kind !== row.kind) continue;
    const agentId = row.agent_id ?? undefined;
    const causes = byAgent.get(agentId) ?? [];
    causes.push({
      id: row.id,
      kind,
      code,
      agentId,
      deviceId: row.device_id ?? undefined,
      unitId: row.unit_id,
      affected: row.affected,
      affectedPeak: row.affected_peak,
      openedAtMs: row.opened_at.getTime(),
      hint: findHint(row.hint),
    });
    byAgent.set(agentId, causes);
  }
  return byAgent;
}

/** The plan of one agent, or of what reaches beyond one. */
export interface PlannedCauses {
  readonly agentId: string | undefined;
  readonly open: readonly OpenCause[];
  readonly plan: CausePlan;
}

interface WriteOptions {
  readonly now: Date;
  readonly evidenceOf: (wanted: WantedCause) => readonly string[];
  readonly journal: CauseJournal;
}

/** Carries a plan out and returns the causes that stand afterwards. */
export async function writePlan(
  trx: Trx,
  { agentId, open, plan }: PlannedCauses,
  options: WriteOptions,
): Promise<OpenCause[]> {
  const gone = new Set(plan.resolve.map(({ id }) => id));
  const standing = new Map(open.filter(({ id }) => !gone.has(id)).map((cause) => [cause.id, cause]));
  const changes: CauseChange[] = await writeResolved(trx, plan.resolve, options);
  for (const { cause, wanted } of plan.update) {
    const affected = wanted.members.length;
    const affectedPeak = Math.max(affected, cause.affectedPeak);
    const { kind, code, deviceId, unitId, hint } = wanted;
    const next = { ...cause, kind, code, agentId: wanted.agentId, deviceId, unitId, hint, affected, affectedPeak };
    await trx
      .updateTable('cause')
      .set(columnsOf(next, wanted, options))
      .where('id', '=', cause.id)
      .execute();
    standing.set(cause.id, next);
    changes.push({ what: 'changed', cause: next, before: cause });
  }
  const resumed = plan.open.length === 0 ? noneResumed : await options.journal.resume(trx, agentId, plan.open);
  for (const wanted of plan.open) {
    const older = resumed.get(wanted.key);
    const cause = await (older
      ? writeResumed(trx, agentId, wanted, older, options)
      : writeOpened(trx, agentId, wanted, options));
    standing.set(cause.id, cause);
    changes.push({ what: older ? 'resumed' : 'opened', cause });
  }
  await options.journal.changed(trx, changes);
  return [...standing.values()];
}

const noneResumed: ReadonlyMap<string, ResumedCause> = new Map();

async function writeResolved(
  trx: Trx,
  causes: readonly OpenCause[],
  { now, journal }: WriteOptions,
): Promise<CauseChange[]> {
  if (causes.length === 0) return [];
  const held = await journal.hold(trx, causes);
  const over = causes.filter(({ id }) => !held.has(id));
  const set = (ids: readonly string[], fields: { readonly affected: 0; readonly resolved_at?: Date }) =>
    ids.length === 0 ? undefined : trx.updateTable('cause').set(fields).where('id', 'in', ids).execute();
  await set([...held], { affected: 0 });
  await set(
    over.map(({ id }) => id),
    { affected: 0, resolved_at: now },
  );
  return over.map((cause) => ({ what: 'resolved' as const, cause: { ...cause, affected: 0 }, before: cause }));
}

async function writeResumed(
  trx: Trx,
  agentId: string | undefined,
  wanted: WantedCause,
  older: ResumedCause,
  options: WriteOptions,
): Promise<OpenCause> {
  const affected = wanted.members.length;
  const { kind, code, deviceId, unitId, hint } = wanted;
  const affectedPeak = Math.max(affected, older.affectedPeak);
  const cause = { ...older, kind, code, agentId, deviceId, unitId, hint, affected, affectedPeak };
  const fields = { ...columnsOf(cause, wanted, options), resolved_at: null };
  await trx.updateTable('cause').set(fields).where('id', '=', older.id).execute();
  return cause;
}

async function writeOpened(
  trx: Trx,
  agentId: string | undefined,
  wanted: WantedCause,
  options: WriteOptions,
): Promise<OpenCause> {
  const { kind, code, deviceId, unitId, openedAtMs, hint, members } = wanted;
  const affected = members.length;
  const id = randomUUID();
  const cause = { id, kind, code, agentId, deviceId, unitId, affected, affectedPeak: affected, openedAtMs, hint };
  await trx
    .insertInto('cause')
    .values({
      id,
      opened_at: new Date(openedAtMs),
      ...columnsOf(cause, wanted, options),
    })
    .execute();
  return cause;
}

/** What of a row changes while the cause stands. */
function columnsOf(cause: OpenCause, wanted: WantedCause, { evidenceOf }: WriteOptions) {
  return {
    kind: cause.kind,
    agent_id: cause.agentId ?? null,
    device_id: cause.deviceId ?? null,
    hint: cause.hint ?? null,
    code: cause.code,
    unit_id: cause.unitId,
    affected: cause.affected,
    affected_peak: cause.affectedPeak,
    evidence: JSON.stringify(evidenceOf(wanted)),
  };
}

function stateOf(text: string): HealthState {
  return healthStates.find((state) => state === text) ?? 'unknown';
}
