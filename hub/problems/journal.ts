import { type SqlBool, sql } from 'kysely';
import type { Severity } from '../../protocols/api/operation/problems.ts';
import type { Clock } from '../../protocols/ports.ts';
import type { CauseJournal, ResumedCause } from '../health/index.ts';
import type { Trx } from '../store/index.ts';
import type { SeverityOf } from './context.ts';
import { flapLimits } from './flapping.ts';
import { type EventToWrite, lockStory, writeEvents } from './rows.ts';
import { type ProblemState, type StoryChange, type Told, tell } from './story.ts';

export interface JournalDeps {
  readonly clock: Clock;
  readonly severityOf: SeverityOf;
  /** The window that mutes what opens there now. */
  readonly windowAt: (
    unitId: number,
    deviceId: string | undefined,
    atMs: number,
  ) => { readonly id: number; readonly untilMs: number } | undefined;
}

/** The rule that opened a cause. */
export interface RuleOfCause {
  readonly id: number;
  readonly severity: Severity;
}

export interface Journal extends CauseJournal {
  hold(trx: Trx, causes: readonly { readonly id: string }[]): Promise<ReadonlySet<string>>;
  changed(trx: Trx, changes: readonly StoryChange[], rule?: RuleOfCause): Promise<void>;
}

/** What is written of causes that change, in the transaction that changes them. */
export function createJournal(deps: JournalDeps): Journal {
  const { clock } = deps;
  return {
    hold: async (trx, causes) => {
      await lockStory(trx);
      return hold(
        trx,
        causes.map(({ id }) => id),
        clock.now(),
      );
    },
    resume: async (trx, agentId, wanted) => {
      await lockStory(trx);
      const rows = await recentlyOver(trx, agentId, wanted, new Date(clock.now() - flapLimits.againMs));
      const found = new Map<string, ResumedCause>();
      for (const { key, kind, code, deviceId, unitId } of wanted) {
        const isSame = (row: (typeof rows)[number]) =>
          row.kind === kind && row.code === code && row.device_id === (deviceId ?? null);
        // A cause of no agent is told apart by its unit.
        const row = rows.find((row) => isSame(row) && (agentId !== undefined || row.unit_id === unitId));
        if (row) found.set(key, { id: row.id, affectedPeak: row.affected_peak, openedAtMs: row.opened_at.getTime() });
      }
      return found;
    },
    changed: async (trx, changes, rule) => {
      if (changes.length === 0) return;
      await lockStory(trx);
      await writeChanges(trx, changes, deps, rule);
    },
  };
}

/** Those that flap stay open. One that waits already goes on waiting; one whose time is over may end. */
async function hold(trx: Trx, causeIds: readonly string[], nowMs: number): Promise<ReadonlySet<string>> {
  const flapping = await trx
    .selectFrom('problem')
    .select(['cause_id', 'calm_at'])
    .where('cause_id', 'in', causeIds)
    .where('flapping_since', 'is not', null)
    .execute();
  const held = flapping.filter(({ calm_at }) => calm_at === null || calm_at.getTime() > nowMs);
  const begins = held.filter(({ calm_at }) => calm_at === null).map(({ cause_id }) => cause_id);
  if (begins.length > 0)
    await trx
      .updateTable('problem')
      .set({ calm_at: new Date(nowMs + flapLimits.calmMs) })
      .where('cause_id', 'in', begins)
      .execute();
  return new Set(held.map(({ cause_id }) => cause_id));
}

/** Causes of the same things that ended a moment ago, or that are held open; the newest first. */
async function recentlyOver(
  trx: Trx,
  agentId: string | undefined,
  wanted: Parameters<CauseJournal['resume']>[2],
  since: Date,
) {
  return trx
    .selectFrom('cause')
    .leftJoin('problem', 'problem.cause_id', 'cause.id')
    .select([
      'cause.id',
      'cause.kind',
      'cause.code',
      'cause.device_id',
      'cause.affected_peak',
      'cause.opened_at',
      'cause.unit_id',
    ])
    .where(sql<SqlBool>`cause.agent_id is not distinct from ${agentId ?? null}`)
    .where('cause.kind', 'in', [...new Set<string>(wanted.map(({ kind }) => kind))])
    .where(
      sql<SqlBool>`((cause.resolved_at is not null and cause.resolved_at > ${since}) or (cause.resolved_at is null and problem.calm_at is not null))`,
    )
    .orderBy('cause.opened_at', 'desc')
    .execute();
}

async function writeChanges(
  trx: Trx,
  changes: readonly StoryChange[],
  deps: JournalDeps,
  rule: RuleOfCause | undefined,
): Promise<void> {
  const now = new Date(deps.clock.now());
  const known = await readStates(
    trx,
    changes.map(({ cause }) => cause.id),
  );
  const events: EventToWrite[] = [];
  for (const change of changes)
    events.push(...(await writeChange(trx, change, known.get(change.cause.id), { deps, rule, now })));
  await writeEvents(trx, events, now);
}

interface Writing {
  readonly deps: JournalDeps;
  readonly rule: RuleOfCause | undefined;
  readonly now: Date;
}

async function writeChange(
  trx: Trx,
  change: StoryChange,
  before: ProblemState | undefined,
  { deps, rule, now }: Writing,
): Promise<EventToWrite[]> {
  const { cause, what } = change;
  // How bad it was at its end is what it stays.
  const severity =
    what === 'resolved' && before ? before.severity : deps.severityOf({ ...cause, fixed: rule?.severity });
  const told = tell(change, before, { severity, nowMs: now.getTime() });
  const columns = columnsOf(told, before, now);
  if (before) await trx.updateTable('problem').set(columns).where('cause_id', '=', cause.id).execute();
  const window = before ? undefined : deps.windowAt(cause.unitId, cause.deviceId, now.getTime());
  if (!before)
    await trx
      .insertInto('problem')
      .values({
        cause_id: cause.id,
        rule_id: rule?.id ?? null,
        escalates_from: now,
        ...columns,
        ...(window ? { window_id: window.id, muted_until: new Date(window.untilMs) } : {}),
      })
      .execute();
  const muted = window && {
    kind: 'muted' as const,
    detail: { until: new Date(window.untilMs).toISOString(), window: window.id },
  };
  return [...told.events, ...(muted ? [muted] : [])].map((event) => ({
    causeId: cause.id,
    severity: told.state.severity,
    ...event,
  }));
}

function columnsOf({ state, fresh }: Told, before: ProblemState | undefined, now: Date) {
  const goesOn = state.flaps && before?.flaps === true;
  return {
    severity: state.severity,
    openings: JSON.stringify(state.openings),
    ...(goesOn ? {} : { flapping_since: state.flaps ? now : null }),
    calm_at: null,
    ...(fresh ? { escalates_from: now, escalation_step: 0 } : {}),
  };
}

async function readStates(trx: Trx, causeIds: readonly string[]): Promise<Map<string, ProblemState>> {
  const rows = await trx
    .selectFrom('problem')
    .select(['cause_id', 'severity', 'openings', 'flapping_since', 'calm_at'])
    .where('cause_id', 'in', causeIds)
    .execute();
  return new Map(
    rows.map((row) => [
      row.cause_id,
      {
        severity: row.severity,
        openings: row.openings,
        flaps: row.flapping_since !== null,
        held: row.calm_at !== null,
      },
    ]),
  );
}
