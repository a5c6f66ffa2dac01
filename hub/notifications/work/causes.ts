import type { Label } from '../../../protocols/fleet/capabilities/index.ts';
import type { Queries } from '../../store/index.ts';
import type { CauseFact } from '../decision/settle.ts';
import type { Severity } from '../decision/severity.ts';
import type { Item } from '../message/content.ts';

/** A cause with what a message tells of it. */
export interface Cause extends CauseFact {
  readonly unitId: number;
  readonly code: string;
  readonly words: { readonly title: Label; readonly next: Label } | null;
  readonly about: string | undefined;
}

/** What messages need of the organisation and of the codes of health. */
export interface Wording {
  /** School, or unit, as people name it. */
  placeOf(unitId: number): string;
  textOf(code: string): { readonly title: Label; readonly next: Label | undefined };
}

const chunk = 1_000;

/** How these causes stand now. One that is gone is left out. */
export async function readCauses(db: Queries, ids: readonly string[], nowMs: number): Promise<Map<string, Cause>> {
  const causes = new Map<string, Cause>();
  for (let from = 0; from < ids.length; from += chunk) {
    const rows = await db
      .selectFrom('cause')
      .innerJoin('unit', 'unit.id', 'cause.unit_id')
      .innerJoin('problem', 'problem.cause_id', 'cause.id')
      .leftJoin('device', 'device.id', 'cause.device_id')
      .leftJoin('agent', 'agent.id', 'cause.agent_id')
      .selectAll('cause')
      .select(['unit.path', 'problem.severity', 'problem.muted_until', 'device.name as device', 'agent.name as agent'])
      .where('cause.id', 'in', ids.slice(from, from + chunk))
      .execute();
    for (const row of rows)
      causes.set(row.id, {
        id: row.id,
        kind: row.kind,
        code: row.code,
        words: row.words,
        severity: row.severity,
        unitId: row.unit_id,
        unitPath: row.path,
        about: row.device ?? row.agent ?? undefined,
        affected: Math.max(row.affected, row.resolved_at ? row.affected_peak : 0),
        openedAtMs: row.opened_at.getTime(),
        resolvedAtMs: row.resolved_at?.getTime(),
        isMuted: row.muted_until !== null && row.muted_until.getTime() > nowMs,
      });
  }
  return causes;
}

export function itemOf(cause: Cause, what: Item['what'], wording: Wording, severity: Severity = cause.severity): Item {
  const { title, next } = cause.words ?? wording.textOf(cause.code);
  return {
    what,
    causeId: cause.id,
    title,
    next,
    place: wording.placeOf(cause.unitId),
    about: cause.about,
    severity,
    affected: cause.affected,
    openedAt: new Date(cause.openedAtMs).toISOString(),
    ...(cause.resolvedAtMs === undefined ? {} : { resolvedAt: new Date(cause.resolvedAtMs).toISOString() }),
  };
}
